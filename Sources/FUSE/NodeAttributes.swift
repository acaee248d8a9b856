internal import Glibc

/// A point in time, counted from 1970-01-01 00:00:00 UTC.
public struct Timestamp: Hashable, Sendable {
    /// Whole seconds; negative before 1970.
    public var seconds: Int64
    /// Nanoseconds within the second, below 1 000 000 000.
    public var nanoseconds: UInt32

    /// A point in time; `nanoseconds` must be below 1 000 000 000.
    public init(seconds: Int64, nanoseconds: UInt32 = 0) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    /// The wall clock's time.
    public static var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(time)
    }

    init(_ time: timespec) {
        self.init(seconds: Int64(time.tv_sec), nanoseconds: UInt32(time.tv_nsec))
    }

    var specification: timespec {
        timespec(tv_sec: Int(seconds), tv_nsec: Int(nanoseconds))
    }
}

/// What `stat` reports of a node.
public struct NodeAttributes: Hashable, Sendable {
    /// Shown as the inode number.
    public var node: NodeID
    /// Permission bits with the type bits (`S_IFREG` and so on).
    public var mode: UInt32
    /// How many names it has; of a directory 2 and one for each directory in it.
    public var linkCount: UInt32
    /// The owner, as the server's user namespace numbers users.
    public var uid: UInt32
    /// The group, as the server's user namespace numbers groups.
    public var gid: UInt32
    /// What a node of a device stands for: see ``device(major:minor:)``.
    public var device: UInt64 = 0
    /// In bytes.
    public var size: UInt64
    /// In units of 512 bytes.
    public var blocks: UInt64
    /// The size of an efficient transfer, in bytes.
    public var blockSize: UInt32
    /// When it was last read (`st_atime`).
    public var accessed: Timestamp
    /// When its content was last changed (`st_mtime`).
    public var modified: Timestamp
    /// When its content or its attributes were last changed (`st_ctime`).
    public var changed: Timestamp

    /// A node of root's, empty and of 1970, but for what is said otherwise. ``device`` is set afterwards.
    public init(
        node: NodeID, mode: UInt32, linkCount: UInt32 = 1, uid: UInt32 = 0, gid: UInt32 = 0, size: UInt64 = 0,
        blocks: UInt64 = 0, blockSize: UInt32 = 4096, accessed: Timestamp = Timestamp(seconds: 0),
        modified: Timestamp = Timestamp(seconds: 0), changed: Timestamp = Timestamp(seconds: 0)
    ) {
        self.node = node
        self.mode = mode
        self.linkCount = linkCount
        self.uid = uid
        self.gid = gid
        self.size = size
        self.blocks = blocks
        self.blockSize = blockSize
        self.accessed = accessed
        self.modified = modified
        self.changed = changed
    }

    /// The number of a device as `stat` reports it.
    ///
    /// Glibc: sys/sysmacros.h, makedev.
    public static func device(major: Int, minor: Int) -> UInt64 {
        let (major, minor) = (UInt64(major), UInt64(minor))
        return (minor & 0xff) | (major & 0xfff) << 8 | (minor & ~0xff) << 12 | (major & ~0xfff) << 32
    }

    var status: stat {
        var status = stat()
        status.st_ino = UInt(node.rawValue)
        status.st_mode = mode
        status.st_nlink = numericCast(linkCount)
        status.st_uid = uid
        status.st_gid = gid
        status.st_rdev = numericCast(device)
        status.st_size = Int(truncatingIfNeeded: size)
        status.st_blocks = Int(truncatingIfNeeded: blocks)
        status.st_blksize = numericCast(blockSize)
        status.st_atim = accessed.specification
        status.st_mtim = modified.specification
        status.st_ctim = changed.specification
        return status
    }
}
