import FUSE
import Synchronization
import Testing

@testable import Sandbox

/// A directory of devices that come and go.
private final class Shelf: NodeSource {
    private let devices = Mutex<[String: UInt64]>([:])

    /// A device of that name, another one each time.
    func put(_ name: String) {
        devices.withLock { $0[name, default: 0] += 1 }
    }

    func take(_ name: String) {
        devices.withLock { $0[name] = nil }
    }

    func node(at path: String) -> Node? {
        if path.isEmpty { return .directory }
        return devices.withLock { $0[path].map { .device(major: 1, minor: 3, mode: 0o600, serial: $0) } }
    }

    func names(in path: String) -> [String] { devices.withLock { Array($0.keys) } }
    func isLasting(_ path: String) -> Bool { false }
}

@Suite struct NodeFileSystemTests {
    private let shelf = Shelf()
    private let fileSystem: NodeFileSystem

    init() {
        fileSystem = NodeFileSystem(shelf)
    }

    private func lookUp(_ name: String) throws -> Entry {
        try fileSystem.refer(to: name, #require(shelf.node(at: name)))
    }

    @Test func whatTheKernelForgetsIsForgotten() throws {
        var entries: [Entry] = []
        for number in 0..<10_000 {
            shelf.put("\(number)")
            entries.append(try lookUp("\(number)"))
        }
        let nodes = Set(entries.compactMap(\.node))
        #expect(nodes.count == 10_000, "no number stands for two names")
        #expect(!nodes.contains(.root))
        #expect(fileSystem.remembered.paths == 10_000)
        for node in nodes { fileSystem.forget(node, count: 1) }
        #expect(fileSystem.remembered == (paths: 0, changes: 0, listings: 0))
    }

    @Test func aNumberIsKeptUntilTheLastReferenceIsGivenBack() throws {
        shelf.put("a")
        let node = try #require(try lookUp("a").node)
        for _ in 0..<3 { #expect(try lookUp("a").node == node) }
        fileSystem.forget(node, count: 3)
        #expect(fileSystem.remembered.paths == 1)
        #expect(try lookUp("a").node == node)
        fileSystem.forget(node, count: 2)
        #expect(fileSystem.remembered.paths == 0)
        fileSystem.forget(.root, count: 1)
        fileSystem.forget(node, count: 1)
        #expect(try lookUp("a").node == node, "the same name, the same number")
    }

    /// Two names with the same hash: the second gets another number, and keeps it when the first one is forgotten.
    @Test func aNumberThatTheKernelKnowsIsNotGivenAgain() throws {
        var numbers = NodeNumbers()
        // FNV-1a of both is 0x5e4daa9d
        let (one, two) = ("costarring", "liquid")
        #expect(numbers.number(of: one) == numbers.number(of: two), "or else this tests nothing")
        let first = numbers.refer(to: one)
        let second = numbers.refer(to: two)
        #expect(first != second)
        #expect(numbers.forget(first, count: 1) == one)
        #expect(numbers.number(of: two) == second)
        #expect(numbers.path(of: second) == two)
        #expect(numbers.path(of: first) == nil)
        #expect(numbers.forget(second, count: 1) == two)
        #expect(numbers.count == 0)
    }

    @Test func aChangeIsKeptAsLongAsTheNode() throws {
        shelf.put("a")
        let change = NodeFileSystem.StatusChange(mode: 0o640, uid: 7, gid: 8)
        try fileSystem.change("a", #require(shelf.node(at: "a")), to: change)
        let entry = try lookUp("a")
        #expect(entry.attributes.uid == 7)
        try fileSystem.forget(#require(entry.node), count: 1)
        #expect(try lookUp("a").attributes.uid == 7, "the kernel has forgotten the name, not the device its owner")
        shelf.put("a")
        #expect(try lookUp("a").attributes.uid == 0, "it is another device")
        try fileSystem.forget(#require(entry.node), count: 2)
        #expect(fileSystem.remembered.changes == 0)
    }

    @Test func changesOfNodesThatAreGoneDoNotPileUp() throws {
        for number in 0..<100 {
            shelf.put("\(number)")
            let change = NodeFileSystem.StatusChange(mode: 0o640, uid: 7, gid: 8)
            try fileSystem.change("\(number)", #require(shelf.node(at: "\(number)")), to: change)
            shelf.take("\(number)")
        }
        #expect(fileSystem.remembered.changes <= 1)
    }
}
