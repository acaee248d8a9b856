internal import Glibc
internal import Synchronization
internal import SystemAdditions
public import SystemPackage

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
        var hasSignal = false
        var sleep: Sleep?
        /// A signal ends the sleep, too.
        var sleepEndsBySignals = false
        /// It waits for a lock, and gives that up at a signal.
        var waitEndsBySignals = false
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

    /// Says that a signal has reached the process, one that does not end it: ends the sleep in which the thread is, if Linux lets a
    /// signal end that. Returns at once.
    ///
    /// - Parameter answer: tells the process the errno at once, where the thread waits for a lock whose wait a signal ends: the thread
    ///   stays in line, and does nothing when its turn comes.
    public func interrupt(_ answer: (Errno) -> Void = { _ in }) {
        let givesUp = state.withLock { state in
            state.hasSignal = true
            if state.sleepEndsBySignals { state.sleep?.end() }
            defer { state.waitEndsBySignals = false }
            return state.waitEndsBySignals
        }
        if givesUp { answer(.EINTR) }
    }

    /// Whether a signal has reached it.
    public var hasSignal: Bool { state.withLock { $0.hasSignal } }

    /// Runs `wait`, which waits for a lock and then calls what it is handed, once: whether a signal has ended the wait, and the caller
    /// has its answer.
    ///
    /// - Throws: `EINTR` where a signal has come before, and what `wait` throws.
    public func waiting<Result>(_ wait: (_ hasGivenUp: () -> Bool) throws(Errno) -> Result) throws(Errno) -> Result {
        let mayWait = state.withLock { state in
            state.waitEndsBySignals = !state.hasSignal
            return state.waitEndsBySignals
        }
        guard mayWait else { throw .EINTR }
        return try wait {
            state.withLock { state in
                defer { state.waitEndsBySignals = false }
                return !state.waitEndsBySignals
            }
        }
    }

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
        if let caller = pthread_getspecific(key) { return Unmanaged<Caller>.fromOpaque(caller).takeUnretainedValue() }
        return finder.withLock { $0 }?()
    }

    /// Sets who is asked for the caller of a thread that is in no `serving`: who serves requests makes one when it is asked, so that
    /// a request that does not sleep needs none. One for the process.
    ///
    /// - Parameter find: called on the thread itself, with no leaf held; nil for a thread that serves nobody.
    public static func setFinder(_ find: @escaping @Sendable () -> Caller?) {
        finder.withLock { $0 = find }
    }

    private static let finder = Mutex<(@Sendable () -> Caller?)?>(nil)

    /// Runs `body`, a sleep that ends with the caller, and perhaps by signals.
    func sleeping(_ sleep: Sleep, endsBySignals: Bool, _ body: () -> Bool) -> Bool {
        state.withLock { state in
            (state.sleep, state.sleepEndsBySignals) = (sleep, endsBySignals)
            if state.hasEnded || endsBySignals && state.hasSignal { sleep.end() }
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
