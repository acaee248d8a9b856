/// What an exploration has seen.
public struct Exploration: Sendable, CustomStringConvertible {
    /// The names of the operations, in the order of their letters.
    public let operations: [String]
    /// The seed of the random schedules; 0 for a replay, which has none.
    public let seed: UInt64
    /// How many schedules were run, the random ones included.
    public internal(set) var schedules = 0
    /// How many of them turned out to differ from an earlier one only in the order of events that do not matter to each other.
    public internal(set) var pruned = 0
    /// How many of them were chosen at random.
    public internal(set) var random = 0
    /// Points in all runs together.
    public internal(set) var points = 0
    /// Every schedule that makes a difference has been run.
    public internal(set) var isComplete = false
    /// How often the operations came out in which way.
    public internal(set) var outcomes: [[String]: Int] = [:]
    /// The first run that went wrong, with which the exploration ended; nil where none did.
    public internal(set) var failure: Failure?

    init(operations: [String], seed: UInt64) {
        self.operations = operations
        self.seed = seed
    }

    mutating func count(_ run: Run) {
        schedules += 1
        points += run.history.events.count
        if run.ending == .finished { outcomes[run.outcomes, default: 0] += 1 }
    }

    public var description: String {
        let names = operations.enumerated().map { "\(Schedule.letter($0)) = \($1)" }.joined(separator: ", ")
        var text =
            "\(names): \(schedules) schedules" + (isComplete ? ", all there are" : ", \(random) of them random, seed \(seed)")
        if let failure { text += "\n\(failure)" }
        return text
    }
}

/// A run that went wrong.
public struct Failure: Sendable, CustomStringConvertible {
    /// In which way a run can go wrong.
    public enum Kind: Hashable, Sendable {
        /// Nobody can go on.
        case deadlock
        /// More points than a run may have.
        case endless
        /// The schedule that was given does not fit, or the operations do not do the same every time.
        case misfit
        /// A rule of the locks was broken, a lock was left held, or the check has failed.
        case wrong
    }

    /// Why the run counts as wrong; ``reasons`` has the details.
    public let kind: Kind
    /// Have the run again with it.
    public let schedule: Schedule
    /// What is wrong, a line each: for a deadlock who waits for what and holds what.
    public let reasons: [String]
    /// Who did what, in order.
    public let trace: [String]

    init(_ run: Run, _ wrong: [String]) {
        schedule = Schedule(run.history.choices)
        trace = Failure.trace(run)
        switch run.ending {
        case .deadlock(let waits):
            kind = .deadlock
            reasons = waits + run.leftHeld + wrong
        case .endless:
            kind = .endless
            reasons = ["does not end"] + wrong
        case .misfit(let point):
            kind = .misfit
            reasons = ["at point \(point) a thread is to go on that cannot"] + wrong
        case .finished, nil:
            kind = .wrong
            reasons = wrong
        }
    }

    private static func trace(_ run: Run) -> [String] {
        var lines: [String] = []
        var last: Int?
        for event in run.history.events.prefix(500) {
            let place = event.place.place(run.locks)
            if last == event.thread {
                lines[lines.count - 1] += "; \(place)"
            } else {
                lines.append("\(Schedule.letter(event.thread)) \(place)")
            }
            last = event.thread
        }
        return lines
    }

    public var description: String {
        "\(kind), schedule \(schedule)\n" + reasons.map { "    \($0)\n" }.joined() + trace.map { "  \($0)\n" }.joined()
    }
}
