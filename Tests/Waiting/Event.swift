internal import Glibc
public import Testing

/// Something that happens, as often as it is waited for. Of pthreads alone: what is tested is not tested by itself.
public final class Event: @unchecked Sendable {  // a semaphore is made for many threads
    private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)
    private let what: String

    /// - Parameter what: what happens, as it is said in the failure of who has waited in vain.
    public init(_ what: String) {
        self.what = what
        sem_init(semaphore, 0, 0)
    }

    deinit {
        sem_destroy(semaphore)
        semaphore.deallocate()
    }

    public func happens() { sem_post(semaphore) }

    /// Waits until it happens. Where it does not in time, the test fails, and goes on: what it looks at next fails too.
    ///
    /// - Returns: whether it has happened.
    @discardableResult
    public func wait(seconds: Int = Patience.seconds, sourceLocation: SourceLocation = #_sourceLocation) -> Bool {
        var end = timespec()
        clock_gettime(CLOCK_REALTIME, &end)
        end.tv_sec += seconds
        while sem_timedwait(semaphore, &end) != 0 {
            if errno == EINTR { continue }
            Issue.record("waited \(seconds) seconds in vain: \(what)", sourceLocation: sourceLocation)
            return false
        }
        return true
    }
}
