internal import Glibc
internal import Synchronization

/// The process that waits for what a thread does: a sleep that only keeps it waiting ends with it.
///
///     let caller = Caller()                        // of one request
///     caller.serving { tree.read(…) }              // on the thread that executes it
///     caller.end()                                 // on any other one: the process has been killed
///
/// What Linux would not leave for a killed process, such as a reset, does not end here: it ends with the machine.
public final class Caller: Sendable {
    private struct State {
        var hasEnded = false
        var sleep: Sleep?
    }
    private let state = Mutex(State())

    /// Of a process that waits.
    public init() {}

    /// Says that nobody waits any more: ends the sleep in which the thread is, and every later one. Returns at once.
    public func end() {
        state.withLock { state in
            state.hasEnded = true
            state.sleep?.end()
        }
    }

    /// Whether nobody waits any more.
    public var hasEnded: Bool { state.withLock { $0.hasEnded } }

    /// Runs `body` for this caller, on the calling thread.
    ///
    /// - Throws: what `body` throws.
    public func serving<Result, Failure>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
        let before = pthread_getspecific(Self.key)
        pthread_setspecific(Self.key, Unmanaged.passUnretained(self).toOpaque())
        // this is alive for as long: the one who calls has a reference
        defer { pthread_setspecific(Self.key, before) }
        return try body()
    }

    /// For whom the calling thread works; nil for nobody who could go away.
    public static var current: Caller? {
        pthread_getspecific(key).map { Unmanaged<Caller>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Runs `body`, a sleep that ends with the caller.
    func sleeping(_ sleep: Sleep, _ body: () -> Bool) -> Bool {
        state.withLock { state in
            state.sleep = sleep
            if state.hasEnded { sleep.end() }
        }
        defer { state.withLock { $0.sleep = nil } }
        return body()
    }

    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        pthread_key_create(&key, nil)
        return key
    }()
}
