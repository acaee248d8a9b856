internal import Kernels
internal import LockOrder
public import Sysfs
internal import SystemAdditions
public import SystemPackage

/// The system calls of root on a tree in this process: what Linux's virtual file system does before and behind kernfs.
///
/// The order of the checks is Linux's; it decides which of several errors is answered. Must be called with no lock held.
///
/// Kernel: fs/namei.c, fs/open.c, fs/kernfs.
public struct TreeCalls: FileOperations {
    public let tree: Tree

    public init(tree: Tree) {
        self.tree = tree
    }

    /// What an open gives.
    public enum File: Sendable {
        case attribute(OpenFile, OpenFlags)
        case directory
        /// Opened with O_PATH: neither read nor written.
        case path
    }

    // MARK: - Open files

    public func close(_ file: File) {}

    public func read(_ file: File, at offset: Int, count: Int) throws(Errno) -> [UInt8] {
        guard offset >= 0 else { throw .EINVAL }
        switch file {
        case .directory: throw .EISDIR
        case .attribute(let open, let flags) where flags.reads:
            guard count > 0 else { return [] }
            return try withNoLocksHeld { held throws(Errno) in
                Array(try open.read(at: offset, count: count, held))
            }
        case .attribute, .path: throw .EBADF
        }
    }

    public func write(_ file: File, _ bytes: [UInt8], at offset: Int) throws(Errno) -> Int {
        guard offset >= 0 else { throw .EINVAL }
        guard case .attribute(let open, let flags) = file, flags.writes else { throw .EBADF }
        return try withNoLocksHeld { held throws(Errno) in try open.write(bytes, held) }
    }

    // MARK: - Looking

    public func names(in path: SysfsPath) throws(Errno) -> [DirectoryName] {
        try tree.entries(of: try node(at: path).inode).map { DirectoryName(name: Array($0.name.utf8), kind: FileKind($0.kind)) }
    }

    public func status(of path: SysfsPath) throws(Errno) -> FileStatus {
        let status = try node(at: path, following: false)
        return FileStatus(
            kind: FileKind(status.kind), mode: status.mode.rawValue, linkCount: UInt64(status.linkCount),
            size: Int64(status.size), uid: status.uid, gid: status.gid)
    }

    public func target(of path: SysfsPath) throws(Errno) -> [UInt8] {
        try Array(tree.target(of: try node(at: path, following: false).inode).utf8)
    }

    /// Root may do everything but execute an attribute.
    public func checkAccess(to path: SysfsPath, _ mode: AccessMode) throws(Errno) {
        let node = try node(at: path)
        guard node.kind == .directory || !mode.contains(.execute) else { throw .EACCES }
    }

    // MARK: - Changing what may be changed

    public func truncate(_ path: SysfsPath, to length: Int) throws(Errno) {
        guard length >= 0 else { throw .EINVAL }
        guard try node(at: path).kind != .directory else { throw .EISDIR }
        guard length <= tree.release.largestFileSize else { throw .EFBIG }
    }

    public func changeMode(of path: SysfsPath, to mode: UInt16) throws(Errno) {
        _ = try tree.setStatus(try node(at: path).inode) { $0.mode = Permissions(rawValue: mode & 0o7777) }
    }

    // MARK: - Walking

    /// The node of a path.
    func node(at path: SysfsPath, following: Bool = true) throws(Errno) -> NodeStatus {
        var walk = PathWalk(tree)
        return try walk.node(at: try walk.end(ofPath: path), following: following)
    }
}

extension PathWalk {
    /// The longest path that Linux takes, NUL included, and what precedes ours.
    private static let longestPath = 4096
    private static let mountPoint = "/sys/"

    /// - Throws: as `end(of:from:)`; `ENAMETOOLONG` where Linux would not take the path with the mount point in front of it.
    mutating func end(ofPath path: SysfsPath) throws(Errno) -> End {
        guard path.bytes.count + PathWalk.mountPoint.utf8.count < PathWalk.longestPath else { throw .ENAMETOOLONG }
        return try end(of: path.bytes, from: .root)
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
