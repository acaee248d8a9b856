public import Sysfs

/// What came of playing a recording.
public struct Verdict: Hashable, Sendable {
    public let recording: String
    /// The requests of the recording.
    public let requests: Int
    public let mismatches: [Mismatch]

    /// An answer that is not the kernel's.
    public struct Mismatch: Hashable, Sendable {
        /// Counted from 1; 0 where the machine itself failed.
        public let number: Int
        public let request: String
        /// What the kernel answered, as far as it differs.
        public let wanted: String
        /// What was answered, as far as it differs.
        public let given: String
    }

    public var isPassed: Bool { mismatches.isEmpty }

    /// The verdict on a recording whose machine did not come up.
    public static func dead(_ recording: Recording, _ reason: String) -> Verdict {
        Verdict(
            recording: recording.name, requests: recording.exchanges.count,
            mismatches: [Mismatch(number: 0, request: "the machine", wanted: "alive", given: reason)])
    }

    /// A line, and three more for each of the first mismatches.
    public func report(mismatches shown: Int = 3) -> String {
        var report = "\(isPassed ? "ok   " : "FAIL ")\(recording): \(requests - mismatches.count) of \(requests)\n"
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
        let requests = verdicts.reduce(0) { $0 + $1.requests }
        let wrong = verdicts.reduce(0) { $0 + $1.mismatches.count }
        let passed = verdicts.count { $0.isPassed }
        return """
            \(requests - wrong) of \(requests) answers as the kernel's
            \(passed) passed, \(verdicts.count - passed) failed

            """
    }
}

extension Recording {
    /// Plays the recording until the kernel had nothing more to say, and compares every answer with the kernel's.
    ///
    /// - Parameter release: what the machine is, for `deviations`.
    public func replay(on player: Player, release: KernelRelease, deviations: Deviations = .none) -> Verdict {
        let exchanges = exchanges
        var mismatches: [Verdict.Mismatch] = []
        for (number, exchange) in zip(1..., exchanges) {
            guard !exchange.isEnd else { break }
            let answer = player.answer(exchange.request)
            guard let mismatch = mismatch(number, exchange, answer),
                deviations.reason(release: release, recording: name, request: number) == nil
            else { continue }
            mismatches.append(mismatch)
        }
        return Verdict(recording: name, requests: exchanges.count, mismatches: mismatches)
    }

    /// nil where the answer means what the kernel's means.
    private func mismatch(_ number: Int, _ exchange: Exchange, _ answer: String) -> Verdict.Mismatch? {
        guard answer != exchange.answer else { return nil }
        let wanted = ComparableAnswer(of: exchange.answer, to: exchange.request, isWalk: isWalk)
        let given = ComparableAnswer(of: answer, to: exchange.request, isWalk: isWalk)
        guard wanted != given else { return nil }
        let difference = ComparableAnswer.difference(wanted, given)
        return Verdict.Mismatch(number: number, request: exchange.request, wanted: difference.wanted, given: difference.given)
    }
}
