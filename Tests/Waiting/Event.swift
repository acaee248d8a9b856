internal import Glibc
public import Testing

/// Something that happens, as often as it is waited for. Made of pthreads alone, so that no lock is tested by means of itself.
///
/// Unchecked: `semaphore` never changes, and what it points to is made for many threads.
public final class Event: @unchecked Sendable {
    private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)
    private let what: String

    /// - Parameter what: what happens, in the words in which a failure tells that a wait was in vain.
    public init(_ what: String) {
        self.what = what
        sem_init(semaphore, 0, 0)
    }

    deinit {
        sem_destroy(semaphore)
        semaphore.deallocate()
    }

    /// Ends one `wait`, of a thread that waits already or of the next one.
    public func happens() { sem_post(semaphore) }

    /// Waits until it happens. If it does not in time, the test fails, and goes on: its next look fails too.
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
