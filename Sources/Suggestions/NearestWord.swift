/// The word that a mistyped one stands for: the nearest of `words`, if it is near enough to be a slip of the fingers.
///
/// Letters that are missing, too many, wrong or swapped count one each, and one in three may be so; upper and lower case are the
/// same. Of words that are equally near it is the one that begins most alike, then the first.
///
/// - Returns: nil where none is near, and for words of more than 64 bytes, which nobody mistypes.
public func nearestWord(to word: String, among words: some Sequence<String>) -> String? {
    let written = Array(word.lowercased().utf8)
    guard !written.isEmpty, written.count <= 64 else { return nil }
    var nearest: (word: String, distance: Int, alike: Int)?
    for candidate in words {
        let meant = Array(candidate.lowercased().utf8)
        let allowed = max(1, min(written.count, meant.count) / 3)
        guard abs(written.count - meant.count) <= allowed else { continue }
        // nothing of a word of one letter would be left
        guard min(written.count, meant.count) > 1 || written == meant else { continue }
        let distance = editDistance(written, meant)
        let alike = zip(written, meant).prefix { $0 == $1 }.count
        guard distance <= allowed, (distance, -alike) < (nearest?.distance ?? .max, -(nearest?.alike ?? 0)) else { continue }
        nearest = (candidate, distance, alike)
    }
    return nearest?.word
}

/// How many letters must be added, left out, exchanged or swapped with their neighbour.
private func editDistance(_ written: [UInt8], _ meant: [UInt8]) -> Int {
    // row by row, of which the last three are kept
    var beforeLast: [Int] = []
    var last = Array(0...meant.count)
    for (row, letter) in written.enumerated() {
        var line = [row + 1]
        for (column, other) in meant.enumerated() {
            var distance = min(last[column] + (letter == other ? 0 : 1), last[column + 1] + 1, line[column] + 1)
            if row > 0, column > 0, letter == meant[column - 1], other == written[row - 1] {
                distance = min(distance, beforeLast[column - 1] + 1)
            }
            line.append(distance)
        }
        (beforeLast, last) = (last, line)
    }
    return last[meant.count]
}
