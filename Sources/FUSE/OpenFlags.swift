internal import CFuse
internal import CLinux
internal import Glibc

/// The flags of an `open(2)`.
public struct OpenFlags: RawRepresentable, Hashable, Sendable {
    /// The flags as the client gave them, with the numbers of this architecture; the kernel takes out `O_CREAT` and the like.
    public let rawValue: Int32

    /// Flags of `open(2)`, with the numbers of this architecture.
    public init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    /// Opened with `O_RDONLY` or `O_RDWR`.
    public var isReading: Bool { rawValue & O_ACCMODE != O_WRONLY }
    /// Opened with `O_WRONLY` or `O_RDWR`.
    public var isWriting: Bool { rawValue & O_ACCMODE != O_RDONLY }
    /// Opened with `O_TRUNC`.
    public var isTruncating: Bool { rawValue & O_TRUNC != 0 }
    /// Opened with `O_APPEND`.
    public var isAppending: Bool { rawValue & O_APPEND != 0 }
    /// Opened with `O_NONBLOCK`.
    public var isNonBlocking: Bool { rawValue & O_NONBLOCK != 0 }
    /// Opened with `O_DIRECT`.
    public var isDirect: Bool { rawValue & linux_o_direct != 0 }
}

/// How the kernel shall treat a file or directory that has just been opened.
public struct OpenReplyInfo: Sendable {
    /// The file system's number for this opening, which each later request on it brings along.
    public var handle: FileHandle
    /// Files: each `read(2)` and `write(2)` becomes a request; nothing is cached and the size is not looked at.
    public var directIO: Bool
    /// Files: content cached before stays valid.
    public var keepCache: Bool
    /// Directories: the kernel may keep the listing.
    public var cacheDirectory: Bool
    /// Files: no ``FileSystem/flush(_:handle:_:_:)`` on close.
    public var noFlush: Bool
    /// Files with `directIO`: the kernel sends writes side by side. It still sends those one at a time that append or go beyond the size
    /// that it knows, and all of them before version 7.38 of the protocol.
    public var parallelWrites: Bool

    /// An opening with cached content that is dropped when a file is opened anew, but for what is said otherwise.
    public init(
        handle: FileHandle, directIO: Bool = false, keepCache: Bool = false, cacheDirectory: Bool = false,
        noFlush: Bool = false, parallelWrites: Bool = false
    ) {
        self.handle = handle
        self.directIO = directIO
        self.keepCache = keepCache
        self.cacheDirectory = cacheDirectory
        self.noFlush = noFlush
        self.parallelWrites = parallelWrites
    }

    /// As the kernel reads them in the answer to OPEN.
    var openFlags: UInt32 {
        var flags: Int32 = 0
        if directIO { flags |= FOPEN_DIRECT_IO }
        if keepCache { flags |= FOPEN_KEEP_CACHE }
        if cacheDirectory { flags |= FOPEN_CACHE_DIR }
        if noFlush { flags |= FOPEN_NOFLUSH }
        if parallelWrites { flags |= FOPEN_PARALLEL_DIRECT_WRITES }
        return UInt32(flags)
    }

    var fileInfo: fuse_file_info {
        var info = fuse_file_info()
        info.fh = handle.rawValue
        info.direct_io = directIO ? 1 : 0
        info.keep_cache = keepCache ? 1 : 0
        info.cache_readdir = cacheDirectory ? 1 : 0
        info.noflush = noFlush ? 1 : 0
        return info
    }
}
