/// The number of a node: `st_ino` and `d_ino`. The root is 1; a node that is made again gets a new number.
///
/// A number is a directory's own number and a slot in it, so that files and links need no memory of their own.
public struct Inode: Hashable, Sendable, CustomStringConvertible {
    public let rawValue: UInt64

    public static let root = Inode(rawValue: 1)

    public init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    private static let slotBits = 24
    static let slots: UInt32 = 1 << slotBits

    init(directory: UInt64, slot: UInt32) {
        rawValue = (directory << Inode.slotBits | UInt64(slot)) + 1
    }

    var directory: UInt64 { (rawValue &- 1) >> Inode.slotBits }
    /// 0 is the directory itself.
    var slot: UInt32 { UInt32(truncatingIfNeeded: rawValue &- 1) & (Inode.slots - 1) }

    public var description: String { "inode \(rawValue)" }
}

/// What a node is.
public enum NodeKind: Hashable, Sendable {
    case directory
    case attribute
    case link
}

/// Seconds and nanoseconds since 1970.
public struct Timestamp: Hashable, Sendable {
    public var seconds: Int64
    public var nanoseconds: UInt32

    public init(seconds: Int64, nanoseconds: UInt32) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }
}

/// What `stat(2)` says of a node.
public struct NodeStatus: Sendable {
    public var inode: Inode
    public var kind: NodeKind
    public var mode: Permissions
    public var linkCount: UInt32
    public var uid: UInt32
    public var gid: UInt32
    public var accessed: Timestamp
    public var modified: Timestamp
    public var changed: Timestamp
    /// 4096 for an attribute of sysfs whatever it holds, 0 for directories and links.
    public let size: UInt64
}

/// One name in a directory.
public struct DirectoryEntry: Sendable {
    public let name: String
    public let hash: NameHash
    public let inode: Inode
    public let kind: NodeKind
}

/// A change of names that a cache above the tree must hear of.
public enum Change: Hashable, Sendable {
    /// The name in the directory has come, gone or become another node.
    case entry(name: String, directory: Inode)
    /// The node is gone for good.
    case removed(Inode)
}
