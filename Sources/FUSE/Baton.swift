internal import Glibc
internal import Synchronization
internal import SystemAdditions
internal import SystemPackage

/// The right to read a session's requests, which one worker at a time has.
///
/// The worker that has it executes what it reads by itself, so that a request costs no change of threads. Before it blocks it
/// gives the baton away; where it blocks or computes without saying so, the session's ``Watch`` takes the baton from it. One more
/// worker stands by always, so somebody reads whatever waits. What waits is counted: docs/RELIABILITY.md, "Waiting requests".
final class Baton: Sendable {
    /// After how many nanoseconds a worker that stands by beside another one ends.
    private static let patience = 10_000_000_000

    private struct State {
        /// Nobody has the baton; the next worker that is done takes it.
        var isFree = false
        var isClosed = false
        /// How many workers stand by, or are about to.
        var standingBy = 0
        /// Who has the baton.
        var reader: Worker?
        /// The threads made here, to be joined.
        var threads: [pthread_t] = []
        var waiting = WaitingRequests()
    }

    /// What a worker does next.
    enum Turn {
        /// It has the baton, and reads.
        case read
        case execute(WaitingRequests.Postponed)
        case end
    }

    private let state = Monitor(State())
    /// Whether a request that may wait has to be counted before it begins.
    private let isCrowded = Atomic(true)

    /// Runs `body` with the lock held, and looks what has become of the crowd.
    private func change<Result>(_ body: (inout State) -> Result) -> Result {
        state.withLock { state in
            defer { look(state) }
            return body(&state)
        }
    }

    private func look(_ state: State) {
        isCrowded.store(state.standingBy == 0 || state.waiting.isCrowded, ordering: .relaxed)
    }

    // MARK: - Who reads

    /// Makes the worker that stands by; false where the system has no thread left.
    func prepare(for session: Session) -> Bool {
        change { addWorker(to: session, &$0) }
    }

    /// Gives the baton to the first worker; false where the session has been stopped before.
    func begin(with worker: Worker) -> Bool {
        state.withLock { state in
            guard !state.isClosed else { return false }
            state.reader = worker
            return true
        }
    }

    /// Takes the baton from a worker, and gives it to one that stands by. Nothing where the worker is done with that request or
    /// has given the baton away.
    func take(from worker: Worker, during request: Worker.Phase) {
        let session = worker.session
        let taken = change { state -> RequestHeader?? in
            guard worker.loseBaton(during: request) else { return nil }
            if let header = worker.header {
                let asker = WaitingRequests.Asker(
                    node: header.node, thread: header.asker, hasOwnWorkers: false, worker: worker)
                state.waiting.begin(header.unique, asker)
            }
            state.reader = nil
            state.isFree = true
            // one takes the baton, and one more is to stand by then
            if state.standingBy < 2 { addWorker(to: session, &state) }
            return .some(worker.header)
        }
        guard let taken else { return }
        // the file system is asked with no lock held: it may have to wait for one of its own
        if let header = taken, session.fileSystem.hasOwnWorkers(header.node) {
            change { $0.waiting.countApart(header.unique) }
        }
        state.broadcast()
    }

    /// Waits until there is something to do for a worker that has no baton.
    ///
    /// - Parameters:
    ///   - isCounted: it has been counted as one that stands by.
    ///   - isPermanent: its thread was not made here, and does not end before the session.
    func next(for worker: Worker, isCounted: Bool, isPermanent: Bool) -> Turn {
        change { state in
            if let header = worker.header { state.waiting.end(header.unique) }
            if !isCounted { state.standingBy += 1 }
        }
        // it never ends; so those that stand by and have slept without a time have to count theirs now
        if isPermanent { state.broadcast() }
        // who stands by alone stays: no time wakes it
        let turn = state.wait(atMost: Self.patience, if: { $0.standingBy > 1 && !isPermanent }) { (state, isLate) -> Turn? in
            guard let turn = Self.turn(of: worker, &state, mayEnd: isLate && !isPermanent) else { return nil }
            state.standingBy -= 1
            look(state)
            return turn
        }
        // what else there is to do is for another one
        state.broadcast()
        return turn
    }

    private static func turn(of worker: Worker, _ state: inout State, mayEnd: Bool) -> Turn? {
        if state.isClosed { return .end }
        if state.isFree {
            state.isFree = false
            state.reader = worker
            return .read
        }
        if let request = state.waiting.takePostponed(by: worker) { return .execute(request) }
        guard mayEnd, state.standingBy > 1 else { return nil }
        state.threads.removeAll { pthread_equal($0, worker.thread) != 0 }
        pthread_detach(worker.thread)
        return .end
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
        state.wait(atMost: 5_000_000) { state, _ in
            state.reader?.wakeUp()
            return state.reader == nil ? () : nil
        }
    }

    /// Waits for the end of all threads made here.
    func join() {
        // None is added once the session is closed.
        while let thread = state.withLock({ $0.threads.popLast() }) {
            pthread_join(thread, nil)
        }
    }

    /// Starts one more worker, which stands by.
    ///
    /// - Returns: false where the system has no thread left.
    @discardableResult
    private func addWorker(to session: Session, _ state: inout State) -> Bool {
        guard !state.isClosed else { return true }
        guard let thread = Thread.startWithoutSignals({ Worker(of: session, hasBaton: false).run() }) else { return false }
        state.threads.append(thread)
        state.standingBy += 1
        return true
    }

    // MARK: - What waits

    /// Decides whether a request that the reader has read is executed at once. Otherwise there is nothing left to do for it now.
    func admits(_ header: RequestHeader, _ bytes: UnsafeRawBufferPointer, in session: Session) -> Bool {
        if let interrupted = header.interrupted {
            interrupt(interrupted, in: session)
            return false
        }
        guard header.mayWait, isCrowded.load(ordering: .relaxed) else { return true }
        let asker = session.asker(of: header)
        let (isAdmitted, isKept) = change { state in
            // without a thread to read on, only those are executed that may end what others wait for
            let mayWait = state.standingBy > 0 || addWorker(to: session, &state) || asker.hasOwnWorkers || state.waiting.isEmpty
            if mayWait, state.waiting.hasRoom(for: asker) { return (true, true) }
            return (false, state.waiting.postpone(.init(header: header, asker: asker, bytes: [UInt8](bytes))))
        }
        if !isKept { session.answer(header.unique, .ENOMEM) }
        return isAdmitted
    }

    /// A signal has reached who asks for something: if it is to die of it, it gets its answer.
    private func interrupt(_ unique: UInt64, in session: Session) {
        session.fuseDevice.interruptions.insert(unique)
        guard let asker = state.withLock({ $0.waiting.interrupt(unique) })?.asker else { return }
        if isKilled(asker) {
            abandon(unique, in: session)
        } else {
            session.watch.wake()
            state.withLock { $0.waiting.worker(of: unique) }?.clientIsInterrupted(in: unique)
        }
    }

    /// Answers a client whose wait a signal has ended, in the place of the worker, whose answer will reach nobody.
    func answer(_ unique: UInt64, _ error: Errno, in session: Session) {
        session.answer(unique, error)
        _ = change { $0.waiting.abandon(unique) }
    }

    /// Answers in the place of the worker, whose answer will reach nobody.
    private func abandon(_ unique: UInt64, in session: Session) {
        session.answer(unique, .EINTR)
        change { $0.waiting.abandon(unique) }?.clientIsKilled(in: unique)
    }

    // MARK: - For the watch

    /// Who has the baton, and what it does.
    var reader: (worker: Worker, phase: Worker.Phase)? {
        state.withLock { state in state.reader.map { ($0, $0.currentPhase) } }
    }

    /// Whether somebody waits whom a signal has reached.
    var hasInterrupted: Bool { state.withLock { !$0.waiting.interrupted.isEmpty } }

    /// Gives an answer to all that have been killed since a signal reached them; a second signal sends no second interrupt.
    ///
    /// - Returns: how many have been interrupted and live.
    func answerKilled(in session: Session) -> Int {
        let interrupted = state.withLock { $0.waiting.interrupted }
        let killed = interrupted.filter { isKilled($0.value) }.keys
        for unique in killed { abandon(unique, in: session) }
        return interrupted.count - killed.count
    }
}
