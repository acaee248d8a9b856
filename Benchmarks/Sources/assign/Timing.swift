/// Runs batches of several contestants by turns, so that what else the machine does hits all of them alike.
///
/// - Returns: the median of each contestant's batches.
func medians(batches: Int = 31, _ contestants: [() throws -> Void]) throws -> [Duration] {
    var times = contestants.map { _ in [Duration]() }
    let clock = ContinuousClock()
    for contestant in contestants { try contestant() }
    for _ in 0..<batches {
        for (number, contestant) in contestants.enumerated() {
            let start = clock.now
            try contestant()
            times[number].append(start.duration(to: clock.now))
        }
    }
    return times.map { $0.sorted()[batches / 2] }
}

extension Duration {
    /// Nanoseconds of one of `count` operations that took as long together.
    func each(of count: Int) -> Int64 {
        (components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000) / Int64(count)
    }
}

/// A ratio with two decimals.
func ratio(_ numerator: Duration, _ denominator: Duration) -> String {
    let hundredths = Int((numerator / denominator * 100).rounded())
    return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
}
