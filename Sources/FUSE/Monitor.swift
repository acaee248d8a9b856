internal import Glibc

/// A value that threads share under a lock, with the possibility to wait for it to change.
// Unchecked: `value` is reached only with `mutex` held.
final class Monitor<Value>: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var value: Value

    init(_ value: Value) {
        self.value = value
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(changed, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(changed)
        pthread_mutex_destroy(mutex)
        changed.deallocate()
        mutex.deallocate()
    }

    /// Runs `body` with the lock held.
    func withLock<Result>(_ body: (inout Value) -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body(&value)
    }

    /// Runs `begin`, waits until `condition` holds and runs `end`, all under one lock but for the waiting.
    func wait<Result>(
        _ begin: (inout Value) -> Void = { _ in }, until condition: (Value) -> Bool, then end: (inout Value) -> Result
    ) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        begin(&value)
        while !condition(value) {
            pthread_cond_wait(changed, mutex)
        }
        return end(&value)
    }

    /// Waits until `condition` holds; every `interval` nanoseconds (below a second) `insist` runs with the lock held.
    func wait(until condition: (Value) -> Bool, every interval: Int, insist: (Value) -> Void) {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while !condition(value) {
            insist(value)
            var deadline = timespec()
            clock_gettime(CLOCK_MONOTONIC, &deadline)
            deadline.tv_nsec += interval
            if deadline.tv_nsec >= 1_000_000_000 {
                deadline.tv_nsec -= 1_000_000_000
                deadline.tv_sec += 1
            }
            pthread_cond_timedwait(changed, mutex, &deadline)
        }
    }

    /// Wakes one thread that waits.
    func signal() {
        pthread_cond_signal(changed)
    }

    /// Wakes all threads that wait.
    func broadcast() {
        pthread_cond_broadcast(changed)
    }
}
