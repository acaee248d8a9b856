internal import CLinux
internal import Glibc
internal import SystemAdditions
public import SystemPackage
public import VFS

/// The system calls themselves, on a tree that is mounted. No path leads out of it: one that would is not followed, and nothing is
/// done (``outside``).
public struct SystemCalls: FileOperations {
    /// The mount point, or another directory; a slash and the path go behind it. One that is not UTF-8 is a text of which the bytes
    /// can be had (`String.init(lossless:)`).
    public let root: String

    /// Whether there is such a directory is not looked at.
    public init(root: String) {
        self.root = root
    }

    /// open(2) with `O_CLOEXEC` added, and mode 0644.
    ///
    /// - Throws: what open(2) answers, or ``outside``.
    public func open(_ path: SysfsPath, _ flags: OpenFlags) throws(Errno) -> FileDescriptor {
        let (flags, mode) = Self.forOpenat2(flags)
        return FileDescriptor(rawValue: try openBeneath(path, flags, mode: mode))
    }

    /// Flags and mode without what open(2) takes no notice of, and openat2(2) refuses.
    static func forOpenat2(_ flags: OpenFlags) -> (flags: Int32, mode: UInt32) {
        var flags = flags.rawValue | O_CLOEXEC
        if flags & linux_o_path != 0 { flags &= linux_o_path | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC }
        let creates = flags & O_CREAT != 0 || flags & linux_o_tmpfile == linux_o_tmpfile
        return (flags, creates ? 0o644 : 0)
    }

    /// close(2)
    public func close(_ file: FileDescriptor) {
        _ = Glibc.close(file.rawValue)
    }

    /// One pread(2) of up to `count` bytes.
    ///
    /// - Throws: what pread(2) answers.
    public func read(_ file: FileDescriptor, at offset: Int, count: Int) throws(Errno) -> [UInt8] {
        var (result, error) = (0, Int32(0))
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            result = pread(file.rawValue, buffer.baseAddress, count, offset)
            error = errno
            filled = max(0, result)
        }
        guard result >= 0 else { throw Errno(rawValue: error) }
        return bytes
    }

    /// One pwrite(2).
    ///
    /// - Throws: what pwrite(2) answers.
    public func write(_ file: FileDescriptor, _ bytes: [UInt8], at offset: Int) throws(Errno) -> Int {
        let count = pwrite(file.rawValue, bytes, bytes.count, offset)
        guard count >= 0 else { throw Errno(rawValue: errno) }
        return count
    }

    /// opendir(3), then readdir(3) to the end, with an lstat(2) for each name.
    ///
    /// - Throws: what opendir(3) answers, or ``outside``.
    public func names(in path: SysfsPath) throws(Errno) -> [DirectoryName] {
        let descriptor = try openBeneath(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard let directory = fdopendir(descriptor) else {
            defer { _ = Glibc.close(descriptor) }
            throw Errno(rawValue: errno)
        }
        defer { closedir(directory) }
        var names: [DirectoryName] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            guard name != Array(".".utf8), name != Array("..".utf8) else { continue }
            names.append(DirectoryName(name: name, kind: try? status(of: path.appending(name)).kind))
        }
        return names
    }

    /// lstat(2)
    ///
    /// - Throws: what lstat(2) answers, or ``outside``.
    public func status(of path: SysfsPath) throws(Errno) -> FileStatus {
        var status = stat()
        try withFile(at: path, O_NOFOLLOW) { fstat($0, &status) }
        return FileStatus(status)
    }

    /// readlink(2) of up to 4096 bytes.
    ///
    /// - Throws: what readlink(2) answers, or ``outside``.
    public func target(of path: SysfsPath) throws(Errno) -> [UInt8] {
        var target = [CChar](repeating: 0, count: 4096)
        let count = try withFile(at: path, O_NOFOLLOW) { file in
            let count = readlinkat(file, "", &target, target.count)
            // of what has no name it is said in another way that it is no link
            if count < 0, errno == ENOENT { errno = EINVAL }
            return Int32(count)
        }
        return target.prefix(Int(count)).map { UInt8(truncatingIfNeeded: $0) }
    }

    /// access(2), which asks for the real user.
    ///
    /// - Throws: what access(2) answers, or ``outside``.
    public func checkAccess(to path: SysfsPath, _ mode: AccessMode) throws(Errno) {
        try withFile(at: path) { access("/proc/self/fd/\($0)", mode.rawValue) }
    }

    /// mkdir(2) with mode 0755.
    ///
    /// - Throws: what mkdir(2) answers, or ``outside``.
    public func makeDirectory(_ path: SysfsPath) throws(Errno) {
        try withName(of: path) { mkdirat($0, $1, 0o755) }
    }

    /// rmdir(2)
    ///
    /// - Throws: what rmdir(2) answers, or ``outside``.
    public func removeDirectory(_ path: SysfsPath) throws(Errno) {
        try withName(of: path) { unlinkat($0, $1, AT_REMOVEDIR) }
    }

    /// unlink(2)
    ///
    /// - Throws: what unlink(2) answers, or ``outside``.
    public func unlink(_ path: SysfsPath) throws(Errno) {
        try withName(of: path) { unlinkat($0, $1, 0) }
    }

    /// rename(2)
    ///
    /// - Throws: what rename(2) answers, or ``outside`` where either path leads out.
    public func rename(_ path: SysfsPath, to new: SysfsPath) throws(Errno) {
        try withName(of: path) { directory, name throws(Errno) in
            try withName(of: new) { renameat(directory, name, $0, $1) }
        }
    }

    /// symlink(2)
    ///
    /// - Throws: what symlink(2) answers, or ``outside``. A link may be made that leads out; nothing here follows it.
    public func makeLink(_ path: SysfsPath, to target: [UInt8]) throws(Errno) {
        guard !target.isEmpty else { throw .ENOENT }
        let target = target.map { CChar(truncatingIfNeeded: $0) } + [0]
        guard target.count <= PATH_MAX else { throw .ENAMETOOLONG }
        try withName(of: path) { symlinkat(target, $0, $1) }
    }

    /// truncate(2)
    ///
    /// - Throws: what truncate(2) answers, or ``outside``.
    public func truncate(_ path: SysfsPath, to length: Int) throws(Errno) {
        guard length >= 0 else { throw .EINVAL }
        try withFile(at: path) { Glibc.truncate("/proc/self/fd/\($0)", length) }
    }

    /// chmod(2)
    ///
    /// - Throws: what chmod(2) answers, or ``outside``.
    public func changeMode(of path: SysfsPath, to mode: UInt16) throws(Errno) {
        try withFile(at: path) { chmod("/proc/self/fd/\($0)", mode_t(mode)) }
    }
}

extension FileStatus {
    init(_ status: stat) {
        self.init(
            kind: FileKind(mode: status.st_mode), mode: UInt16(status.st_mode & 0o7777), linkCount: UInt64(status.st_nlink),
            size: Int64(status.st_size), uid: status.st_uid, gid: status.st_gid)
    }
}

extension FileKind {
    fileprivate init(mode: mode_t) {
        self =
            switch mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .directory
            case S_IFLNK: .link
            case S_IFCHR: .character
            case S_IFBLK: .block
            case S_IFIFO: .fifo
            default: .socket
            }
    }
}
