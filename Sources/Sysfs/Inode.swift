/// The number of a node: `st_ino` and `d_ino`. The root is 1; a node that is made again gets a new number.
///
/// Numbers come in blocks. A directory takes one, and has the first number of it; its files and links have the others, its
/// *slots*, so that they need no memory of their own. Where it has used them all up it takes another block, whose first number
/// stays free. A block is given out again when all 2^40 have been, and then only where nobody has it any more.
public struct Inode: Hashable, Sendable, CustomStringConvertible {
    /// From 1 on, as `st_ino` and FUSE have it.
    public let rawValue: UInt64

    /// The directory at the top. FUSE gives it the same number.
    public static let root = Inode(rawValue: 1)

    /// The node that FUSE or a listing names by its number. That there is such a node is not checked.
    public init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    private static let slotBits = 24
    /// How many numbers a block has, the directory's own included.
    static let slots: UInt32 = 1 << slotBits
    /// How many blocks there are. One less than could be: the number behind the very last one would be 2^64.
    static let blocks: UInt64 = 1 << (UInt64.bitWidth - slotBits) - 1

    init(block: UInt64, slot: UInt32) {
        rawValue = (block << Inode.slotBits | UInt64(slot)) + 1
    }

    /// A directory has several where it has used one up.
    var block: UInt64 { (rawValue &- 1) >> Inode.slotBits }
    /// 0 is the directory itself.
    var slot: UInt32 { UInt32(truncatingIfNeeded: rawValue &- 1) & (Inode.slots - 1) }

    /// The number of the row that is `row` rows behind the one that has this number.
    func row(_ row: Int) -> Inode {
        Inode(rawValue: rawValue + UInt64(row))
    }

    public var description: String { "inode \(rawValue)" }
}

/// What a node is.
public enum NodeKind: Hashable, Sendable {
    /// What can have names in it.
    case directory
    /// A file.
    case attribute
    /// A symbolic link to a directory.
    case link
}

/// Seconds and nanoseconds since 1970.
public struct Timestamp: Hashable, Sendable {
    /// Whole seconds; negative before 1970.
    public var seconds: Int64
    /// Of the second: 0 to 999,999,999.
    public var nanoseconds: UInt32

    /// Nothing is checked.
    public init(seconds: Int64, nanoseconds: UInt32) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }
}

/// What `stat(2)` says of a node.
public struct NodeStatus: Sendable {
    /// `st_ino`
    public var inode: Inode
    /// The type in `st_mode`.
    public var kind: NodeKind
    /// The permissions in `st_mode`: those of the table, or what somebody has set.
    public var mode: Permissions
    /// `st_nlink`: of a directory 2 and one for each directory in it, or 0 when it is gone; of anything else 1.
    public var linkCount: UInt32
    /// The tree's (`Tree.setOwner`), or what somebody has set.
    public var uid: UInt32
    /// As `uid`.
    public var gid: UInt32
    /// `st_atime`. Until somebody sets them, all three times are when the directory was made, or the one that a file or a link is
    /// in. Reading and writing do not change them.
    public var accessed: Timestamp
    /// `st_mtime`
    public var modified: Timestamp
    /// `st_ctime`
    public var changed: Timestamp
    /// `st_size` in bytes: 4096 for an attribute of sysfs whatever it holds, 0 for one of debugfs, for directories and for links;
    /// of a journal all that was ever written to it.
    public internal(set) var size: UInt64
    /// The size grows without anybody being told.
    public internal(set) var isGrowing = false
}

/// One name in a directory.
public struct DirectoryEntry: Sendable {
    /// Never `.` or `..`.
    public let name: String
    /// Its place in the listing; names of one hash stand in the order of their bytes.
    public let hash: NameHash
    /// `d_ino`
    public let inode: Inode
    /// `d_type`
    public let kind: NodeKind
}

/// A change of names that a cache above the tree must hear of.
public enum Change: Hashable, Sendable {
    /// The name in the directory has come, gone or become another node.
    case entry(name: String, directory: Inode)
    /// The node is gone for good.
    case removed(Inode)
}
