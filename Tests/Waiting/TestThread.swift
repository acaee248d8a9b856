internal import Glibc
public import Testing

/// A thread that runs one closure. Those of the test runner are few, and a test must not block them for others.
///
/// Either `join` or `detach` it, once.
public struct TestThread: Sendable {
    private final class Work: Sendable {
        let body: @Sendable () -> Void
        let isDone: Event

        init(_ what: String, _ body: @escaping @Sendable () -> Void) {
            self.body = body
            isDone = Event(what)
        }
    }

    /// Runs the closure of each thread that is started in its scope: it must call what it is given, once.
    @TaskLocal public static var around: (@Sendable (() -> Void) -> Void)?

    private let thread: pthread_t
    private let work: Work

    /// Starts the thread at once.
    ///
    /// - Parameter what: what its end means, in the words in which a failure tells that a wait for it was in vain.
    public init(_ what: String = "the thread ends", _ body: @escaping @Sendable () -> Void) {
        let around = Self.around
        let work = Work(what) { if let around { around(body) } else { body() } }
        self.work = work
        let start: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { work in
            guard let work else { return nil }
            let mine = Unmanaged<Work>.fromOpaque(work).takeRetainedValue()
            mine.body()
            mine.isDone.happens()
            return nil
        }
        var thread = pthread_t()
        let error = pthread_create(&thread, nil, start, Unmanaged.passRetained(work).toOpaque())
        precondition(error == 0, "no more threads")
        self.thread = thread
    }

    /// Waits until it has ended. Where it does not end in time, the test fails and the thread is left behind.
    ///
    /// - Returns: whether it has ended.
    @discardableResult
    public func join(seconds: Int = Patience.seconds, sourceLocation: SourceLocation = #_sourceLocation) -> Bool {
        guard work.isDone.wait(seconds: seconds, sourceLocation: sourceLocation) else {
            pthread_detach(thread)
            return false
        }
        pthread_join(thread, nil)
        return true
    }

    /// Says that nothing will wait for its end.
    public func detach() { pthread_detach(thread) }
}
