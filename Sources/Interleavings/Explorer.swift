/// Runs operations side by side in every order that makes a difference, each time in a world of its own.
///
///     let explorer = Explorer { run in Counter(run) } check: { counter, _ in counter.value == 2 ? [] : ["lost an update"] }
///     let exploration = explorer.explore([increment, increment])
///
/// Operations run on threads of their own; exactly one goes on at a time, and who does is decided at every lock operation
/// (``LockOrder/SchedulingObserver``). A run that ends in a deadlock, never ends, breaks a rule of the locks, leaves a lock held
/// or fails the check is a failure; it carries its schedule, with which it can be had again (``replay(_:_:)``).
public struct Explorer<World: Sendable>: Sendable {
    /// Something that is done to a world, and what came of it in a word.
    public struct Operation: Sendable {
        /// As reports and ``Exploration/operations`` call it.
        public let name: String
        let body: @Sendable (World) -> String

        /// An operation; `body` runs on a thread of its own, in each schedule, and returns its outcome.
        public init(_ name: String, _ body: @escaping @Sendable (World) -> String) {
            self.name = name
            self.body = body
        }
    }

    private let granularity: Granularity
    private let limit: Int
    private let make: @Sendable (Run) throws -> World
    private let check: @Sendable (World, [String]) -> [String]

    /// Explores nothing yet.
    ///
    /// - Parameters:
    ///   - granularity: At which locks threads change. By default at all.
    ///   - limit: The most points that a run may have; one with more counts as endless.
    ///   - make: Makes a world. Nobody else knows its locks yet, so it is not scheduled.
    ///   - check: Looks at a world after a run, and says what is wrong with it; the words are the outcomes of the operations.
    ///     It may also take the world apart.
    public init(
        granularity: Granularity = Granularity(), limit: Int = 20_000, make: @escaping @Sendable (Run) throws -> World,
        check: @escaping @Sendable (World, [String]) -> [String]
    ) {
        self.granularity = granularity
        self.limit = limit
        self.make = make
        self.check = check
    }

    /// Explores until everything is seen, a run fails, or the bounds are reached.
    ///
    /// - Parameters:
    ///   - schedules: The most schedules that are enumerated.
    ///   - random: Where there are more, how many of them are tried at random.
    ///   - seed: Of these.
    /// - Throws: what `make` throws; the exploration is lost then.
    public func explore(
        _ operations: [Operation], schedules: Int = 1000, random: Int = 0, seed: UInt64 = 1
    ) throws -> Exploration {
        let crew = Crew(operations.count + 1)
        defer { crew.dismiss() }
        var exploration = Exploration(operations: operations.map(\.name), seed: seed)
        let search = Search(threads: operations.count + 1)
        while exploration.failure == nil, exploration.schedules < schedules {
            search.beginRun()
            let run = try perform(operations, crew, search, &exploration)
            if search.isPruned { exploration.pruned += 1 }
            if !search.advance(after: run.history) {
                exploration.isComplete = true
                break
            }
        }
        guard exploration.failure == nil, !exploration.isComplete else { return exploration }
        let choice = RandomChoice(seed: seed)
        for _ in 0..<random where exploration.failure == nil {
            _ = try perform(operations, crew, choice, &exploration)
            exploration.random += 1
        }
        return exploration
    }

    /// Has a run again. Where the schedule ends, whoever runs goes on for as long as possible.
    ///
    /// - Throws: what `make` throws.
    public func replay(_ schedule: Schedule, _ operations: [Operation]) throws -> Exploration {
        let crew = Crew(operations.count + 1)
        defer { crew.dismiss() }
        var exploration = Exploration(operations: operations.map(\.name), seed: 0)
        _ = try perform(operations, crew, Replay(schedule), &exploration)
        return exploration
    }

    // MARK: - One run

    private func perform(
        _ operations: [Operation], _ crew: Crew, _ strategy: any Strategy, _ exploration: inout Exploration
    ) throws -> Run {
        let run = Run(
            workers: crew.workers, operations: operations.count, granularity: granularity, limit: limit, ended: crew.ended,
            strategy: strategy)
        let world = try make(run)
        run.start(operations.map { operation in { @Sendable in operation.body(world) } })
        crew.replace(run.abandon())
        exploration.count(run)
        // a world in which threads were stopped in the middle of something cannot be looked at
        let wrong = run.ending == .finished ? run.violations + run.leftHeld + check(world, run.outcomes) : run.violations
        if !wrong.isEmpty || run.ending != .finished { exploration.failure = Failure(run, wrong) }
        return run
    }
}

/// The threads of an exploration. One that had to leave in the middle of something is replaced.
private final class Crew {
    private(set) var workers: [Worker]
    let ended = Turnstile()

    init(_ count: Int) {
        workers = (0..<count).map { _ in Worker() }
    }

    func replace(_ gone: [Int]) {
        for index in gone { workers[index] = Worker() }
    }

    func dismiss() {
        for worker in workers {
            worker.turnstile.signal()
            worker.join()
        }
    }
}
