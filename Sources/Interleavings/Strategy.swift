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
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    func choose(_ candidates: Candidates, _ history: History) -> Int {
        if let current = candidates.current, candidates.enabled.contains(current), next() % 4 != 0 { return current }
        return candidates.enabled[Int(next() % UInt64(candidates.enabled.count))]
    }

    /// SplitMix64.
    private func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
