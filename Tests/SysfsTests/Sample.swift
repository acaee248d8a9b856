import Kernels
import LockOrder
import Sysfs
import SystemAdditions
import SystemPackage

/// An object with attributes of every kind.
final class Sample: Sendable {
    let value = Leaf("sample", "old\n")
    let shows = Leaf("sample shows", 0)
    let stores = Leaf<[[UInt8]]>("sample stores", [])
    /// Run in the middle of a store.
    let during = Leaf<(@Sendable () -> Void)?>("sample during", nil)

    static let table = AttributeTable<Sample>(
        [
            Attribute("value", .readWrite) { sample, page, _ throws(Errno) in
                sample.shows.withLock { $0 += 1 }
                guard sample.value.withLock({ $0 != "broken" }) else { throw .EIO }
                page.emit(sample.value.withLock { $0 })
            } store: { sample, input, _ throws(Errno) in
                sample.during.withLock { $0 }?()
                guard input.bytes.first != UInt8(ascii: "x") else { throw .EINVAL }
                sample.stores.withLock { $0.append(input.bytes) }
            },
            .readOnly("constant") { _ in "1\n" },
            .writeOnly("order") { _, _, _ in },
            Attribute("secret", Permissions(rawValue: 0o600), store: { _, _, _ in }),
            .readOnly("late", since: .v7_2) { _ in "late\n" },
            Attribute("long", .readOnly) { _, page, _ in for _ in 0..<1000 { page.emit("0123456789") } },
        ], release: .v7_2)
}

/// A tree with a sample in /devices/box.
struct SampleTree {
    let tree = Tree(release: .v7_2) { Timestamp(seconds: 1, nanoseconds: 0) }
    let sample = Sample()
    let box: Directory

    init() throws {
        box = try tree.root.makeDirectory("devices").makeDirectory("box")
        box.addAttributes(Sample.table, of: sample)
    }

    func inode(_ name: String) throws -> Sysfs.Inode {
        try tree.lookUp(name, in: box.inode).inode
    }

    /// Whether the box is in the tree.
    var isThere: Bool { (try? inode("value")) != nil }

    func open(_ name: String, reading: Bool = false, writing: Bool = false) throws -> OpenFile {
        try tree.open(inode(name), reading: reading, writing: writing)
    }
}

extension OpenFile {
    func read(at offset: Int, count: Int = 4096) throws(Errno) -> String {
        try withNoLocksHeld { (held) throws(Errno) in
            String(decoding: try read(at: offset, count: count, held), as: UTF8.self)
        }
    }

    func write(_ text: String) throws(Errno) -> Int {
        try withNoLocksHeld { (held) throws(Errno) in try write(Array(text.utf8), held) }
    }
}
