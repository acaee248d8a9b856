internal import CFuse

/// What kernel and file system agree on when the mount begins.
public struct Connection: Sendable {
    /// The kernel's version of the FUSE protocol, before the dot: 7.
    public let protocolMajor: UInt32
    /// The one behind the dot: 44, say, from which on there are epochs (``Session/hasEpoch``).
    public let protocolMinor: UInt32
    /// What the kernel can do.
    public let offered: Capabilities
    /// What shall be used; begins with libfuse's choice. An ability that is not offered is dropped.
    public var wanted: Capabilities
    /// The longest write in one request, in bytes.
    public var maximumWrite: UInt32
    /// How many background requests may wait before the kernel holds back new ones.
    public var maximumBackground: UInt32

    init(_ connection: borrowing fuse_conn_info) {
        protocolMajor = connection.proto_major
        protocolMinor = connection.proto_minor
        offered = Capabilities(rawValue: connection.capable)
        wanted = Capabilities(rawValue: connection.want)
        maximumWrite = connection.max_write
        maximumBackground = connection.max_background
    }

    func store(in connection: inout fuse_conn_info) {
        connection.want = wanted.intersection(offered).rawValue
        connection.max_write = maximumWrite
        connection.max_background = maximumBackground
    }
}

/// Abilities of the kernel's FUSE client that the file system can turn on or off.
public struct Capabilities: OptionSet, Hashable, Sendable {
    /// The bits, each `FUSE_CAP_…` of libfuse.
    public let rawValue: UInt32

    /// A set of libfuse's `FUSE_CAP_…`, those without a name here included.
    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    private init(_ flag: Int32) {
        self.init(rawValue: UInt32(bitPattern: flag))
    }

    /// Several reads of one file at once.
    public static let asynchronousRead = Capabilities(FUSE_CAP_ASYNC_READ)
    /// `O_TRUNC` arrives with the open, not as a truncation after it.
    public static let atomicTruncation = Capabilities(FUSE_CAP_ATOMIC_O_TRUNC)
    /// The file system can look up `.` and `..`, as NFS needs to export the mount.
    public static let exportSupport = Capabilities(FUSE_CAP_EXPORT_SUPPORT)
    /// The kernel leaves the umask to the file system when something is made.
    public static let dontMask = Capabilities(FUSE_CAP_DONT_MASK)
    /// libfuse answers by `splice(2)`, without copying, where it can.
    public static let spliceWrite = Capabilities(FUSE_CAP_SPLICE_WRITE)
    /// With ``spliceWrite`` and ``spliceRead``, pages are moved rather than copied.
    public static let spliceMove = Capabilities(FUSE_CAP_SPLICE_MOVE)
    /// libfuse takes requests by `splice(2)`; of use only with its `write_buf`, which ``FileSystem`` does not have.
    public static let spliceRead = Capabilities(FUSE_CAP_SPLICE_READ)
    /// An `ioctl(2)` on a directory becomes a request, too.
    public static let ioctlOnDirectories = Capabilities(FUSE_CAP_IOCTL_DIR)
    /// Cached content is dropped when the modification time or the size changes.
    public static let automaticInvalidation = Capabilities(FUSE_CAP_AUTO_INVAL_DATA)
    /// Listings bring entries along.
    public static let readDirectoryPlus = Capabilities(FUSE_CAP_READDIRPLUS)
    /// The kernel chooses by itself when a listing brings entries along.
    public static let readDirectoryPlusAutomatic = Capabilities(FUSE_CAP_READDIRPLUS_AUTO)
    /// Without it there is one read and one write under way at most, for each file that is open with direct I/O.
    public static let asynchronousDirectIO = Capabilities(FUSE_CAP_ASYNC_DIO)
    /// The kernel keeps what is written, and may join several writes to one request later.
    public static let writebackCache = Capabilities(FUSE_CAP_WRITEBACK_CACHE)
    /// ENOSYS to an open means "no opens any more", for the whole mount.
    public static let noOpen = Capabilities(FUSE_CAP_NO_OPEN_SUPPORT)
    /// Lookups and listings of one directory may run at once.
    public static let parallelDirectoryOperations = Capabilities(FUSE_CAP_PARALLEL_DIROPS)
    /// The kernel obeys POSIX ACLs, which it keeps as extended attributes; implies the check of permissions.
    public static let accessControlLists = Capabilities(FUSE_CAP_POSIX_ACL)
    /// The file system takes the set-user-id bits away after a write or a change of the owner, not the kernel.
    public static let handleKillPrivileges = Capabilities(FUSE_CAP_HANDLE_KILLPRIV)
    /// The kernel may keep the targets of symbolic links.
    public static let cachedSymbolicLinks = Capabilities(FUSE_CAP_CACHE_SYMLINKS)
    /// ENOSYS to an opening of a directory means "no such openings any more", for the whole mount.
    public static let noOpenDirectory = Capabilities(FUSE_CAP_NO_OPENDIR_SUPPORT)
    /// Cached content is dropped only by ``Session/invalidate(_:)``.
    public static let explicitInvalidation = Capabilities(FUSE_CAP_EXPLICIT_INVAL_DATA)
    /// A name can be made to expire instead of being invalidated: what is mounted on it stays. Nothing here sends that.
    public static let expireOnly = Capabilities(FUSE_CAP_EXPIRE_ONLY)
}
