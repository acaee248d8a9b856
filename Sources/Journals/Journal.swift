internal import Glibc

/// Lines of text in the order in which they were written, and no more than so many bytes of them: the oldest are forgotten for
/// new ones.
///
/// Every byte and every line has a number, counted from the first that was ever written, and keeps it. The text is kept in pieces:
/// growing copies nothing of it, forgetting takes a piece away, and readers are given slices.
package struct Journal: Sendable {
    /// A place between two bytes.
    package struct Place: Hashable, Sendable {
        /// How many bytes have ever been written in front of it.
        package var offset: Int
        /// How many lines have ever been ended in front of it.
        package var line: Int

        /// Nothing is checked.
        package init(offset: Int, line: Int) {
            self.offset = offset
            self.line = line
        }

        /// In front of the first line that was ever written.
        package static let beginning = Place(offset: 0, line: 0)
    }

    fileprivate struct Piece {
        let start: Place
        var text: [UInt8]

        var end: Int { start.offset + text.count }
    }

    private var pieces: [Piece] = []
    /// How many bytes are kept at the most.
    package private(set) var limit: Int
    /// Behind the last line.
    package private(set) var end = Place.beginning

    /// An empty one.
    ///
    /// - Parameter limit: bytes; 64 KiB at least, or a few long lines are more.
    package init(limit: Int) {
        self.limit = limit
    }

    /// In front of the first line that is kept.
    package var start: Place { pieces.first?.start ?? end }

    /// How many bytes are kept.
    package var size: Int { end.offset - start.offset }

    // MARK: - Writing

    /// What is forgotten at once.
    private var pieceSize: Int { min(1 << 16, limit / 16) }

    /// Adds whole lines, with their newlines.
    package mutating func append(_ text: some Collection<UInt8>) {
        if pieces.last.map({ $0.text.count + text.count > pieceSize }) ?? true {
            var piece = Piece(start: end, text: [])
            piece.text.reserveCapacity(max(pieceSize, text.count))
            pieces.append(piece)
        }
        let last = pieces.count - 1
        let before = pieces[last].text.count
        pieces[last].text.append(contentsOf: text)
        end.offset += text.count
        end.line += pieces[last].text[before...].countOfLines
        forgetOldest()
    }

    /// Keeps no more than so many bytes from now on: what is over is forgotten at once.
    package mutating func setLimit(_ limit: Int) {
        self.limit = limit
        forgetOldest()
    }

    private mutating func forgetOldest() {
        var surplus = size - limit
        var count = 0
        while surplus > 0, count < pieces.count {
            surplus -= pieces[count].text.count
            count += 1
        }
        pieces.removeFirst(count)
    }

    // MARK: - Reading

    /// The text behind an offset, as much as is kept of what was asked for. Nothing is copied where it lies in one piece.
    package func text(from offset: Int, count: Int) -> ArraySlice<UInt8> {
        let offset = max(offset, start.offset)
        let stop = min(offset + count, end.offset)
        guard offset < stop else { return [] }
        var index = indexOfPiece(at: offset)
        let first = pieces[index].slice(from: offset, to: stop)
        guard first.count < stop - offset else { return first }
        var text = Array(first)
        text.reserveCapacity(stop - offset)
        while text.count < stop - offset {
            index += 1
            text += pieces[index].slice(from: pieces[index].start.offset, to: stop)
        }
        return text[...]
    }

    /// The place of an offset that is kept; nil where it is forgotten, or still to come.
    package func place(of offset: Int) -> Place? {
        guard offset >= start.offset, offset <= end.offset else { return nil }
        guard offset < end.offset else { return end }
        let piece = pieces[indexOfPiece(at: offset)]
        let lines = piece.slice(from: piece.start.offset, to: offset).countOfLines
        return Place(offset: offset, line: piece.start.line + lines)
    }

    /// The whole lines from this number on, as far as they are kept.
    package func lines(from line: Int) -> [UInt8] {
        var text = self.text(from: start.offset, count: size)
        var missing = line - start.line
        while missing > 0, let newline = text.firstIndex(of: .newline) {
            text = text[(newline + 1)...]
            missing -= 1
        }
        return Array(text)
    }

    /// Of an offset that is kept.
    private func indexOfPiece(at offset: Int) -> Int {
        var low = 0
        var high = pieces.count - 1
        while low < high {
            let middle = (low + high) / 2
            if pieces[middle].end <= offset { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension Journal.Piece {
    fileprivate func slice(from offset: Int, to stop: Int) -> ArraySlice<UInt8> {
        text[offset - start.offset..<min(stop - start.offset, text.count)]
    }
}

extension UInt8 {
    static let newline = UInt8(ascii: "\n")
}

extension ArraySlice<UInt8> {
    /// How many newlines are in it. By the C library: it is asked for every byte that is written or read.
    var countOfLines: Int {
        withUnsafeBytes { bytes in
            guard var at = bytes.baseAddress else { return 0 }
            let end = at + bytes.count
            var count = 0
            while let newline = memchr(at, Int32(UInt8.newline), end - at) {
                count += 1
                at = UnsafeRawPointer(newline) + 1
            }
            return count
        }
    }
}
