internal import CLinux
internal import Glibc
internal import SystemAdditions
public import SystemPackage
public import VFS

// Each makes the system call that its protocol names, and throws what that answers.
extension SystemCalls: OpenFileOperations {
    /// openat(2) with `O_CLOEXEC` added, and mode 0644. No mount is left or entered.
    ///
    /// - Throws: what openat2(2) answers, or ``outside``.
    public func open(_ path: SysfsPath, in directory: FileDescriptor, _ flags: OpenFlags) throws(Errno) -> FileDescriptor {
        let (flags, mode) = Self.forOpenat2(flags)
        let name = path.bytes.map { CChar(truncatingIfNeeded: $0) } + [0]
        let opened = linux_openat2(directory.rawValue, name, flags, mode, linux_resolve_no_xdev)
        guard opened >= 0 else { throw errno == Glibc.EXDEV ? Self.outside : Errno(rawValue: errno) }
        return FileDescriptor(rawValue: opened)
    }

    /// One read(2).
    public func read(_ file: FileDescriptor, count: Int) throws(Errno) -> [UInt8] {
        try Self.bytes(count) { Glibc.read(file.rawValue, $0, count) }
    }

    /// One write(2), or writev(2) for several pieces.
    public func write(_ file: FileDescriptor, pieces: [[UInt8]]) throws(Errno) -> Int {
        let joined = pieces.flatMap(\.self)
        let count = joined.withUnsafeBytes { bytes in
            if pieces.count == 1 { return Glibc.write(file.rawValue, bytes.baseAddress, bytes.count) }
            var start = 0
            let vectors = pieces.map { piece in
                defer { start += piece.count }
                return iovec(
                    iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress.map { $0 + start }), iov_len: piece.count)
            }
            return writev(file.rawValue, vectors, Int32(vectors.count))
        }
        return try Self.count(count)
    }

    /// lseek(2)
    public func seek(_ file: FileDescriptor, to offset: Int, from start: SeekStart) throws(Errno) -> Int {
        let whence =
            switch start {
            case .set: SEEK_SET
            case .current: SEEK_CUR
            case .end: SEEK_END
            case .data: linux_seek_data
            case .hole: linux_seek_hole
            }
        return try Self.count(lseek(file.rawValue, offset, whence))
    }

    /// fstat(2)
    public func status(of file: FileDescriptor) throws(Errno) -> FileStatus {
        var status = stat()
        try Self.check(fstat(file.rawValue, &status))
        return FileStatus(status)
    }

    /// poll(2) for `IN OUT PRI RDNORM WRNORM`, without waiting.
    public func poll(_ file: FileDescriptor) throws(Errno) -> [PollEvent] {
        let asked: [PollEvent] = [.input, .output, .priority, .normalInput, .normalOutput]
        var request = pollfd(fd: file.rawValue, events: asked.reduce(0) { $0 | $1.bit }, revents: 0)
        try Self.check(Glibc.poll(&request, 1, 0))
        return PollEvent.allCases.filter { request.revents & $0.bit != 0 }
    }

    /// One getdents64(2).
    public func nextNames(of directory: FileDescriptor, size: Int) throws(Errno) -> [DirectoryName] {
        let records = try Self.bytes(size) { linux_getdents64(directory.rawValue, $0, UInt(size)) }
        var names: [DirectoryName] = []
        var rest = records[...]
        while rest.count > 19 {
            let start = rest.startIndex
            let length = Int(rest[start + 16]) | Int(rest[start + 17]) << 8
            names.append(
                DirectoryName(name: Array(rest[(start + 19)...].prefix { $0 != 0 }), kind: FileKind(entry: rest[start + 18])))
            rest = rest.dropFirst(length)
        }
        return names
    }

    /// mmap(2) of a page with `PROT_READ` and `MAP_SHARED`.
    public func map(_ file: FileDescriptor) throws(Errno) {
        guard let page = mmap(nil, 4096, PROT_READ, MAP_SHARED, file.rawValue, 0), page != MAP_FAILED else {
            throw Errno(rawValue: errno)
        }
        munmap(page, 4096)
    }

    /// ftruncate(2)
    public func truncate(_ file: FileDescriptor, to length: Int) throws(Errno) {
        try Self.check(ftruncate(file.rawValue, length))
    }

    /// fsync(2)
    public func synchronize(_ file: FileDescriptor) throws(Errno) {
        try Self.check(fsync(file.rawValue))
    }

    /// ioctl(2)
    public func control(_ file: FileDescriptor) throws(Errno) {
        try Self.check(linux_tcgets(file.rawValue))
    }

    /// fallocate(2)
    public func allocate(_ file: FileDescriptor) throws(Errno) {
        try Self.check(fallocate(file.rawValue, 0, 0, 4096))
    }

    /// fchmod(2)
    public func changeMode(of file: FileDescriptor, to mode: UInt16) throws(Errno) {
        try Self.check(fchmod(file.rawValue, mode_t(mode)))
    }

    /// sendfile(2) into a pipe.
    public func send(_ file: FileDescriptor) throws(Errno) -> [UInt8] {
        let (readEnd, writeEnd) = try FileDescriptor.pipe(options: [.closeOnExec, .nonBlocking])
        defer {
            close(readEnd)
            close(writeEnd)
        }
        try Self.count(sendfile(writeEnd.rawValue, file.rawValue, nil, 1 << 16))
        do throws(Errno) {
            return try read(readEnd, count: 1 << 16)
        } catch .EAGAIN {
            return []
        }
    }

    // MARK: - Results

    @discardableResult
    private static func count(_ result: Int) throws(Errno) -> Int {
        guard result >= 0 else { throw Errno(rawValue: errno) }
        return result
    }

    private static func check(_ result: Int32) throws(Errno) {
        _ = try count(Int(result))
    }

    /// What a call writes into a buffer, which tells how much that was.
    private static func bytes(_ size: Int, _ call: (UnsafeMutablePointer<UInt8>?) -> Int) throws(Errno) -> [UInt8] {
        var (result, error) = (0, Int32(0))
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, filled in
            result = call(buffer.baseAddress)
            error = errno
            filled = max(0, result)
        }
        guard result >= 0 else { throw Errno(rawValue: error) }
        return bytes
    }
}

extension PollEvent {
    fileprivate var bit: Int16 {
        let bit: Int32 =
            switch self {
            case .input: POLLIN
            case .output: POLLOUT
            case .priority: POLLPRI
            case .error: POLLERR
            case .hangUp: POLLHUP
            case .invalid: POLLNVAL
            case .normalInput: 0x40
            case .normalOutput: 0x100
            }
        return Int16(bit)
    }
}

extension FileKind {
    /// Of `d_type`, whose numbers are the same everywhere; nil where the file system does not say.
    fileprivate init?(entry kind: UInt8) {
        let kinds: [UInt8: FileKind] = [
            1: .fifo, 2: .character, 4: .directory, 6: .block, 8: .file, 10: .link, 12: .socket,
        ]
        guard let kind = kinds[kind] else { return nil }
        self = kind
    }
}
