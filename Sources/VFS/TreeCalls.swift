internal import Kernels
internal import LockOrder
public import Sysfs
internal import SystemAdditions
public import SystemPackage

/// The system calls of root on a tree in this process: what Linux's virtual file system does before and behind kernfs.
///
/// The order of the checks is Linux's; it decides which of several errors is answered. Must be called with no lock held.
///
/// A *path's errors*, which every call with a path throws: `ENOENT` where something on the way or at its end is missing;
/// `ENOTDIR` where a component on the way, or one with a slash behind it, is no directory; `ELOOP` for more than 40 links;
/// `ENAMETOOLONG` for more than 4096 bytes, `/sys/` and the NUL included.
///
/// Kernel: fs/namei.c, fs/open.c, fs/kernfs.
public struct TreeCalls: OpenFileOperations, NodeOperations {
    /// The tree that the calls are made on.
    public let tree: Tree
    /// What these calls have set; nobody else sees it.
    let extendedAttributes = ExtendedAttributes()

    /// Opens nothing: it may be made as often as you like.
    public init(tree: Tree) {
        self.tree = tree
    }

    // MARK: - Open files

    /// Does nothing: an open file goes with the last reference to it.
    public func close(_ file: File) {}

    /// pread(2), with no lock held around the attribute's show; no bytes at the end, or for a `count` of 0.
    ///
    /// - Throws: `EINVAL` for an offset below 0, `EISDIR` of a directory, `EBADF` of what was not opened for reading, else what
    ///   `OpenFile.read` throws.
    public func read(_ file: File, at offset: Int, count: Int) throws(Errno) -> [UInt8] {
        guard offset >= 0 else { throw .EINVAL }
        switch file.content {
        case .directory: throw .EISDIR
        case .attribute(let open) where file.flags.reads:
            guard count > 0 else { return [] }
            return try withNoLocksHeld { held throws(Errno) in
                Array(try open.read(at: offset, count: count, held))
            }
        case .attribute, .path: throw .EBADF
        }
    }

    /// pwrite(2), with no lock held around the attribute's store. Any offset from 0 on is the same.
    ///
    /// - Throws: `EINVAL` for an offset below 0, `EBADF` of what was not opened for writing, else what `OpenFile.write` throws.
    public func write(_ file: File, _ bytes: [UInt8], at offset: Int) throws(Errno) -> Int {
        guard offset >= 0 else { throw .EINVAL }
        guard case .attribute(let open) = file.content, file.flags.writes else { throw .EBADF }
        return try withNoLocksHeld { held throws(Errno) in try open.write(bytes, held) }
    }

    // MARK: - Looking

    /// The names in the order in which Linux lists them, each with its kind; none where the directory goes meanwhile. A link at
    /// the end of the path is followed. What a driver has called `.` or `..` is left out, too: its name leads elsewhere.
    ///
    /// - Throws: the path's errors; `ENOTDIR` where it is no directory.
    public func names(in path: SysfsPath) throws(Errno) -> [DirectoryName] {
        try tree.entries(of: try node(at: path).inode).filter { $0.name != "." && $0.name != ".." }.map {
            DirectoryName(name: $0.name.latin1, kind: FileKind($0.kind))
        }
    }

    /// lstat(2): a link is followed only where a slash is behind it.
    ///
    /// - Throws: the path's errors.
    public func status(of path: SysfsPath) throws(Errno) -> FileStatus {
        FileStatus(try node(at: path, following: false))
    }

    /// readlink(2): the text of the link, always relative.
    ///
    /// - Throws: the path's errors; `EINVAL` where it is no link.
    public func target(of path: SysfsPath) throws(Errno) -> [UInt8] {
        try tree.target(of: try node(at: path, following: false).inode).latin1
    }

    /// Root may do everything but execute an attribute. The mode of the file does not matter.
    ///
    /// - Throws: the path's errors; `EACCES` for an attribute that is to be executed.
    public func checkAccess(to path: SysfsPath, _ mode: AccessMode) throws(Errno) {
        let node = try node(at: path)
        guard node.kind == .directory || !mode.contains(.execute) else { throw .EACCES }
    }

    // MARK: - Changing what may be changed

    /// Cuts nothing off: the size stays.
    ///
    /// - Throws: the path's errors; `EINVAL` for a length below 0, `EISDIR` of a directory, `EFBIG` for more than the release
    ///   takes (`KernelRelease.largestFileSize`).
    public func truncate(_ path: SysfsPath, to length: Int) throws(Errno) {
        guard length >= 0 else { throw .EINVAL }
        guard try node(at: path).kind != .directory else { throw .EISDIR }
        guard length <= tree.release.largestFileSize else { throw .EFBIG }
    }

    /// Sets the twelve bits of the mode, for as long as the node is there; a link is followed.
    ///
    /// - Throws: the path's errors.
    public func changeMode(of path: SysfsPath, to mode: UInt16) throws(Errno) {
        _ = try tree.setStatus(try node(at: path).inode) { $0.mode = Permissions(rawValue: mode & 0o7777) }
    }

    // MARK: - Walking

    /// The node of a path.
    ///
    /// - Parameter following: where a link at the end leads, not the link.
    /// - Throws: the path's errors.
    func node(at path: SysfsPath, following: Bool = true) throws(Errno) -> NodeStatus {
        var walk = PathWalk(tree)
        return try walk.node(at: try walk.end(ofPath: path), following: following)
    }
}

extension PathWalk {
    /// The longest path that Linux takes, NUL included, and what precedes ours.
    static let longestPath = 4096
    static let mountPoint = "/sys/"

    /// - Throws: as `end(of:from:)`; `ENAMETOOLONG` where Linux would not take the path with the mount point in front of it.
    mutating func end(ofPath path: SysfsPath) throws(Errno) -> End {
        guard path.bytes.count + PathWalk.mountPoint.utf8.count < PathWalk.longestPath else { throw .ENAMETOOLONG }
        return try end(of: path.bytes, from: .root)
    }
}

extension FileStatus {
    init(_ status: NodeStatus) {
        self.init(
            kind: FileKind(status.kind), mode: status.mode.rawValue, linkCount: UInt64(status.linkCount),
            size: Int64(status.size), uid: status.uid, gid: status.gid)
    }
}

extension FileKind {
    init(_ kind: NodeKind) {
        switch kind {
        case .directory: self = .directory
        case .attribute: self = .file
        case .link: self = .link
        }
    }
}
