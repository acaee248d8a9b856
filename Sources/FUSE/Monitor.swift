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

    /// Waits until `condition` holds.
    func wait(until condition: (Value) -> Bool) {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while !condition(value) {
            pthread_cond_wait(changed, mutex)
        }
    }

    /// Runs `step` with the lock held until it answers something, and waits for changes in between.
    ///
    /// - Parameters:
    ///   - patience: after so many nanoseconds without an answer, and each time that they have gone by again, `step` is told that
    ///     it is late.
    ///   - mayBeLate: whether time counts at all. While it does not, only a change wakes who waits.
    func wait<Result>(
        atMost patience: Int, if mayBeLate: (Value) -> Bool = { _ in true }, _ step: (inout Value, _ isLate: Bool) -> Result?
    ) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        var deadline = timespec.now(plus: patience)
        var isLate = false
        while true {
            if let result = step(&value, isLate) { return result }
            guard mayBeLate(value) else {
                pthread_cond_wait(changed, mutex)
                (deadline, isLate) = (timespec.now(plus: patience), false)
                continue
            }
            if isLate { deadline = timespec.now(plus: patience) }
            isLate = pthread_cond_timedwait(changed, mutex, &deadline) == ETIMEDOUT
        }
    }

    /// Wakes all threads that wait.
    func broadcast() {
        pthread_cond_broadcast(changed)
    }
}

extension timespec {
    fileprivate static func now(plus nanoseconds: Int) -> timespec {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        time.tv_sec += nanoseconds / 1_000_000_000
        time.tv_nsec += nanoseconds % 1_000_000_000
        if time.tv_nsec >= 1_000_000_000 {
            time.tv_nsec -= 1_000_000_000
            time.tv_sec += 1
        }
        return time
    }
}
