public import Kernels

/// What came of playing a recording.
public struct Verdict: Hashable, Sendable {
    /// The name of the recording.
    public let recording: String
    /// How many requests the recording has, with those behind its end, which are not played.
    public let requests: Int
    /// In the order of the requests, without those that are accepted (`Deviations`).
    public let mismatches: [Mismatch]
    /// The requests whose answers differ, and are accepted (`Deviations`).
    public private(set) var excused: [Int] = []
    /// How many requests could not be played, for want of a control plane.
    public private(set) var notJudged = 0

    /// An answer that is not the kernel's.
    public struct Mismatch: Hashable, Sendable {
        /// Counted from 1; 0 where the machine itself failed.
        public let number: Int
        /// Without its `> `; `the machine` where the machine itself failed.
        public let request: String
        /// What the kernel answered, as far as it differs.
        public let wanted: String
        /// What was answered, as far as it differs.
        public let given: String
    }

    /// Whether no answer differs, though some may not have been judged.
    public var isPassed: Bool { mismatches.isEmpty }

    /// The verdict on a recording whose machine did not come up.
    public static func dead(_ recording: Recording, _ reason: String) -> Verdict {
        Verdict(
            recording: recording.name, requests: recording.exchanges.count,
            mismatches: [Mismatch(number: 0, request: "the machine", wanted: "alive", given: reason)])
    }

    /// How many requests there is a verdict on.
    private var judged: Int { requests - notJudged }

    /// A line, and three more for each of the first mismatches.
    public func report(mismatches shown: Int = 3) -> String {
        let rest =
            (excused.isEmpty ? "" : ", \(excused.count) excused") + (notJudged > 0 ? ", \(notJudged) not judged" : "")
        var report = "\(isPassed ? "ok   " : "FAIL ")\(recording): \(judged - mismatches.count) of \(judged)\(rest)\n"
        for mismatch in mismatches.prefix(shown) {
            report += """
                     \(mismatch.number): \(mismatch.request.prefix(300))
                         kernel   \(mismatch.wanted.prefix(600))
                         apmatrix \(mismatch.given.prefix(600))

                """
        }
        return report
    }

    /// The closing lines for several recordings.
    public static func summary(of verdicts: [Verdict]) -> String {
        let judged = verdicts.reduce(0) { $0 + $1.judged }
        let wrong = verdicts.reduce(0) { $0 + $1.mismatches.count }
        let passed = verdicts.count { $0.isPassed }
        return """
            \(judged - wrong) of \(judged) answers as the kernel's
            \(passed) passed, \(verdicts.count - passed) failed

            """
    }
}

extension Recording {
    /// Plays the recording until the kernel had nothing more to say, and compares every answer with the kernel's. Requests that
    /// the player cannot play are left out, and counted.
    ///
    /// - Parameters:
    ///   - release: what the machine is, for `deviations`.
    ///   - judge: how it is reached, for `deviations`.
    public func replay(
        on player: Player, release: KernelRelease, judge: Deviations.Judge = .process, deviations: Deviations = .none
    ) -> Verdict {
        let exchanges = exchanges
        var mismatches: [Verdict.Mismatch] = []
        var excused: [Int] = []
        var notJudged = 0
        // what a background request was, for its answer, which comes with a wait
        var backgrounds: [String: String] = [:]
        for (number, exchange) in zip(1..., exchanges) {
            guard !exchange.isEnd else { break }
            if player.lacksControlPlane != nil, let request = try? Request(exchange.request), !player.plays(request) {
                notJudged += 1
                continue
            }
            let answer = player.answer(exchange.request)
            let words = exchange.request.words.map(String.init)
            if words.first == "bg", words.count > 2 { backgrounds[words[1]] = words[2...].joined(separator: " ") }
            let asked = words.first == "wait" && words.count > 1 ? backgrounds[words[1]] : nil
            guard let mismatch = mismatch(number, exchange, answer, asked ?? exchange.request) else { continue }
            if deviations.reason(judge, release: release, recording: name, request: number) != nil {
                excused.append(number)
            } else {
                mismatches.append(mismatch)
            }
        }
        return Verdict(
            recording: name, requests: exchanges.count, mismatches: mismatches, excused: excused, notJudged: notJudged)
    }

    /// nil where the answer means what the kernel's means.
    ///
    /// - Parameter request: what the answer is to.
    private func mismatch(_ number: Int, _ exchange: Exchange, _ answer: String, _ request: String) -> Verdict.Mismatch? {
        guard answer != exchange.answer else { return nil }
        let wanted = ComparableAnswer(of: exchange.answer, to: request, isWalk: isWalk)
        let given = ComparableAnswer(of: answer, to: request, isWalk: isWalk)
        guard wanted != given else { return nil }
        let difference = ComparableAnswer.difference(wanted, given)
        return Verdict.Mismatch(number: number, request: exchange.request, wanted: difference.wanted, given: difference.given)
    }
}
