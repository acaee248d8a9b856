/// Text that only grows, kept in pieces so that growing never copies what is there.
struct Ledger {
    private var pieces: [[UInt8]] = []
    private static let pieceSize = 1 << 16

    mutating func append(_ text: String) {
        if pieces.isEmpty || pieces[pieces.count - 1].count >= Ledger.pieceSize {
            pieces.append([])
        }
        pieces[pieces.count - 1].append(contentsOf: text.utf8)
    }

    var bytes: [UInt8] {
        Array(pieces.joined())
    }
}
