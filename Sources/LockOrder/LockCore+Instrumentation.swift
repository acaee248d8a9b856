import Synchronization

/// The same operations as seen by the check and by an observer: the order of calls is the contract of ``SchedulingObserver``.
extension LockCore {
    func acquireInstrumented(_ mode: LockMode, _ site: LockSite) -> Hold {
        let thread = ThreadRecord.current
        let wanted = HeldLock(lock: identity, mode: mode, site: site)
        if Instrumentation.isChecking { thread.check(wanted, mayWait: true) }
        thread.observer?.willAcquire(identity, mode)
        if !tryAcquire(mode) { contend(mode, thread.observer) }
        return acquired(wanted, thread)
    }

    func acquireInstrumentedIfAvailable(_ mode: LockMode, _ site: LockSite) -> Hold? {
        let thread = ThreadRecord.current
        let wanted = HeldLock(lock: identity, mode: mode, site: site)
        if Instrumentation.isChecking { thread.check(wanted, mayWait: false) }
        thread.observer?.willTry(identity, mode)
        return tryAcquire(mode) ? acquired(wanted, thread) : nil
    }

    private func acquired(_ hold: HeldLock, _ thread: ThreadRecord) -> Hold {
        thread.held.append(hold)
        thread.observer?.didAcquire(identity, hold.mode)
        return acquired(isInstrumented: true)
    }

    func releasedInstrumented(_ mode: LockMode) {
        let thread = ThreadRecord.current
        if let index = thread.held.lastIndex(where: { $0.lock == identity }) { thread.held.remove(at: index) }
        thread.observer?.didRelease(identity, mode)
    }
}
