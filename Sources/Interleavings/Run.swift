public import LockOrder

/// One schedule while it runs: exactly one thread goes on, all others stand at a point.
///
/// A point is before a lock is taken, before a shared variable is touched, and where a thread has to wait. There the thread
/// that arrives decides who goes on, as the search wants it, and passes the turn.
///
/// A world is made for one run, and may keep it: to post work (``post(_:)``), for the locks of models (``ManualLock``).
///
/// Unchecked: only the thread whose turn it is touches anything here; the turn is passed by semaphores.
public final class Run: @unchecked Sendable {
    let operations: Int
    private let granularity: Granularity
    private let workers: [Worker]
    /// Tells the explorer that nobody goes on any more.
    private let ended: Turnstile
    /// The most points that a run may have.
    private let limit: Int
    private let strategy: any Strategy

    private(set) var threads: [ThreadState]
    private(set) var locks = LockTable()
    private(set) var history = History()
    private(set) var ending: Ending?
    private(set) var outcomes: [String]
    private(set) var violations: [String] = []
    private(set) var isAbandoned = false
    private var current: Int?
    private var posted: [@Sendable () -> Void] = []
    /// What is to be done when nobody can go on: time passes then.
    private var later: [(time: Duration, work: @Sendable () -> Void)] = []
    /// How often time passes before a run counts as a deadlock: a thread that asks again and again may never get its answer.
    private var patience = 8

    /// The thread that does posted work comes behind the operations.
    private var background: Int { operations }

    init(
        workers: [Worker], operations: Int, granularity: Granularity, limit: Int, ended: Turnstile,
        strategy: any Strategy
    ) {
        self.workers = workers
        self.operations = operations
        self.granularity = granularity
        self.limit = limit
        self.ended = ended
        self.strategy = strategy
        threads = Array(repeating: ThreadState(), count: operations) + [ThreadState(status: .absent)]
        outcomes = Array(repeating: "", count: operations)
    }

    // MARK: - Beginning and end

    /// Runs the operations; when this returns nobody goes on any more.
    func start(_ bodies: [@Sendable () -> String]) {
        for (thread, body) in bodies.enumerated() {
            workers[thread].job = { [unowned self] in outcomes[thread] = observed(thread, body) ?? "" }
            workers[thread].whenDone = { [unowned self] in finish(thread) }
        }
        letNextRun()
        ended.wait()
    }

    private func observed<Result>(_ thread: Int, _ body: () -> Result) -> Result? {
        threads[thread].status = .running
        var result: Result?
        let found = observing { LockChecker.violations { result = body() } }
        violations += found.map(\.report)
        return result
    }

    private func finish(_ thread: Int) {
        threads[thread].status = .finished
        letNextRun()
    }

    /// Makes the threads leave that stand at a point for ever, and forgets what was to be done. Only when the run has ended.
    ///
    /// - Returns: the workers that are gone.
    func abandon() -> [Int] {
        isAbandoned = true
        posted = []
        later = []
        var gone: [Int] = []
        for thread in threads.indices {
            switch threads[thread].status {
            case .absent, .finished: break
            case .ready:
                workers[thread].job = nil
                workers[thread].whenDone = {}
            default:
                workers[thread].turnstile.signal()
                workers[thread].join()
                gone.append(thread)
            }
        }
        return gone
    }

    // MARK: - The turn

    /// Lets the calling thread stand at a point until it is its turn again.
    private func pause(_ status: ThreadState.Status) {
        guard let thread = current else { return }
        threads[thread].status = status
        if next() == thread { return goOn(thread) }
        letNextRun(decided: true)
        workers[thread].turnstile.wait()
        if isAbandoned { Worker.leave() }
        goOn(thread)
    }

    private func goOn(_ thread: Int) {
        threads[thread].status = .running
    }

    /// Gives the turn to whoever is next, or ends the run.
    private func letNextRun(decided: Bool = false) {
        let next = decided ? current : next()
        guard let next, ending == nil else { return ended.signal() }
        workers[next].turnstile.signal()
    }

    /// Decides who goes on; nil where the run ends.
    private func next() -> Int? {
        if ending != nil { return nil }
        var enabled = threads.indices.filter(canGoOn)
        while enabled.isEmpty, threads.contains(where: { !$0.isAtRest }), letTimePass() {
            enabled = threads.indices.filter(canGoOn)
        }
        if enabled.isEmpty {
            let isStuck = threads.contains { !$0.isAtRest }
            if !isStuck, threads[background].status == .idle {
                // the only one left has nothing to do
                current = background
                return background
            }
            ending = isStuck ? .deadlock(deadlock) : .finished
            current = nil
            return nil
        }
        guard history.events.count < limit else {
            ending = .endless
            current = nil
            return nil
        }
        let thread = strategy.choose(Candidates(enabled: enabled, current: current), history)
        guard enabled.contains(thread) else {
            ending = .misfit(point: history.events.count)
            current = nil
            return nil
        }
        current = thread
        history.begin(thread, at: threads[thread].status)
        return thread
    }

    private func canGoOn(_ thread: Int) -> Bool {
        switch threads[thread].status {
        case .ready, .awake, .tries, .touches: true
        case .wants(let lock, let mode):
            locks[lock].isAvailable(mode, announced: false) || (mode == .exclusive && locks[lock].keepsReadersOut)
        case .waits(let lock, let mode): locks[lock].isAvailable(mode, announced: mode == .exclusive)
        case .idle: !posted.isEmpty
        case .absent, .running, .sleeps, .finished: false
        }
    }

    private var deadlock: [String] {
        threads.indices.compactMap { thread in
            guard !threads[thread].isAtRest else { return nil }
            let held = locks.heldBy(thread)
            return "\(Schedule.letter(thread)) \(threads[thread].status.obstacle(locks))"
                + (held.isEmpty ? "" : ", holds " + held.joined(separator: ", "))
        }
    }

    /// What is held by threads that have finished.
    var leftHeld: [String] {
        threads.indices.flatMap { thread in
            locks.heldBy(thread).map { "\(Schedule.letter(thread)) has finished and still holds \($0)" }
        }
    }

    // MARK: - Posted work

    /// Has work done by a thread of its own, in the order in which it is posted. A run ends when all of it is done.
    ///
    /// May be called before the run starts, and by whoever's turn it is. After the run nothing is done any more.
    public func post(_ work: @escaping @Sendable () -> Void) {
        guard !isAbandoned else { return }
        if current != nil { history.add(.touch, locks.queue, .exclusive) }
        enqueue(work)
    }

    /// Has work done at a time: when nobody can go on otherwise, and everything that is due before is done.
    public func post(at time: Duration, _ work: @escaping @Sendable () -> Void) {
        guard !isAbandoned else { return }
        later.append((time, work))
    }

    /// - Returns: whether there is something that was to be done later.
    private func letTimePass() -> Bool {
        guard patience > 0, let next = later.indices.min(by: { (later[$0].time, $0) < (later[$1].time, $1) }) else {
            return false
        }
        patience -= 1
        enqueue(later.remove(at: next).work)
        return true
    }

    private func enqueue(_ work: @escaping @Sendable () -> Void) {
        posted.append(work)
        guard threads[background].status == .absent else { return }
        threads[background].status = .ready
        workers[background].job = { [unowned self] in
            _ = observed(background) { while let work = self.nextPosted() { work() } }
        }
        workers[background].whenDone = { [unowned self] in finish(background) }
    }

    private func nextPosted() -> (@Sendable () -> Void)? {
        if posted.isEmpty { pause(.idle) }
        guard !posted.isEmpty else { return nil }
        history.add(.touch, locks.queue, .exclusive)
        return posted.removeFirst()
    }

    // MARK: - For the locks of models

    /// A point before a shared variable is looked at or changed.
    func touch(_ lock: LockIdentity, _ mode: LockMode) {
        guard current != nil else { return }
        let index = locks.index(of: lock)
        pause(.touches(index, mode))
        history.add(.touch, index, mode)
    }

    /// A point before somebody looks whether a lock is taken.
    func look(at lock: LockIdentity) {
        guard current != nil else { return }
        let index = locks.index(of: lock)
        pause(.touches(index, .shared))
        history.add(.look, index, .exclusive)
    }

    /// Whose turn it is; nil before the run and after it.
    var turn: Int? { current }

    /// Says that something was done that is a defect on any schedule.
    public func fail(_ what: String) {
        violations.append(what)
    }
}

extension Run: SchedulingObserver {
    /// A point, unless the lock is a free leaf that ``Granularity`` names: the thread stands here until it is chosen.
    public func willAcquire(_ lock: LockIdentity, _ mode: LockMode) {
        let index = locks.index(of: lock)
        if lock.rank == .leaf, granularity.quiet.contains(lock.name) || granularity.ignored.contains(lock.name),
            locks[index].isAvailable(mode, announced: false)
        {
            return
        }
        pause(.wants(index, mode))
    }

    /// A point, whichever lock it is. Whether the attempt succeeds counts as a look at the lock.
    public func willTry(_ lock: LockIdentity, _ mode: LockMode) {
        let index = locks.index(of: lock)
        pause(.tries(index, mode))
        history.add(.look, index, mode)
    }

    /// Enters the holder, and what happened, unless ``Granularity/ignored`` has the lock. No point.
    public func didAcquire(_ lock: LockIdentity, _ mode: LockMode) {
        guard let thread = current else { return }
        let index = locks.index(of: lock)
        locks.acquire(index, mode, thread)
        if !granularity.ignored.contains(lock.name) { history.add(.acquire, index, mode) }
    }

    /// Strikes the holder off; threads that wait for the lock can be chosen again. No point.
    public func didRelease(_ lock: LockIdentity, _ mode: LockMode) {
        guard let thread = current else { return }
        let index = locks.index(of: lock)
        locks[index].release(mode, thread)
        if !granularity.ignored.contains(lock.name) { history.add(.release, index, mode) }
    }

    /// The thread cannot be chosen until the lock is free, or until somebody notifies. A writer keeps new readers out meanwhile.
    public func willWait(_ lock: LockIdentity, for event: SchedulingWait) {
        guard let thread = current else { return }
        let index = locks.index(of: lock)
        switch event {
        case .available(let mode):
            if mode == .exclusive, locks[index].announce(thread) { history.announce(index) }
            pause(.waits(index, mode))
        case .notified:
            pause(.sleeps(index))
        }
    }

    /// Threads that sleep on the lock can be chosen again. No point.
    public func didNotify(_ lock: LockIdentity) {
        let index = locks.index(of: lock)
        for thread in threads.indices where threads[thread].status == .sleeps(index) { threads[thread].status = .awake(index) }
        if current != nil, !granularity.ignored.contains(lock.name) { history.add(.touch, index, .exclusive) }
    }
}
