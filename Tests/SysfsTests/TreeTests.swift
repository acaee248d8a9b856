import Kernels
import Sysfs
import SystemAdditions
import SystemPackage
import Testing

/// Names, links, inodes, and what caches hear: docs/kernel/kernfs.md, "What stat says", "Names and listings".
@Suite struct TreeTests {
    @Test func anEmptyTreeCanBeTakenApart() {
        let tree = Tree(release: .v7_2) { Timestamp(seconds: 0, nanoseconds: 0) }
        tree.root.remove()
        #expect(throws: Errno.ENOENT) { try tree.root.directory("bus") }
    }

    /// A file and a link of one name could both be listed, and only one be found.
    @Test func aFileMayNotHaveANameThatIsTaken() async throws {
        let result = try await #require(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            let it = try SampleTree()
            let other = try it.tree.root.makeDirectory("other")
            other.addLink("constant", to: it.box)
            other.addAttributes(Sample.table, of: it.sample)
        }
        #expect(String(decoding: result.standardErrorContent, as: UTF8.self).contains("other has a 'constant' already"))
    }

    @Test func namesAreListedByTheirHash() throws {
        #expect(NameHash("devices").rawValue == 698_066_606)
        let it = try SampleTree()
        let entries = try it.tree.entries(of: it.box.inode)
        #expect(Set(entries.map(\.name)) == ["value", "constant", "order", "secret", "late", "long"])
        #expect(entries.map(\.hash) == entries.map(\.hash).sorted())
        #expect(entries.allSatisfy { $0.hash == NameHash($0.name) && $0.kind == .attribute })
    }

    @Test func statusIsAsStatGivesIt() throws {
        let it = try SampleTree()
        _ = try it.box.makeDirectory("inner")
        let box = try it.tree.status(it.box.inode)
        #expect(box.kind == .directory)
        #expect(box.linkCount == 3)
        #expect(box.size == 0)
        #expect(box.mode.rawValue == 0o755)
        let value = try it.tree.lookUp("value", in: it.box.inode)
        #expect(value.kind == .attribute)
        #expect(value.linkCount == 1)
        #expect(value.size == 4096)
        #expect(value.mode.rawValue == 0o644)
        #expect(try it.tree.status(.root).inode == .root)
    }

    @Test func linksAreRelativeAndNeverEndInTheirTarget() throws {
        let tree = Tree(release: .v7_2) { Timestamp(seconds: 0, nanoseconds: 0) }
        let mdev = try tree.root.makeDirectory("devices").makeDirectory("matrix").makeDirectory("UUID")
        let vfio0 = try mdev.makeDirectory("vfio-dev").makeDirectory("vfio0")
        vfio0.addLink("device", to: mdev)
        let bus = try tree.root.makeDirectory("bus").makeDirectory("mdev").makeDirectory("devices")
        bus.addLink("UUID", to: mdev)
        mdev.addLink("subsystem", to: try tree.root.directory("bus").directory("mdev"))
        func target(_ name: String, in directory: Directory) throws -> String {
            try tree.target(of: tree.lookUp(name, in: directory.inode).inode)
        }
        #expect(try target("device", in: vfio0) == "../../../UUID")
        #expect(try target("UUID", in: bus) == "../../../devices/matrix/UUID")
        #expect(try target("subsystem", in: mdev) == "../../../bus/mdev")
        #expect(vfio0.path == "/devices/matrix/UUID/vfio-dev/vfio0")
        bus.removeLink("UUID")
        #expect(throws: Errno.ENOENT) { try tree.lookUp("UUID", in: bus.inode) }
    }

    @Test func aNameIsTakenOnceAndAnInodeNeverTwice() throws {
        let it = try SampleTree()
        let inner = try it.box.makeDirectory("inner")
        #expect(throws: Errno.EEXIST) { try it.box.makeDirectory("inner") }
        #expect(throws: Errno.EEXIST) { try it.box.makeDirectory("value") }
        inner.remove()
        #expect(try it.box.makeDirectory("inner").inode != inner.inode)
        #expect(throws: Errno.ENOENT) { try inner.makeDirectory("more") }
        #expect(throws: Errno.ENOTDIR) { try it.tree.lookUp("x", in: it.inode("value")) }
    }

    /// A node that is gone is known for as long as a cache holds it, and then forgotten.
    @Test func whatIsRememberedIsKnown() throws {
        let it = try SampleTree()
        let inode = try it.inode("value")
        it.tree.remember(it.box.inode)
        it.tree.remember(inode)
        it.box.remove()
        #expect(try it.tree.status(it.box.inode).linkCount == 0)
        #expect(try it.tree.status(inode).kind == .attribute)
        #expect(try it.tree.entries(of: it.box.inode).isEmpty)
        it.tree.forget(inode, count: 1)
        #expect(throws: Never.self) { try it.tree.status(it.box.inode) }
        it.tree.forget(it.box.inode, count: 1)
        #expect(throws: Errno.ENOENT) { try it.tree.status(it.box.inode) }
    }

    @Test func whatUsersSetSticks() throws {
        let it = try SampleTree()
        let inode = try it.inode("value")
        _ = try it.tree.setStatus(inode) { status in
            status.mode = Permissions(rawValue: 0o600)
            status.uid = 7
        }
        let status = try it.tree.lookUp("value", in: it.box.inode)
        #expect(status.mode.rawValue == 0o600)
        #expect(status.uid == 7)
        #expect(status.gid == 0)
        _ = try it.tree.setStatus(it.box.inode) { $0.mode = Permissions(rawValue: 0o700) }
        _ = try it.box.makeDirectory("inner")
        #expect(try it.tree.status(it.box.inode).linkCount == 3)
    }

    @Test func cachesHearOfEveryName() throws {
        let it = try SampleTree()
        it.box.addLink("before", to: it.box)
        it.tree.recordChanges()
        #expect(it.tree.takeChanges().isEmpty)
        let inner = try it.box.makeDirectory("inner")
        it.box.addLink("link", to: inner)
        #expect(
            it.tree.takeChanges() == [
                .entry(name: "inner", directory: it.box.inode), .entry(name: "link", directory: it.box.inode),
            ])
        inner.remove()
        #expect(it.tree.takeChanges() == [.entry(name: "inner", directory: it.box.inode), .removed(inner.inode)])
        it.box.removeAttributes(by: .device)
        #expect(it.tree.takeChanges().count == Sample.table.rows.count)
    }

    @Test func onlyAnEmptyDirectoryGoesByItself() throws {
        let it = try SampleTree()
        let outer = try it.box.makeDirectory("outer")
        let inner = try outer.makeDirectory("inner")
        outer.removeIfEmpty()
        #expect(it.box.contains("outer"))
        inner.remove()
        outer.removeIfEmpty()
        #expect(!it.box.contains("outer"))
    }

    /// Thousands of links: each is found again by its number.
    @Test func aLargeDirectoryKnowsItsLinks() throws {
        let it = try SampleTree()
        let large = try it.box.makeDirectory("large")
        for number in 0..<5000 { large.addLink("link\(number)", to: it.box) }
        let entries = try it.tree.entries(of: large.inode)
        #expect(entries.count == 5000)
        #expect(Set(entries.map(\.inode)).count == 5000)
        for entry in entries { #expect(try it.tree.target(of: entry.inode) == "../../box") }
    }

    // MARK: - What is gone and open

    private static let driverTable = AttributeTable<Int>([.readOnly("status") { "\($0)\n" }], release: .v7_2)

    /// A driver takes its files away, and the directory stays.
    @Test func aFileThatIsGoneCanBeLookedAtWhileACacheHoldsTheDirectory() throws {
        let it = try SampleTree()
        it.box.addAttributes(Self.driverTable, of: 1, by: .driver)
        let inode = try it.inode("status")
        it.tree.remember(inode)
        it.box.removeAttributes(by: .driver)
        #expect(throws: Errno.ENOENT) { try it.inode("status") }
        #expect(try it.tree.status(inode).mode == .readOnly)
        #expect(try it.tree.setStatus(inode) { $0.mode = Permissions(rawValue: 0o600) }.mode.rawValue == 0o600)
        #expect(try it.tree.status(inode).mode.rawValue == 0o600)
        #expect(throws: Errno.EINVAL) { try it.tree.target(of: inode) }
        it.tree.forget(inode, count: 1)
        #expect(throws: Errno.ENOENT) { try it.tree.status(inode) }
    }

    @Test func ofWhatIsGoneOnlyTheLatestIsKnown() throws {
        let it = try SampleTree()
        it.tree.remember(it.box.inode)
        var inodes: [Sysfs.Inode] = []
        for number in 0..<9 {
            it.box.addAttributes(Self.driverTable, of: number, by: .driver)
            inodes.append(try it.inode("status"))
            it.box.removeAttributes(by: .driver)
        }
        #expect(
            inodes.map { (try? it.tree.status($0)) != nil } == Array(repeating: false, count: 5)
                + Array(repeating: true, count: 4))
    }

    @Test func aLinkThatIsGoneLeadsNowhere() throws {
        let it = try SampleTree()
        it.box.addLink("self", to: it.box)
        let inode = try it.inode("self")
        it.box.removeLink("self")
        #expect(throws: Errno.ENOENT) { try it.tree.target(of: inode) }
        #expect(throws: Errno.EINVAL) { try it.tree.target(of: it.box.inode) }
    }
}
