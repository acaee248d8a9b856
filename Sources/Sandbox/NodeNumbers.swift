internal import FUSE
internal import SystemAdditions

/// The numbers of paths, for as long as the kernel knows them: it holds references, and gives them back one by one or many
/// at once.
///
/// A path gets the same number again if that is free: it is made from the path, so that `ls -i` says the same each time. No
/// two paths that the kernel knows have the same one. Numbers have 32 bits: a program of 32 bits cannot be told larger ones.
struct NodeNumbers {
    private struct Known {
        let path: String
        var references: UInt64
    }
    private var known: [UInt64: Known] = [:]
    private var byPath: [String: UInt64] = [:]

    /// How many paths the kernel knows, the root not counted: that it always knows.
    var count: Int { known.count }

    /// The path that the kernel knows by that number.
    func path(of node: NodeID) -> String? {
        node == .root ? "" : known[node.rawValue]?.path
    }

    /// The number that a path has, or would get now.
    func number(of path: String) -> NodeID {
        if path.isEmpty { return .root }
        if let number = byPath[path] { return NodeID(rawValue: number) }
        var number = Self.hash(path)
        while number <= NodeID.root.rawValue || known[number] != nil { number = (number + 1) & Self.largest }
        return NodeID(rawValue: number)
    }

    private static let largest: UInt64 = 1 << 32 - 1

    /// FNV-1a.
    private static func hash(_ path: String) -> UInt64 {
        UInt64(path.latin1.reduce(2_166_136_261 as UInt32) { ($0 ^ UInt32($1)) &* 16_777_619 })
    }

    /// The kernel is about to be given one more reference to a path.
    mutating func refer(to path: String) -> NodeID {
        let node = number(of: path)
        guard node != .root else { return node }
        known[node.rawValue, default: Known(path: path, references: 0)].references += 1
        byPath[path] = node.rawValue
        return node
    }

    /// The kernel has given references back.
    ///
    /// - Returns: the path, if these were the last ones.
    mutating func forget(_ node: NodeID, count: UInt64) -> String? {
        guard var entry = known[node.rawValue] else { return nil }
        entry.references -= min(count, entry.references)
        guard entry.references == 0 else {
            known[node.rawValue] = entry
            return nil
        }
        known[node.rawValue] = nil
        byPath[entry.path] = nil
        return entry.path
    }
}
