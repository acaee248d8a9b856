import Kernels
import Sysfs
import SystemAdditions
import SystemPackage
import Testing

/// Names are bytes: docs/RELIABILITY.md, "Numbers and names".
@Suite struct NameTests {
    /// Different bytes that a text in UTF-8 takes for equal, or repairs to equal ones.
    private static let names: [[UInt8]] = [
        Array("caf\u{e9}".utf8), Array("cafe\u{301}".utf8), Array("\u{212b}".utf8), Array("\u{c5}".utf8), Array("A\u{30a}".utf8),
        [0xff], [0xfe], [0xc3], [0xc3, 0xff], [0xef, 0xbf, 0xbd], [0xe9], Array("\u{1f1e9}\u{1f1ea}".utf8), [0x0d, 0x0a],
    ]

    @Test func everyNameIsAnotherOne() throws {
        let it = try SampleTree()
        for name in Self.names {
            let name = String(latin1: name)
            it.box.addLink(name, to: try it.box.makeDirectory("to \(name)"))
            #expect(throws: Errno.EEXIST) { try it.box.makeDirectory(name) }
        }
        let entries = try it.tree.entries(of: it.box.inode)
        #expect(entries.count == Sample.table.rows.count + 2 * Self.names.count)
        for name in Self.names {
            let text = String(latin1: name)
            let target = try it.tree.target(of: it.inode(text))
            #expect(target.latin1 == Array("to ".utf8) + name)
            #expect(try it.inode("to \(text)").rawValue != it.inode(text).rawValue)
        }
        #expect(Set(entries.map(\.name.latin1)).isSuperset(of: Self.names))
    }

    /// Two names that the kernel's hash does not tell apart.
    @Test func namesOfOneHashAreListedByTheirBytes() throws {
        let (one, two): ([UInt8], [UInt8]) = ([0xc0, 0x8f], [0xc1, 0x84])
        #expect(NameHash(String(latin1: one)) == NameHash(String(latin1: two)))
        for names in [[one, two], [two, one]] {
            let it = try SampleTree()
            let directory = try it.box.makeDirectory("names")
            for name in names { try directory.makeDirectory(String(latin1: name)) }
            #expect(try it.tree.entries(of: directory.inode).map(\.name.latin1) == [one, two])
        }
    }

    @Test func whatIsShownAreTheBytes() {
        for name in Self.names {
            var page = Page()
            page.emit(String(latin1: name))
            #expect(page.bytes == name)
        }
        var page = Page()
        page.emit(String(latin1: [UInt8](repeating: 0xff, count: 5000)))
        #expect(page.bytes.count == 4095)
        #expect(page.isFull)
    }

    @Test func whatIsWrittenNamesWhatHasTheSameBytes() {
        for name in Self.names where name.last != UInt8(ascii: "\n") {
            let written = name + [UInt8(ascii: "\n")]
            #expect(KernelText.name(written[...]).latin1 == name)
            for other in Self.names {
                #expect(KernelText.names(written[...], String(latin1: other)) == (name == other))
            }
        }
    }

    @Test func theOrderIsThatOfTheBytes() {
        for one in Self.names {
            for two in Self.names {
                #expect((String(latin1: one) == String(latin1: two)) == (one == two))
                #expect((String(latin1: one) < String(latin1: two)) == one.lexicographicallyPrecedes(two))
            }
        }
    }
}
