public import SystemPackage

/// The system calls that a recording makes, on a tree that is reached in some way: `SystemCalls` or `TreeCalls`.
///
/// Every function may be called from any thread, and throws what the system call answers.
public protocol FileOperations: Sendable {
    /// What open(2) gives.
    associatedtype File

    func open(_ path: SysfsPath, _ flags: OpenFlags) throws(Errno) -> File
    func close(_ file: File)
    /// pread(2); empty at the end.
    func read(_ file: File, at offset: Int, count: Int) throws(Errno) -> [UInt8]
    /// pwrite(2); how many bytes were taken.
    func write(_ file: File, _ bytes: [UInt8], at offset: Int) throws(Errno) -> Int
    /// opendir(3) and readdir(3), without the dots, in any order; the kind is lstat's.
    func names(in path: SysfsPath) throws(Errno) -> [DirectoryName]
    /// lstat(2)
    func status(of path: SysfsPath) throws(Errno) -> FileStatus
    /// readlink(2)
    func target(of path: SysfsPath) throws(Errno) -> [UInt8]
    /// access(2)
    func checkAccess(to path: SysfsPath, _ mode: AccessMode) throws(Errno)
    /// mkdir(2)
    func makeDirectory(_ path: SysfsPath) throws(Errno)
    /// rmdir(2)
    func removeDirectory(_ path: SysfsPath) throws(Errno)
    /// unlink(2)
    func unlink(_ path: SysfsPath) throws(Errno)
    /// rename(2)
    func rename(_ path: SysfsPath, to new: SysfsPath) throws(Errno)
    /// symlink(2)
    func makeLink(_ path: SysfsPath, to target: [UInt8]) throws(Errno)
    /// truncate(2)
    func truncate(_ path: SysfsPath, to length: Int) throws(Errno)
    /// chmod(2)
    func changeMode(of path: SysfsPath, to mode: UInt16) throws(Errno)
}

/// The type of a file, as `stat` requests name it.
public enum FileKind: String, Hashable, Sendable {
    case file, directory = "dir", link, character = "char", block, fifo, socket = "sock"
}

/// What lstat(2) says of a file, as far as a recording asks.
public struct FileStatus: Hashable, Sendable {
    public let kind: FileKind
    /// The permission bits.
    public let mode: UInt16
    public let linkCount: UInt64
    public let size: Int64
    public let uid: UInt32
    public let gid: UInt32

    public init(kind: FileKind, mode: UInt16, linkCount: UInt64, size: Int64, uid: UInt32, gid: UInt32) {
        self.kind = kind
        self.mode = mode
        self.linkCount = linkCount
        self.size = size
        self.uid = uid
        self.gid = gid
    }
}

/// A name in a directory; the kind is nil when it was gone at second sight.
public struct DirectoryName: Hashable, Sendable {
    public let name: [UInt8]
    public let kind: FileKind?

    public init(name: [UInt8], kind: FileKind?) {
        self.name = name
        self.kind = kind
    }
}
