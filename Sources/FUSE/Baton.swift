internal import Glibc

/// The right to read a session's requests, which one worker at a time has.
///
/// The worker that has it executes what it reads by itself, so that a request costs no change of threads. Before it
/// blocks it gives the baton away, to a worker that stands by or to a new one.
final class Baton: Sendable {
    /// The most threads of a session. Where all of them block, the next request waits for one to return.
    static let maximumWorkers = 512

    private struct State {
        /// Nobody has the baton; the next worker that is done takes it.
        var isFree = false
        var isClosed = false
        var standingBy = 0
        /// Who has the baton.
        var reader: Worker?
        /// The threads made here, to be joined.
        var threads: [pthread_t] = []
    }

    private let state = Monitor(State())

    /// Gives the baton to the first worker; false where the session has been stopped before.
    func begin(with worker: Worker) -> Bool {
        state.withLock { state in
            guard !state.isClosed else { return false }
            state.reader = worker
            return true
        }
    }

    /// The reader lets go of the baton, and a worker standing by or a new one takes it.
    func giveAway(in session: Session) {
        let (isClosed, needsThread) = state.withLock { state in
            state.reader = nil
            state.isFree = true
            return (state.isClosed, state.standingBy == 0 && state.threads.count < Self.maximumWorkers - 1)
        }
        if isClosed {
            state.broadcast()
        } else if needsThread {
            addWorker(to: session)
        } else {
            state.signal()
        }
    }

    /// Stands by until the baton is free and takes it; false once the session ends.
    func take(for worker: Worker) -> Bool {
        state.wait {
            $0.standingBy += 1
        } until: {
            $0.isFree || $0.isClosed
        } then: { state in
            state.standingBy -= 1
            guard !state.isClosed else { return false }
            state.isFree = false
            state.reader = worker
            return true
        }
    }

    /// The reader has found that the session ends, and goes.
    func leave() {
        state.withLock { state in
            state.reader = nil
            state.isClosed = true
        }
        state.broadcast()
    }

    /// Makes all workers go once they are done with their requests; returns when nobody reads any more.
    func close() {
        state.withLock { $0.isClosed = true }
        state.broadcast()
        // A signal that arrives just before the read begins is lost: so it is sent again until the reader has gone.
        state.wait(until: { $0.reader == nil }, every: 5_000_000) { $0.reader?.wakeUp() }
    }

    /// Waits for the end of all threads made here.
    func join() {
        // A thread adds others before it ends, so that the list is complete when it is found empty.
        while let thread = state.withLock({ $0.threads.popLast() }) {
            pthread_join(thread, nil)
        }
    }

    /// Starts one more worker, which takes the baton. Where the system has no thread left, the next worker that is done
    /// takes it.
    private func addWorker(to session: Session) {
        var everySignal = sigset_t()
        var before = sigset_t()
        sigfillset(&everySignal)
        pthread_sigmask(SIG_SETMASK, &everySignal, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        guard let thread = Thread.start({ Worker(of: session, hasBaton: false).run() }) else { return }
        state.withLock { $0.threads.append(thread) }
    }
}
