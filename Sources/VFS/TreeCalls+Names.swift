internal import Sysfs
internal import SystemAdditions
public import SystemPackage

/// Making, removing and renaming, all of which sysfs refuses in the end.
extension TreeCalls {
    /// Kernel: fs/namei.c, filename_create.
    public func makeDirectory(_ path: SysfsPath) throws(Errno) {
        try checkNew(path, isDirectory: true)
        throw .EPERM
    }

    public func makeLink(_ path: SysfsPath, to target: [UInt8]) throws(Errno) {
        guard let first = target.first, first != 0 else { throw .ENOENT }
        try checkNew(path, isDirectory: false)
        throw .EPERM
    }

    private func checkNew(_ path: SysfsPath, isDirectory: Bool) throws(Errno) {
        var walk = PathWalk(tree)
        let end = try walk.end(ofPath: path)
        guard case .name = end.last, try !walk.exists(end) else { throw .EEXIST }
        guard isDirectory || !end.hasTrailingSlash else { throw .ENOENT }
    }

    /// Kernel: fs/namei.c, do_rmdir.
    public func removeDirectory(_ path: SysfsPath) throws(Errno) {
        var walk = PathWalk(tree)
        let end = try walk.end(ofPath: path)
        switch end.last {
        case .dot: throw .EINVAL
        case .dotDot: throw .ENOTEMPTY
        case .root: throw .EBUSY
        case .name:
            guard try walk.entry(end).kind == .directory else { throw .ENOTDIR }
            throw .EPERM
        }
    }

    /// Kernel: fs/namei.c, do_unlinkat.
    public func unlink(_ path: SysfsPath) throws(Errno) {
        var walk = PathWalk(tree)
        let end = try walk.end(ofPath: path)
        guard case .name = end.last, try walk.entry(end).kind != .directory else { throw .EISDIR }
        throw end.hasTrailingSlash ? .ENOTDIR : .EPERM
    }

    /// A name that is renamed to itself is left as it is; that is no error.
    ///
    /// Kernel: fs/namei.c, do_renameat2 and vfs_rename.
    public func rename(_ path: SysfsPath, to new: SysfsPath) throws(Errno) {
        var walk = PathWalk(tree)
        let from = try walk.end(ofPath: path)
        walk = PathWalk(tree)
        let to = try walk.end(ofPath: new)
        guard case .name = from.last, case .name = to.last else { throw .EBUSY }
        let source = try walk.entry(from)
        let target = try walk.exists(to) ? walk.entry(to) : nil
        guard source.kind == .directory || !(from.hasTrailingSlash || to.hasTrailingSlash) else { throw .ENOTDIR }
        if from.directory != to.directory {
            guard !isAbove(source.inode, to.directory) else { throw .EINVAL }
            if let target, isAbove(target.inode, from.directory) { throw .ENOTEMPTY }
        }
        if let target {
            guard target.inode != source.inode else { return }
            switch (source.kind == .directory, target.kind == .directory) {
            case (true, false): throw .ENOTDIR
            case (false, true): throw .EISDIR
            default: break
            }
        }
        throw .EPERM
    }

    /// Whether a node is a directory or above it.
    private func isAbove(_ node: Inode, _ directory: Inode) -> Bool {
        var at = directory
        while at != node {
            guard at != .root else { return false }
            at = tree.parent(of: at)
        }
        return true
    }
}

extension PathWalk {
    /// What the name at the end stands for; a link is not followed, whatever a slash says.
    func entry(_ end: End) throws(Errno) -> NodeStatus {
        guard case .name(let name) = end.last else { throw .EINVAL }
        return try tree.lookUp(name, in: end.directory)
    }

    /// Whether the directory has the name at the end.
    func exists(_ end: End) throws(Errno) -> Bool {
        do throws(Errno) {
            _ = try entry(end)
            return true
        } catch .ENOENT {
            return false
        }
    }
}
