import Synchronization

/// The condition part of a leaf: a counter of notifications, and the parking lot.
extension LockCore {
    private var conditionKey: ParkingLot.Key { ParkingLot.Key(lock: identity.key, isCondition: true) }

    /// Says that the thread is going to wait for a notification. To be called with the lock held, after the look at the state:
    /// whoever changes the state later finds the mark.
    ///
    /// - Returns: what ``awaitNotification(after:_:)`` wants to know.
    @usableFromInline
    func expectNotification() -> UInt32 {
        notifications.bitwiseOr(1, ordering: .relaxed).newValue
    }

    /// Sleeps until there has been a notification since ``expectNotification()``. The lock is not held.
    @usableFromInline
    func awaitNotification(after seen: UInt32, _ site: LockSite) {
        guard notifications.load(ordering: .relaxed) == seen else { return }
        Blocking.willBlock()
        if Instrumentation.isOn {
            let thread = ThreadRecord.current
            if Instrumentation.isChecking { thread.recordWait(on: identity, site) }
            if let observer = thread.observer {
                while notifications.load(ordering: .relaxed) == seen { observer.willWait(identity, for: .notified) }
                return
            }
        }
        ParkingLot.sleep(conditionKey) { notifications.load(ordering: .relaxed) == seen }
    }

    /// Wakes everybody who expects a notification; where nobody does, it is two loads.
    @usableFromInline
    func notifyAll() {
        var seen = notifications.load(ordering: .relaxed)
        while seen & 1 != 0 {
            let (isCounted, original) = notifications.compareExchange(expected: seen, desired: seen &+ 1, ordering: .relaxed)
            if isCounted {
                ParkingLot.wakeAll(conditionKey)
                break
            }
            seen = original
        }
        if Instrumentation.isOn { ThreadRecord.current.observer?.didNotify(identity) }
    }
}
