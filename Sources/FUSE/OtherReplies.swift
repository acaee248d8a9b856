internal import CFuse
internal import Glibc
internal import SystemAdditions
public import SystemPackage

/// Answers a request that brings nothing back.
public struct EmptyReply: ~Copyable, Reply {
    private let request: Request

    init(_ request: Request) {
        self.request = request
    }

    deinit {
        request.fail(.EIO)
    }

    /// Answers that it is done.
    public consuming func succeed() {
        request.succeed()
        discard self
    }

    /// Answers that it was not done; after a release nobody hears it.
    public consuming func fail(_ error: Errno) {
        request.fail(error)
        discard self
    }

    /// Whether a signal has reached the thread that asks; it still waits for the answer.
    public var isInterrupted: Bool { request.isInterrupted }
}

/// Answers a `statfs`.
public struct StatisticsReply: ~Copyable, Reply {
    private let request: Request

    init(_ request: Request) {
        self.request = request
    }

    deinit {
        request.fail(.EIO)
    }

    /// Answers with the figures of the whole file system.
    public consuming func succeed(_ statistics: FileSystemStatistics) {
        var status = statistics.status
        request.answer { fuse_reply_statfs($0, &status) }
        discard self
    }

    /// Answers that there are no figures.
    public consuming func fail(_ error: Errno) {
        request.fail(error)
        discard self
    }

    /// Whether a signal has reached the thread that asks for the figures; it still waits for the answer.
    public var isInterrupted: Bool { request.isInterrupted }
}

/// Answers with the value of an extended attribute, or with the list of their names.
public struct XattrReply: ~Copyable, Reply {
    private let request: Request
    private let capacity: Int

    init(_ request: Request, capacity: Int) {
        self.request = request
        self.capacity = capacity
    }

    deinit {
        request.fail(.EIO)
    }

    /// Answers with the value, or with the names, each ended by a zero byte; the copy is made before this returns.
    ///
    /// A caller that only asked for the length gets the length; one with too small a buffer gets `ERANGE`.
    public consuming func succeed(_ bytes: UnsafeRawBufferPointer) {
        request.answer { [capacity] request in
            if capacity == 0 {
                fuse_reply_xattr(request, bytes.count)
            } else if bytes.count > capacity {
                fuse_reply_err(request, ERANGE)
            } else {
                fuse_reply_buf(request, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count)
            }
        }
        discard self
    }

    /// Answers that there is no such attribute (`ENODATA`), or no list of them.
    public consuming func fail(_ error: Errno) {
        request.fail(error)
        discard self
    }

    /// Whether a signal has reached the thread that asks for the attribute; it still waits for the answer.
    public var isInterrupted: Bool { request.isInterrupted }
}

/// What `statfs` reports.
public struct FileSystemStatistics: Hashable, Sendable {
    /// In bytes.
    public var blockSize: UInt64
    /// In blocks.
    public var blocks: UInt64
    /// In blocks: free for root.
    public var freeBlocks: UInt64
    /// In blocks: free for others than root.
    public var availableBlocks: UInt64
    /// How many inodes there are.
    public var files: UInt64
    /// How many inodes are free, for root and for others.
    public var freeFiles: UInt64
    /// In bytes.
    public var maximumNameLength: UInt64

    /// A file system without blocks and inodes, but for what is said otherwise.
    public init(
        blockSize: UInt64 = 4096, blocks: UInt64 = 0, freeBlocks: UInt64 = 0, availableBlocks: UInt64 = 0,
        files: UInt64 = 0, freeFiles: UInt64 = 0, maximumNameLength: UInt64 = 255
    ) {
        self.blockSize = blockSize
        self.blocks = blocks
        self.freeBlocks = freeBlocks
        self.availableBlocks = availableBlocks
        self.files = files
        self.freeFiles = freeFiles
        self.maximumNameLength = maximumNameLength
    }

    var status: statvfs {
        var status = statvfs()
        status.f_bsize = UInt(blockSize)
        status.f_frsize = UInt(blockSize)
        status.f_blocks = UInt(blocks)
        status.f_bfree = UInt(freeBlocks)
        status.f_bavail = UInt(availableBlocks)
        status.f_files = UInt(files)
        status.f_ffree = UInt(freeFiles)
        status.f_favail = UInt(freeFiles)
        status.f_namemax = UInt(maximumNameLength)
        return status
    }
}
