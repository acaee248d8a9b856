public import SystemPackage

/// The system calls that a recording makes, on a tree that is reached in some way: `SystemCalls` or `TreeCalls`.
///
/// Every function may be called from any thread, with no lock held.
public protocol FileOperations: Sendable {
    /// What open(2) gives.
    associatedtype File

    /// open(2), with mode 0644 for what it would make. Give the file to `close`.
    ///
    /// - Throws: what open(2) answers.
    func open(_ path: SysfsPath, _ flags: OpenFlags) throws(Errno) -> File
    /// close(2), of which errors are not told. Once for each open.
    func close(_ file: File)
    /// pread(2); empty at the end.
    ///
    /// - Throws: what pread(2) answers.
    func read(_ file: File, at offset: Int, count: Int) throws(Errno) -> [UInt8]
    /// pwrite(2); how many bytes were taken.
    ///
    /// - Throws: what pwrite(2) answers.
    func write(_ file: File, _ bytes: [UInt8], at offset: Int) throws(Errno) -> Int
    /// opendir(3) and readdir(3), without the dots, in any order; the kind is lstat's.
    ///
    /// - Throws: what opendir(3) answers.
    func names(in path: SysfsPath) throws(Errno) -> [DirectoryName]
    /// lstat(2)
    ///
    /// - Throws: what lstat(2) answers.
    func status(of path: SysfsPath) throws(Errno) -> FileStatus
    /// readlink(2)
    ///
    /// - Throws: what readlink(2) answers.
    func target(of path: SysfsPath) throws(Errno) -> [UInt8]
    /// access(2)
    ///
    /// - Throws: what access(2) answers.
    func checkAccess(to path: SysfsPath, _ mode: AccessMode) throws(Errno)
    /// mkdir(2), with mode 0755
    ///
    /// - Throws: what mkdir(2) answers.
    func makeDirectory(_ path: SysfsPath) throws(Errno)
    /// rmdir(2)
    ///
    /// - Throws: what rmdir(2) answers.
    func removeDirectory(_ path: SysfsPath) throws(Errno)
    /// unlink(2)
    ///
    /// - Throws: what unlink(2) answers.
    func unlink(_ path: SysfsPath) throws(Errno)
    /// rename(2)
    ///
    /// - Throws: what rename(2) answers.
    func rename(_ path: SysfsPath, to new: SysfsPath) throws(Errno)
    /// symlink(2)
    ///
    /// - Throws: what symlink(2) answers.
    func makeLink(_ path: SysfsPath, to target: [UInt8]) throws(Errno)
    /// truncate(2)
    ///
    /// - Throws: what truncate(2) answers.
    func truncate(_ path: SysfsPath, to length: Int) throws(Errno)
    /// chmod(2)
    ///
    /// - Throws: what chmod(2) answers.
    func changeMode(of path: SysfsPath, to mode: UInt16) throws(Errno)
}

/// The type of a file, as `stat` requests name it.
public enum FileKind: String, Hashable, Sendable {
    /// The types of stat(2); sysfs has the first three.
    case file, directory = "dir", link, character = "char", block, fifo, socket = "sock"
}

/// What lstat(2) says of a file, as far as a recording asks.
public struct FileStatus: Hashable, Sendable {
    /// The type in `st_mode`. Of a link it is the link's.
    public let kind: FileKind
    /// The permission bits of `st_mode`, with setuid, setgid and sticky: 0 to 0o7777.
    public let mode: UInt16
    /// `st_nlink`
    public let linkCount: UInt64
    /// `st_size` in bytes.
    public let size: Int64
    /// The number of the owner.
    public let uid: UInt32
    /// The number of the group.
    public let gid: UInt32

    /// Nothing is checked.
    public init(kind: FileKind, mode: UInt16, linkCount: UInt64, size: Int64, uid: UInt32, gid: UInt32) {
        self.kind = kind
        self.mode = mode
        self.linkCount = linkCount
        self.size = size
        self.uid = uid
        self.gid = gid
    }
}

/// A name in a directory.
public struct DirectoryName: Hashable, Sendable {
    /// Without a slash; never `.` or `..`. It need not be UTF-8.
    public let name: [UInt8]
    /// nil when the name was gone at second sight.
    public let kind: FileKind?

    /// Nothing is checked.
    public init(name: [UInt8], kind: FileKind?) {
        self.name = name
        self.kind = kind
    }
}
