import Kernels
import LockOrder
import SystemAdditions
import SystemPackage
import Testing
import Waiting

@testable import Sysfs

/// The number of a node is nobody else's, however many have been given out: docs/RELIABILITY.md, "Numbers and names".
@Suite(.bounded) struct NumberTests {
    private let it: SampleTree

    init() throws {
        it = try SampleTree()
    }

    /// Leaves the last block of a directory with so many free numbers.
    private func leave(_ count: UInt32, in directory: Directory) {
        it.tree.state.withLock { $0.directories[directory.number]?.nextSlot = Sysfs.Inode.slots - count }
    }

    private var numbers: Set<Sysfs.Inode> {
        get throws {
            let entries = try it.tree.entries(of: it.box.inode)
            let numbers = Set(entries.map(\.inode))
            #expect(numbers.count == entries.count, "a number is there twice")
            return numbers
        }
    }

    /// A driver that comes and goes behind the last number of a block disturbs neither the files nor the links that stay.
    @Test func theLastNumberOfABlockIsNotFollowedByOneThatIsTaken() throws {
        it.box.addLink("before", to: it.tree.root)
        let lasting = try numbers
        let driver = Sample()
        let table = AttributeTable<Sample>(
            [.readOnly("type") { _ in "driver\n" }, .readOnly("online") { _ in "1\n" }], release: .v7_2)
        leave(5, in: it.box)
        var given: Set<Sysfs.Inode> = []
        for cycle in 0..<20 {
            it.box.addAttributes(table, of: driver, by: .driver)
            it.box.addLink("driver", to: it.box)
            let new = try numbers.subtracting(lasting)
            #expect(new.count == 3)
            #expect(given.isDisjoint(with: new), "in cycle \(cycle) a number comes again")
            given.formUnion(new)
            #expect(try it.open("constant", reading: true).read(at: 0) == "1\n")
            #expect(try it.open("type", reading: true).read(at: 0) == "driver\n")
            #expect(try it.tree.target(of: it.inode("driver")) == "../box")
            #expect(try it.tree.target(of: it.inode("before")) == "../..")
            for inode in new { #expect(try it.tree.status(inode).inode == inode) }
            it.box.removeAttributes(by: .driver)
            it.box.removeLink("driver")
            for inode in new { #expect(throws: Errno.ENOENT) { try it.tree.status(inode) } }
        }
        #expect(try numbers == lasting)
    }

    /// Thousands of links on both sides of the last number of a block.
    @Test func aLargeDirectoryGoesOnInAnotherBlock() throws {
        leave(1000, in: it.box)
        for number in 0..<3000 { it.box.addLink("link\(number)", to: it.box) }
        _ = try numbers
        for entry in try it.tree.entries(of: it.box.inode) where entry.kind == .link {
            #expect(try it.tree.target(of: entry.inode) == "../box")
        }
    }

    /// What a directory has in its later blocks goes with it, and is remembered with it.
    @Test func allBlocksOfADirectoryGoTogether() throws {
        leave(1, in: it.box)
        it.box.addLink("last", to: it.box)
        it.box.addAttributes(
            AttributeTable<Void>([Attribute("more", .readOnly) { _, page, _ in page.emit("x") }], release: .v7_2), of: ())
        let inode = try it.inode("more")
        #expect(inode.block != it.box.number)
        _ = try it.tree.setStatus(inode) { $0.mode = Permissions(rawValue: 0o400) }
        it.tree.remember(inode)
        it.box.remove()
        #expect(try it.tree.status(inode).mode.rawValue == 0o400)
        #expect(throws: Errno.ENODEV) { try it.tree.open(inode, reading: true, writing: false) }
        it.tree.forget(inode, count: 1)
        #expect(throws: Errno.ENOENT) { try it.tree.status(inode) }
        it.tree.state.withLock { state in
            #expect(state.directories.count == 2)
            #expect(state.overrides.isEmpty)
        }
    }

    /// Behind the last block the counter begins anew, and passes over what is there or remembered.
    @Test func theLastBlockIsNotFollowedByOneThatIsTaken() throws {
        let old = try it.box.makeDirectory("old")
        it.tree.remember(old.inode)
        old.remove()
        it.tree.state.withLock { $0.nextBlock = Sysfs.Inode.blocks - 2 }
        var blocks = try Set([it.tree.root, it.tree.root.directory("devices"), it.box, old].map(\.number))
        for number in 0..<20 {
            let new = try it.box.makeDirectory("new\(number)")
            #expect(blocks.insert(new.number).inserted, "block \(new.number) is there twice")
            new.addLink("link", to: it.box)
            #expect(try it.tree.target(of: it.tree.lookUp("link", in: new.inode).inode) == "../../box")
        }
        it.tree.forget(old.inode, count: 1)
        it.tree.state.withLock { $0.nextBlock = old.number }
        #expect(try it.box.makeDirectory("again").number == old.number)
    }
}
