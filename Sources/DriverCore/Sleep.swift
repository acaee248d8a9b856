internal import Glibc
internal import LockOrder
internal import Synchronization

/// One sleep of one thread, which any other thread can end.
///
/// It is made before it begins, so that an end that comes first is not lost: nobody sleeps in it then.
public final class Sleep: Sendable {
    private let isOver = Atomic(false)
    // Unsafe: the pointer never changes, and a mutex is made for many threads.
    private nonisolated(unsafe) let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    // Unsafe: as above.
    private nonisolated(unsafe) let wakeUp = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    /// A sleep that has not begun.
    public init() {
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        // a clock that somebody sets must not lengthen it
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(wakeUp, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(wakeUp)
        pthread_mutex_destroy(mutex)
        wakeUp.deallocate()
        mutex.deallocate()
    }

    /// Wakes who sleeps, or keeps him from it. To be called with any lock held, as often as anybody likes; returns at once.
    public func end() {
        pthread_mutex_lock(mutex)
        isOver.store(true, ordering: .releasing)
        pthread_cond_signal(wakeUp)
        pthread_mutex_unlock(mutex)
    }

    /// Whether it was ended.
    public var hasEnded: Bool { isOver.load(ordering: .acquiring) }

    /// Lets the calling thread sleep in real time, through signals. Tells `Blocking` before, so that requests are handed on.
    ///
    /// - Returns: whether it slept to the end, and was not ended before.
    func pass(_ duration: Duration) -> Bool {
        guard duration > .zero, !hasEnded else { return !hasEnded }
        Blocking.willBlock()
        let (seconds, attoseconds) = duration.components
        var end = timespec()
        clock_gettime(CLOCK_MONOTONIC, &end)
        end.tv_sec += Int(seconds)
        end.tv_nsec += Int(attoseconds / 1_000_000_000)
        if end.tv_nsec >= 1_000_000_000 {
            end.tv_sec += 1
            end.tv_nsec -= 1_000_000_000
        }
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while !hasEnded {
            if pthread_cond_timedwait(wakeUp, mutex, &end) == ETIMEDOUT { return !hasEnded }
        }
        return false
    }
}
