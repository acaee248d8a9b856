import Journals
import Testing

/// Lines within a bound of bytes, and what those who read them are given.
@Suite struct JournalTests {
    private func text(_ bytes: some Sequence<UInt8>) -> String { String(decoding: Array(bytes), as: UTF8.self) }

    private func journal(limit: Int = 1 << 16, lines: Range<Int> = 0..<0) -> Journal {
        var journal = Journal(limit: limit)
        for number in lines { journal.append("line \(number)\n".utf8) }
        return journal
    }

    @Test func nothingIsForgottenBelowTheLimit() {
        let journal = journal(lines: 0..<1000)
        #expect(journal.start == .beginning)
        #expect(journal.end.line == 1000)
        #expect(text(journal.lines(from: 0)) == (0..<1000).map { "line \($0)\n" }.joined())
        #expect(text(journal.lines(from: 998)) == "line 998\nline 999\n")
        #expect(journal.lines(from: 1000) == [])
        #expect(journal.lines(from: 5000) == [])
    }

    /// Whole lines are forgotten, the oldest first; what stays keeps its number and its offset.
    @Test func neverMoreThanTheLimitIsKept() {
        var journal = journal()
        var offsets: [Int] = []
        for number in 0..<50_000 {
            offsets.append(journal.end.offset)
            journal.append("line \(number)\n".utf8)
            #expect(journal.size <= 1 << 16)
        }
        #expect(journal.size > (1 << 16) * 9 / 10)
        #expect(journal.end.line == 50_000)
        #expect(journal.start.offset == offsets[journal.start.line])
        #expect(text(journal.lines(from: 0)) == (journal.start.line..<50_000).map { "line \($0)\n" }.joined())
        for number in stride(from: journal.start.line, to: 50_000, by: 97) {
            #expect(journal.place(of: offsets[number]) == Journal.Place(offset: offsets[number], line: number))
            #expect(text(journal.text(from: offsets[number], count: 10)) == "line \(number)")
        }
        #expect(journal.place(of: journal.start.offset - 1) == nil)
        #expect(journal.place(of: journal.end.offset + 1) == nil)
    }

    @Test func aSmallerLimitHoldsAtOnceAndALargerOneFromNowOn() {
        var journal = journal(limit: 1 << 20, lines: 0..<50_000)
        let (line, size) = (journal.end.line, journal.size)
        #expect(size > 1 << 18)
        journal.setLimit(1 << 17)
        #expect(journal.size <= 1 << 17)
        #expect(journal.size > 1 << 16)
        journal.setLimit(1 << 20)
        journal.append("more\n".utf8)
        #expect(journal.end.line == line + 1)
        #expect(text(journal.lines(from: line)) == "more\n")
    }

    /// A line that would not fit at all is forgotten too: the bound holds whatever is written.
    @Test func noLineIsTooLong() {
        var journal = journal(lines: 0..<10)
        journal.append(Array(repeating: UInt8(ascii: "x"), count: 1 << 17) + [10])
        #expect(journal.size == 0)
        journal.append("next\n".utf8)
        #expect(text(journal.lines(from: 0)) == "next\n")
        #expect(journal.end.line == 12)
    }

    /// Twenty readers of a full journal need no memory for it.
    @Test func readersShareWhatIsKept() {
        let journal = journal(lines: 0..<5000)
        #expect(MemoryLayout<JournalReader>.size <= 128)
        let addresses = (0..<20).map { _ in
            var reader = JournalReader()
            return reader.read(at: 0, count: 1000, in: journal).withUnsafeBytes { $0.baseAddress }
        }
        #expect(Set(addresses).count == 1)
    }
}

/// What an open file is given.
@Suite struct JournalReaderTests {
    private func text(_ bytes: some Sequence<UInt8>) -> String { String(decoding: Array(bytes), as: UTF8.self) }

    private func fill(_ journal: inout Journal, _ lines: Range<Int>) {
        for number in lines { journal.append("\(number)\n".utf8) }
    }

    /// Everything up to the end, as `cat` reads it.
    private func rest(_ reader: inout JournalReader, _ offset: inout Int, _ journal: Journal, count: Int = 1 << 16) -> String {
        var all: [UInt8] = []
        while true {
            let more = reader.read(at: offset, count: count, in: journal)
            guard !more.isEmpty else { return text(all) }
            all += more
            offset += more.count
        }
    }

    @Test func itIsReadAsAFileThatGrows() {
        var journal = Journal(limit: 1 << 16)
        var (reader, offset) = (JournalReader(), 0)
        #expect(!reader.hasMore(in: journal))
        #expect(rest(&reader, &offset, journal) == "")
        fill(&journal, 0..<3)
        #expect(reader.hasMore(in: journal))
        #expect(rest(&reader, &offset, journal, count: 1) == "0\n1\n2\n")
        #expect(!reader.hasMore(in: journal))
        fill(&journal, 3..<5)
        #expect(rest(&reader, &offset, journal) == "3\n4\n")
        // elsewhere, as with any file
        #expect(text(reader.read(at: 2, count: 3, in: journal)) == "1\n2")
        #expect(text(reader.read(at: 5, count: 100, in: journal)) == "\n3\n4\n")
        #expect(text(reader.read(at: 0, count: 2, in: journal)) == "0\n")
        #expect(reader.read(at: 100, count: 2, in: journal).isEmpty)
    }

    /// Who reads what is written meanwhile comes to an end, and then goes on.
    @Test func aReadingEndsWhereTheTextEndedWhenItBegan() {
        var journal = Journal(limit: 1 << 16)
        var reader = JournalReader()
        fill(&journal, 0..<2)
        #expect(text(reader.read(at: 0, count: 2, in: journal)) == "0\n")
        fill(&journal, 2..<3)
        #expect(text(reader.read(at: 2, count: 100, in: journal)) == "1\n")
        #expect(reader.read(at: 4, count: 100, in: journal).isEmpty)
        #expect(text(reader.read(at: 4, count: 100, in: journal)) == "2\n")
        // who has asked whether there is more is not told that there is not
        fill(&journal, 3..<4)
        reader.readOn()
        #expect(reader.hasMore(in: journal))
        #expect(text(reader.read(at: 6, count: 100, in: journal)) == "3\n")
    }

    @Test func whatWasForgottenBeforeItWasReadIsToldFirst() {
        var journal = Journal(limit: 1 << 16)
        fill(&journal, 0..<40_000)
        var (reader, offset) = (JournalReader(), 0)
        let first = journal.start.line
        #expect(first > 0)
        let lines = { (range: Range<Int>) in range.map { "\($0)\n" }.joined() }
        #expect(rest(&reader, &offset, journal) == "lost \(first)\n" + lines(first..<40_000))
        // what it was given stays where it was given it
        let head = "lost \(first)\n".utf8.count
        #expect(text(reader.read(at: head, count: 6, in: journal)) == "\(first)\n")
        // elsewhere it is the offset since the first line
        #expect(text(reader.read(at: journal.end.offset - 6, count: 100, in: journal)) == "39999\n")
        // from the start again, in the smallest pieces
        offset = 0
        #expect(rest(&reader, &offset, journal, count: 3) == "lost \(first)\n" + lines(first..<40_000))
        // all that it has not read is lost
        fill(&journal, 40_000..<80_000)
        let lost = journal.start.line - 40_000
        #expect(reader.hasMore(in: journal))
        #expect(rest(&reader, &offset, journal) == "lost \(lost)\n" + lines(journal.start.line..<80_000))
    }

    /// The beginning of a line cannot be taken back: it is ended, and the line counts as lost.
    @Test func aLineThatWasCutIsLost() {
        var journal = Journal(limit: 1 << 16)
        journal.append("hello\n".utf8)
        var reader = JournalReader()
        #expect(text(reader.read(at: 0, count: 2, in: journal)) == "he")
        fill(&journal, 1..<40_000)
        #expect(text(reader.read(at: 2, count: 100, in: journal)) == "\nlost \(journal.start.line)\n")
    }

    /// However much is written between reads, and however little is read: what is given and what is lost is all there is.
    @Test(arguments: [1, 2, 3]) func nothingIsLostUnannounced(seed: UInt64) {
        var random = seed
        func below(_ limit: UInt64) -> Int {
            random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((random >> 33) % limit)
        }
        var journal = Journal(limit: 1 << 12)
        var (reader, offset, written) = (JournalReader(), 0, 0)
        var given: [UInt8] = []
        for _ in 0..<3000 {
            let more = below(below(10) == 0 ? 1500 : 20)
            fill(&journal, written..<written + more)
            written += more
            for _ in 0..<below(4) {
                let text = reader.read(at: offset, count: 1 + below(300), in: journal)
                given += text
                offset += text.count
            }
        }
        given += Array(rest(&reader, &offset, journal).utf8)
        given += Array(rest(&reader, &offset, journal).utf8)
        var next = 0
        var losses = 0
        let lines = text(given).split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
        for (index, line) in lines.enumerated() {
            if line.hasPrefix("lost ") {
                next += Int(line.dropFirst(5)) ?? 0
                losses += 1
            } else if index + 1 < lines.count, lines[index + 1].hasPrefix("lost "), line != "\(next)" {
                // cut, and counted by the next line
                #expect("\(next)".hasPrefix(line))
            } else {
                #expect(line == "\(next)")
                next += 1
            }
        }
        #expect(next == written)
        #expect(losses > 10)
    }
}

/// Who waits for a journal to grow.
@Suite struct GrowthTests {
    @Test func whoWaitsIsToldOnce() {
        final class Waiter: Sendable {}
        let growth = Growth()
        let (one, two) = (Waiter(), Waiter())
        let told = Told()
        growth.happened()
        growth.whenItHappens(for: one) { told.add("replaced") }
        growth.whenItHappens(for: one) { told.add("one") }
        growth.whenItHappens(for: two) { told.add("two") }
        growth.forget(two)
        growth.happened()
        growth.happened()
        #expect(told.all == ["one"])
        // one that is told may wait again at once
        growth.whenItHappens(for: one) { growth.whenItHappens(for: two) { told.add("again") } }
        growth.happened()
        growth.happened()
        #expect(told.all == ["one", "again"])
    }
}
