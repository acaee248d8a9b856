import Glibc

/// Makes a failing walk as short as it gets: no single step of it can be left out.
struct Shrinking {
    let model: Model
    let kind: String
    /// How long it may take; what there is then is shorter, perhaps not the shortest.
    var seconds = 120

    func shortest(_ steps: [Step]) -> [Step] {
        let deadline = time(nil) + seconds
        var steps = steps
        var length = max(1, steps.count / 2)
        while true {
            var hasShrunk = false
            var start = steps.count - length
            while true {
                let from = max(0, start)
                var shorter = steps
                shorter.removeSubrange(from..<min(steps.count, from + length))
                if shorter.count < steps.count, fails(shorter) {
                    steps = shorter
                    hasShrunk = true
                }
                guard from > 0, time(nil) < deadline else { break }
                start = min(from, steps.count) - length
            }
            guard time(nil) < deadline, length > 1 || hasShrunk else { return steps }
            length = max(1, length / 2)
        }
    }

    private func fails(_ steps: [Step]) -> Bool { Walk.over(steps, model, inspects: kind == "inspection").failure?.kind == kind }
}
