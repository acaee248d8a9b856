internal import Glibc
internal import Synchronization
internal import SystemAdditions
internal import SystemPackage

/// Sees to it that no request holds up the others: takes the baton from a worker that blocks or computes without saying so, and
/// ends the wait of clients that are killed while they wait.
///
/// It is a thread of its own, which sleeps until a request begins, and again when none has begun for a while.
final class Watch: Sendable {
    /// Nanoseconds between two looks. A request that takes longer than two of them costs a change of threads.
    private static let interval = 5_000_000

    private struct State {
        var isAwake = false
        var isClosed = false
    }

    private let state = Monitor(State())
    private let isAwake = Atomic(false)
    private let thread = Mutex<pthread_t?>(nil)

    /// Begins; false where the system has no thread left.
    func start(for session: Session) -> Bool {
        guard let made = Thread.startWithoutSignals({ self.run(session) }) else { return false }
        thread.withLock { $0 = made }
        return true
    }

    /// Ends, and returns when it has.
    func close() {
        state.withLock { $0.isClosed = true }
        state.broadcast()
        if let thread = thread.withLock({ $0.take() }) { pthread_join(thread, nil) }
    }

    /// Says that there is something to look at: a request has begun, or somebody was interrupted.
    @inline(__always)
    func wake() {
        if !isAwake.load(ordering: .sequentiallyConsistent) { wakeUp() }
    }

    private func wakeUp() {
        isAwake.store(true, ordering: .sequentiallyConsistent)
        state.withLock { $0.isAwake = true }
        state.broadcast()
    }

    private func run(_ session: Session) {
        rest(session)
        var seen: Worker.Phase?
        while !isClosed(after: Self.interval) {
            let reader = session.baton.reader
            let isStuck = reader.map { $0.phase.isExecuting && $0.phase == seen } ?? false
            if isStuck, let reader { session.baton.take(from: reader.worker, during: reader.phase) }
            let interrupted = session.baton.answerKilled(in: session)
            if !isStuck, interrupted == 0, reader?.phase == seen { rest(session) }
            seen = reader?.phase
        }
    }

    private func isClosed(after nanoseconds: Int) -> Bool {
        state.wait(atMost: nanoseconds) { state, isLate in state.isClosed || isLate ? state.isClosed : nil }
    }

    /// Sleeps until a request begins.
    private func rest(_ session: Session) {
        state.withLock { $0.isAwake = false }
        isAwake.store(false, ordering: .sequentiallyConsistent)
        // what has come just before has seen a watch that was awake
        let baton = session.baton
        if baton.reader.map(\.phase.isExecuting) ?? false || baton.hasInterrupted {
            isAwake.store(true, ordering: .sequentiallyConsistent)
            return
        }
        state.wait(until: { $0.isAwake || $0.isClosed })
    }
}

/// Whether a thread has been sent SIGKILL, or a signal that ends its process as that does, and has not died yet.
///
/// - Parameter thread: its number; of one that this process does not see, 0, nothing is known.
func isKilled(_ thread: pid_t) -> Bool {
    guard thread > 0 else { return false }
    return FilePath("/proc/\(thread)/status").text.split(separator: "\n").contains { line in
        guard line.hasPrefix("SigPnd:\t") || line.hasPrefix("ShdPnd:\t") else { return false }
        return UInt64(line.dropFirst(8), radix: 16).map { $0 >> UInt64(SIGKILL - 1) & 1 == 1 } ?? false
    }
}
