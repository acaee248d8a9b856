internal import Sysfs
internal import SystemAdditions
public import SystemPackage

/// Making, removing and renaming, all of which sysfs refuses in the end.
extension TreeCalls {
    /// mkdir(2), always refused.
    ///
    /// - Throws: the path's errors, but the name itself may be missing; `EEXIST` where it is taken, or is no name but a dot or
    ///   the root; else `EPERM`.
    ///
    /// Kernel: fs/namei.c, filename_create.
    public func makeDirectory(_ path: SysfsPath) throws(Errno) {
        try checkNew(path, isDirectory: true)
        throw .EPERM
    }

    /// symlink(2), always refused.
    ///
    /// - Throws: `ENOENT` for an empty target, and for a new name with a slash behind it; else as `makeDirectory`.
    ///
    /// Kernel: fs/namei.c, do_symlinkat.
    public func makeLink(_ path: SysfsPath, to target: [UInt8]) throws(Errno) {
        guard let first = target.first, first != 0 else { throw .ENOENT }
        try checkNew(path, isDirectory: false)
        throw .EPERM
    }

    func checkNew(_ path: SysfsPath, isDirectory: Bool) throws(Errno) {
        var walk = PathWalk(tree)
        let end = try walk.end(ofPath: path)
        guard case .name = end.last, try !walk.exists(end) else { throw .EEXIST }
        guard isDirectory || !end.hasTrailingSlash else { throw .ENOENT }
    }

    /// rmdir(2), always refused.
    ///
    /// - Throws: the path's errors; `EINVAL` for `.`, `ENOTEMPTY` for `..`, `EBUSY` for the root; `ENOTDIR` for what is no
    ///   directory; else `EPERM`.
    ///
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

    /// unlink(2), always refused.
    ///
    /// - Throws: the path's errors; `EISDIR` for a directory, `ENOTDIR` for anything else with a slash behind it; else `EPERM`.
    ///
    /// Kernel: fs/namei.c, do_unlinkat.
    public func unlink(_ path: SysfsPath) throws(Errno) {
        var walk = PathWalk(tree)
        let end = try walk.end(ofPath: path)
        guard case .name = end.last, try walk.entry(end).kind != .directory else { throw .EISDIR }
        throw end.hasTrailingSlash ? .ENOTDIR : .EPERM
    }

    /// A name that is renamed to itself is left as it is; that is no error. Anything else is refused.
    ///
    /// - Throws: the paths' errors, but a new name may be missing, and
    ///   - `EBUSY` for a dot or the root on either side;
    ///   - `EINVAL` for a directory that is to come into itself;
    ///   - `ENOTEMPTY` for what is to take the place of a directory above it;
    ///   - `ENOTDIR` for a directory in the place of what is none, and for anything else with a slash behind either path;
    ///   - `EISDIR` for anything else in the place of a directory;
    ///   - else `EPERM`.
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
    func isAbove(_ node: Inode, _ directory: Inode) -> Bool {
        var at = directory
        while at != node {
            guard at != .root else { return false }
            at = tree.parent(of: at)
        }
        return true
    }
}

extension PathWalk {
    /// The node that the name at the end stands for; a link is not followed, even with a slash behind it.
    ///
    /// - Throws: `ENOENT` where there is none, `EINVAL` where the end is no name but a dot or the root.
    func entry(_ end: End) throws(Errno) -> NodeStatus {
        guard case .name(let name) = end.last else { throw .EINVAL }
        return try tree.lookUp(name, in: end.directory)
    }

    /// Whether the directory has the name at the end.
    ///
    /// - Throws: `EINVAL` where the end is no name but a dot or the root.
    func exists(_ end: End) throws(Errno) -> Bool {
        do throws(Errno) {
            _ = try entry(end)
            return true
        } catch .ENOENT {
            return false
        }
    }
}
