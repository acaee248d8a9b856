/// What a thread that cannot go on waits for.
public enum SchedulingWait: Sendable, Hashable {
    /// Another thread's release.
    case available(LockMode)
    /// ``Leaf/notifyAll()``.
    case notified
}

/// Decides, for the threads that it observes, which one goes on: the door by which a schedule explorer comes in.
///
/// An observer is installed for one thread (``SchedulingObserver/observing(_:)``) and called on it, synchronously. As long as a
/// call has not returned the thread does not go on: an explorer holds all threads but one in such calls, and so runs any
/// interleaving that it likes, and the same one again.
///
/// An observed thread never sleeps in a lock. Where it would, it calls ``willWait(_:for:)``, tries again when that returns, and
/// so on. All threads that share a lock must be observed, or none: nobody tells an observer what an unobserved thread releases.
///
/// The order of calls is `willAcquire`, any number of `willWait`, `didAcquire`, `didRelease`; an attempt that may fail
/// (`withLockIfAvailable`) begins with `willTry`, never waits, and ends there when it fails. A thread that sleeps in
/// ``Leaf/wait(fileID:line:_:)`` has released, waits until `notified`, and acquires again. Nothing is called between the last
/// look at the lock and `willWait`: where only one thread runs at a time no release and no notification is overlooked.
///
/// An observer must not take ranked locks or leaves.
public protocol SchedulingObserver: AnyObject {
    /// The thread is about to take the lock.
    func willAcquire(_ lock: LockIdentity, _ mode: LockMode)
    /// The thread is about to try whether it can have the lock, and will not wait for it. By default as `willAcquire`.
    func willTry(_ lock: LockIdentity, _ mode: LockMode)
    /// The thread has it.
    func didAcquire(_ lock: LockIdentity, _ mode: LockMode)
    /// The thread has given it back.
    func didRelease(_ lock: LockIdentity, _ mode: LockMode)
    /// The thread cannot go on before what it waits for. May return too early.
    func willWait(_ lock: LockIdentity, for event: SchedulingWait)
    /// Those who wait on the lock have been told to look again.
    func didNotify(_ lock: LockIdentity)
}

extension SchedulingObserver {
    /// As ``willAcquire(_:_:)``: an observer that does not tell attempts apart.
    public func willTry(_ lock: LockIdentity, _ mode: LockMode) { willAcquire(lock, mode) }

    /// Runs `body` with the calling thread observed.
    ///
    /// - Throws: what `body` throws.
    public func observing<Result, Failure>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
        let thread = ThreadRecord.current
        let outer = thread.observer
        thread.observer = self
        Instrumentation.addObserver()
        defer {
            Instrumentation.removeObserver()
            thread.observer = outer
        }
        return try body()
    }
}
