/// Text that only grows, kept in pieces so that growing never copies what is there. When it has more than it may keep it forgets
/// the oldest piece, as the kernel's ring buffer does.
struct Ledger {
    private var pieces: [[UInt8]] = []
    /// Bytes that are kept.
    private(set) var size = 0
    private static let pieceSize = 1 << 16
    /// Bytes: the uevents of the boot of the largest machine a few times over.
    private static let limit = 64 << 20

    mutating func append(_ text: String) {
        if pieces.isEmpty || pieces[pieces.count - 1].count >= Ledger.pieceSize {
            var piece: [UInt8] = []
            piece.reserveCapacity(Ledger.pieceSize + text.utf8.count)
            pieces.append(piece)
        }
        pieces[pieces.count - 1].append(contentsOf: text.utf8)
        size += text.utf8.count
        while size > Ledger.limit { size -= pieces.removeFirst().count }
    }

    var bytes: [UInt8] {
        Array(pieces.joined())
    }
}
