internal import CFuse
internal import Glibc

/// What a `chmod`, `chown`, `truncate` or `utimensat` asks for; nil stands for "leave it".
public struct SetAttributes: Sendable {
    /// A new time: the server's clock or a given point.
    public enum TimeChange: Hashable, Sendable {
        /// The time of the request, by the server's clock.
        case now
        /// A given time.
        case at(Timestamp)
    }

    /// The new permissions; the type bits may be there, too.
    public var mode: UInt32?
    /// The new owner.
    public var uid: UInt32?
    /// The new group.
    public var gid: UInt32?
    /// The new length, in bytes.
    public var size: UInt64?
    /// The new time of the last read.
    public var accessed: TimeChange?
    /// The new time of the last change of the content.
    public var modified: TimeChange?
    /// The open file through which the change was asked for (`ftruncate`); nil where it was by a name.
    public var handle: FileHandle?

    /// Changes nothing.
    public init() {}

    init(_ status: borrowing stat, valid: Int32, handle: FileHandle?) {
        func has(_ flag: Int32) -> Bool { valid & flag != 0 }
        mode = has(FUSE_SET_ATTR_MODE) ? status.st_mode : nil
        uid = has(FUSE_SET_ATTR_UID) ? status.st_uid : nil
        gid = has(FUSE_SET_ATTR_GID) ? status.st_gid : nil
        size = has(FUSE_SET_ATTR_SIZE) ? UInt64(status.st_size) : nil
        if has(FUSE_SET_ATTR_ATIME_NOW) {
            accessed = .now
        } else if has(FUSE_SET_ATTR_ATIME) {
            accessed = .at(Timestamp(status.st_atim))
        }
        if has(FUSE_SET_ATTR_MTIME_NOW) {
            modified = .now
        } else if has(FUSE_SET_ATTR_MTIME) {
            modified = .at(Timestamp(status.st_mtim))
        }
        self.handle = handle
    }
}
