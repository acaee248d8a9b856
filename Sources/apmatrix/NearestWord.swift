/// The word that somebody has meant most likely: of those that differ in one letter out of three or less, the one that differs
/// least, and begins most alike.
func nearestWord(to word: String, in words: [String]) -> String? {
    let limit = max(1, word.count / 3)
    let candidates = words.map { (word: $0, distance: editDistance(word, $0), alike: word.commonPrefix(with: $0).count) }
    return candidates.filter { $0.distance <= limit && $0.distance < word.count }
        .min { ($0.distance, -$0.alike) < ($1.distance, -$1.alike) }?.word
}

/// How many letters must be added, left out, replaced or swapped with the next one.
private func editDistance(_ first: String, _ second: String) -> Int {
    let (first, second) = (Array(first), Array(second))
    var before: [Int] = []
    var row = Array(0...second.count)
    for i in first.indices {
        var next = [i + 1]
        for j in second.indices {
            var distance = min(next[j] + 1, row[j + 1] + 1, row[j] + (first[i] == second[j] ? 0 : 1))
            if i > 0, j > 0, first[i] == second[j - 1], first[i - 1] == second[j] { distance = min(distance, before[j - 1] + 1) }
            next.append(distance)
        }
        (before, row) = (row, next)
    }
    return row[second.count]
}

extension String {
    fileprivate func commonPrefix(with other: String) -> Substring {
        prefix(zip(self, other).prefix { $0 == $1 }.count)
    }
}
