/// How far an open file has read a journal. Nothing of the text is kept in it.
///
/// A read where the last one has ended goes on behind it, whatever was written or forgotten meanwhile; where lines were forgotten
/// that it has not given, it says so first, by a line of its own: `lost 12`. A read anywhere else gives what is at that offset,
/// counted from the first byte that was ever written. What a file was given stays at the offset at which it was given it.
package struct JournalReader: Sendable {
    /// In the file: where the last read has ended.
    private var offset = 0
    /// In the journal: what comes next.
    private var place = Journal.Place.beginning
    /// What was given last does not end with a newline.
    private var isInLine = false
    /// It lacks nothing but that.
    private var lacksNewlineOnly = false
    /// What is left of the line that tells of a loss.
    private var notice: ArraySlice<UInt8> = []
    /// Where the file goes on behind the last loss, and how far the offset in the journal is from there on ahead of the one in
    /// the file.
    private var sinceLoss: (offset: Int, shift: Int)?
    /// Where the text ended when this reading began: it comes to an end although more is written meanwhile.
    private var stop: Int?

    /// The most that a read gives.
    package static let mostBytes = 1 << 17

    /// In front of the first line.
    package init() {}

    /// Whether a read where the last one has ended gives something, after `readOn`.
    package func hasMore(in journal: Journal) -> Bool {
        !notice.isEmpty || place.offset < journal.end.offset
    }

    /// Ends the reading, if one is under way, so that the next read is not told of its end. Who asks whether there is more says this.
    package mutating func readOn() {
        stop = nil
    }

    /// Reads up to `count` bytes, more than none, at an offset in the file. Nothing says that the end is reached; more may come.
    package mutating func read(at offset: Int, count: Int, in journal: Journal) -> ArraySlice<UInt8> {
        if offset != self.offset || offset == 0 { seek(offset, in: journal) }
        if notice.isEmpty, place.offset < journal.start.offset { noticeLoss(in: journal) }
        let count = min(count, JournalReader.mostBytes)
        guard notice.isEmpty else {
            let text = notice.prefix(count)
            notice = notice.dropFirst(count)
            self.offset += text.count
            if notice.isEmpty { sinceLoss = (self.offset, place.offset - self.offset) }
            return text
        }
        let stop = self.stop ?? journal.end.offset
        let text = journal.text(from: place.offset, count: min(count, stop - place.offset))
        // the next reading has an end of its own
        self.stop = text.isEmpty ? nil : stop
        place.offset += text.count
        place.line += text.countOfLines
        if let last = text.last {
            isInLine = last != .newline
            lacksNewlineOnly = isInLine && journal.text(from: place.offset, count: 1).first == .newline
        }
        self.offset += text.count
        return text
    }

    private mutating func seek(_ offset: Int, in journal: Journal) {
        var target = offset
        if let loss = sinceLoss, offset != 0, offset >= loss.offset, offset < self.offset {
            target += loss.shift
        } else {
            sinceLoss = nil
        }
        self.offset = offset
        notice = []
        stop = nil
        // what is forgotten has no numbers any more: all that are lost count from the first line on
        place =
            journal.place(of: target)
            ?? Journal.Place(offset: target, line: target < journal.end.offset ? 0 : journal.end.line)
        isInLine =
            place.offset > journal.start.offset && place.offset <= journal.end.offset
            && journal.text(from: place.offset - 1, count: 1).first != .newline
        lacksNewlineOnly = isInLine && journal.text(from: place.offset, count: 1).first == .newline
    }

    private mutating func noticeLoss(in journal: Journal) {
        // a line of which not all was given is lost too
        let lost = journal.start.line - place.line - (lacksNewlineOnly ? 1 : 0)
        notice = Array(((isInLine ? "\n" : "") + (lost > 0 ? "lost \(lost)\n" : "")).utf8)[...]
        place = journal.start
        isInLine = false
        lacksNewlineOnly = false
        stop = nil
    }
}
