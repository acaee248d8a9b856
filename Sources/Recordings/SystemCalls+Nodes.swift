internal import CLinux
internal import Glibc
internal import SystemAdditions
public import SystemPackage
public import VFS

// Each makes the system call that its protocol names, and throws what that answers, or ``SystemCalls/outside``.
extension SystemCalls: NodeOperations {
    /// link(2)
    public func link(_ path: SysfsPath, to new: SysfsPath) throws(Errno) {
        // the kernel looks for it before it looks at the new name
        try withFile(at: path, O_NOFOLLOW) { _ in 0 }
        try withName(of: path) { directory, name throws(Errno) in
            try withName(of: new) { linkat(directory, name, $0, $1, 0) }
        }
    }

    /// mknod(2)
    public func makeNode(_ path: SysfsPath, _ kind: FileKind) throws(Errno) {
        try withName(of: path) { mknodat($0, $1, kind.mode | 0o644, 1 << 8 | 3) }
    }

    /// renameat2(2)
    public func rename(_ path: SysfsPath, to new: SysfsPath, _ way: RenameWay) throws(Errno) {
        let flag = way == .exchange ? linux_rename_exchange : linux_rename_noreplace
        try withName(of: path) { directory, name throws(Errno) in
            try withName(of: new) { linux_renameat2(directory, name, $0, $1, flag) }
        }
    }

    /// lchown(2)
    public func changeOwner(of path: SysfsPath, uid: UInt32?, gid: UInt32?) throws(Errno) {
        try withFile(at: path, O_NOFOLLOW) { fchownat($0, "", uid ?? .max, gid ?? .max, Self.emptyPath) }
    }

    /// utimensat(2)
    public func changeTimes(of path: SysfsPath) throws(Errno) {
        let times = [timespec](repeating: timespec(tv_sec: 1_000_000_000, tv_nsec: 0), count: 2)
        try withFile(at: path, O_NOFOLLOW) { utimensat(AT_FDCWD, "/proc/self/fd/\($0)", times, 0) }
    }

    /// execve(2), in a child that is waited for.
    public func execute(_ path: SysfsPath) throws(Errno) {
        try withFile(at: path) { file in
            var child = pid_t()
            var words: [UnsafeMutablePointer<CChar>?] = [strdup("x"), nil]
            defer { free(words[0]) }
            let error = posix_spawn(&child, "/proc/self/fd/\(file)", nil, nil, &words, environ)
            guard error == 0 else {
                errno = error
                return -1
            }
            var status = Int32(0)
            while waitpid(child, &status, 0) < 0, errno == EINTR {}
            return 0
        }
    }

    /// getxattr(2) of what the path names.
    public func extendedAttribute(_ name: [UInt8], of path: SysfsPath) throws(Errno) -> [UInt8] {
        let name = name.map { CChar(truncatingIfNeeded: $0) } + [0]
        return try bytes(of: path) { getxattr($0, name, $1, $2) }
    }

    /// listxattr(2) of what the path names.
    public func extendedAttributes(of path: SysfsPath) throws(Errno) -> [UInt8] {
        try bytes(of: path) { listxattr($0, $1, $2) }
    }

    /// setxattr(2) or removexattr(2) of what the path names.
    public func setExtendedAttribute(_ name: [UInt8], of path: SysfsPath, to value: [UInt8]?) throws(Errno) {
        let name = name.map { CChar(truncatingIfNeeded: $0) } + [0]
        try withFile(at: path, O_NOFOLLOW) { file in
            let node = "/proc/self/fd/\(file)"
            guard let value else { return removexattr(node, name) }
            return setxattr(node, name, value, value.count, 0)
        }
    }

    /// `AT_EMPTY_PATH`, the same everywhere.
    private static let emptyPath: Int32 = 0x1000

    /// Up to 4096 bytes that a call gives of what a path names.
    private func bytes(of path: SysfsPath, _ call: (String, UnsafeMutablePointer<CChar>?, Int) -> Int) throws(Errno) -> [UInt8] {
        var bytes = [CChar](repeating: 0, count: 4096)
        let count = try withFile(at: path, O_NOFOLLOW) { Int32(call("/proc/self/fd/\($0)", &bytes, bytes.count)) }
        return bytes.prefix(Int(count)).map { UInt8(bitPattern: $0) }
    }
}

extension FileKind {
    fileprivate var mode: mode_t {
        switch self {
        case .file: S_IFREG
        case .fifo: S_IFIFO
        case .socket: S_IFSOCK
        default: S_IFCHR
        }
    }
}
