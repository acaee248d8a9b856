/// Who may go on at a point.
struct Candidates {
    /// Ascending, not empty.
    let enabled: [Int]
    /// Who has gone on so far.
    let current: Int?

    /// The one that has gone on so far, if it can, then the others.
    var inOrder: [Int] {
        guard let current, enabled.contains(current) else { return enabled }
        return [current] + enabled.filter { $0 != current }
    }
}

/// Decides who goes on.
protocol Strategy: AnyObject {
    /// - Parameter history: what has happened so far.
    func choose(_ candidates: Candidates, _ history: History) -> Int
}

/// Follows a schedule; where it ends, whoever runs goes on for as long as possible.
final class Replay: Strategy {
    private let choices: [Int]

    init(_ schedule: Schedule) {
        choices = schedule.choices
    }

    func choose(_ candidates: Candidates, _ history: History) -> Int {
        history.events.count < choices.count ? choices[history.events.count] : candidates.inOrder[0]
    }
}

/// Chooses at random, the same way for the same seed: mostly lets a thread go on, so that switches come at any distance.
final class RandomChoice: Strategy {
    private var numbers: SplitMix64

    init(seed: UInt64) {
        numbers = SplitMix64(seed: seed)
    }

    func choose(_ candidates: Candidates, _ history: History) -> Int {
        if let current = candidates.current, candidates.enabled.contains(current), numbers.next() % 4 != 0 { return current }
        return candidates.enabled[numbers.below(candidates.enabled.count)]
    }
}
