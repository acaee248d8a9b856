internal import Glibc
public import SystemPackage
public import VFS

/// The system calls themselves, on a tree that is mounted.
public struct SystemCalls: FileOperations {
    /// The mount point, or another directory; a slash and the path go behind it.
    public let root: String

    /// Whether there is such a directory is not looked at.
    public init(root: String) {
        self.root = root
    }

    /// open(2) with `O_CLOEXEC` added, and mode 0644.
    ///
    /// - Throws: what open(2) answers.
    public func open(_ path: SysfsPath, _ flags: OpenFlags) throws(Errno) -> FileDescriptor {
        FileDescriptor(rawValue: try call(path) { Glibc.open($0, flags.rawValue | O_CLOEXEC, 0o644) })
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
    /// - Throws: what opendir(3) answers.
    public func names(in path: SysfsPath) throws(Errno) -> [DirectoryName] {
        let descriptor = try call(path) { Glibc.open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
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
    /// - Throws: what lstat(2) answers.
    public func status(of path: SysfsPath) throws(Errno) -> FileStatus {
        var status = stat()
        try call(path) { lstat($0, &status) }
        return FileStatus(
            kind: kind(status.st_mode), mode: UInt16(status.st_mode & 0o7777), linkCount: UInt64(status.st_nlink),
            size: Int64(status.st_size), uid: status.st_uid, gid: status.st_gid)
    }

    /// readlink(2) of up to 4096 bytes.
    ///
    /// - Throws: what readlink(2) answers.
    public func target(of path: SysfsPath) throws(Errno) -> [UInt8] {
        var target = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = try call(path) { path in
            Int32(readlink(path, &target, target.count))
        }
        return target.prefix(Int(count)).map { UInt8(truncatingIfNeeded: $0) }
    }

    /// access(2), which asks for the real user.
    ///
    /// - Throws: what access(2) answers.
    public func checkAccess(to path: SysfsPath, _ mode: AccessMode) throws(Errno) {
        try call(path) { access($0, mode.rawValue) }
    }

    /// mkdir(2) with mode 0755.
    ///
    /// - Throws: what mkdir(2) answers.
    public func makeDirectory(_ path: SysfsPath) throws(Errno) {
        try call(path) { mkdir($0, 0o755) }
    }

    /// rmdir(2)
    ///
    /// - Throws: what rmdir(2) answers.
    public func removeDirectory(_ path: SysfsPath) throws(Errno) {
        try call(path) { rmdir($0) }
    }

    /// unlink(2)
    ///
    /// - Throws: what unlink(2) answers.
    public func unlink(_ path: SysfsPath) throws(Errno) {
        try call(path) { Glibc.unlink($0) }
    }

    /// rename(2)
    ///
    /// - Throws: what rename(2) answers.
    public func rename(_ path: SysfsPath, to new: SysfsPath) throws(Errno) {
        let new = full(new)
        try call(path) { Glibc.rename($0, new) }
    }

    /// symlink(2)
    ///
    /// - Throws: what symlink(2) answers.
    public func makeLink(_ path: SysfsPath, to target: [UInt8]) throws(Errno) {
        let target = target.map { CChar(truncatingIfNeeded: $0) } + [0]
        try call(path) { symlink(target, $0) }
    }

    /// truncate(2)
    ///
    /// - Throws: what truncate(2) answers.
    public func truncate(_ path: SysfsPath, to length: Int) throws(Errno) {
        try call(path) { Glibc.truncate($0, length) }
    }

    /// chmod(2)
    ///
    /// - Throws: what chmod(2) answers.
    public func changeMode(of path: SysfsPath, to mode: UInt16) throws(Errno) {
        try call(path) { chmod($0, mode_t(mode)) }
    }

    // MARK: - Calling

    /// The path as C wants it.
    private func full(_ path: SysfsPath) -> [CChar] {
        root.utf8.map { CChar(truncatingIfNeeded: $0) } + [CChar(truncatingIfNeeded: UInt8(ascii: "/"))]
            + path.bytes.map { CChar(truncatingIfNeeded: $0) } + [0]
    }

    @discardableResult
    private func call(_ path: SysfsPath, _ body: (UnsafePointer<CChar>) -> Int32) throws(Errno) -> Int32 {
        let (result, error) = full(path).withUnsafeBufferPointer { path in
            // errno is read before anything is released
            guard let path = path.baseAddress else { return (Int32(-1), EFAULT) }
            let result = body(path)
            return (result, errno)
        }
        guard result >= 0 else { throw Errno(rawValue: error) }
        return result
    }

    private func kind(_ mode: mode_t) -> FileKind {
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
