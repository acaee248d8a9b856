internal import Sysfs
internal import SystemAdditions
public import SystemPackage

/// Links, kinds, owners, times and programs.
extension TreeCalls {
    /// link(2), always refused.
    ///
    /// - Throws: the paths' errors, but the new name may be missing; `EEXIST` where it is taken; else `EPERM`.
    ///
    /// Kernel: fs/namei.c, do_linkat.
    public func link(_ path: SysfsPath, to new: SysfsPath) throws(Errno) {
        _ = try node(at: path, following: false)
        try checkNew(new, isDirectory: false)
        throw .EPERM
    }

    /// mknod(2), always refused.
    ///
    /// - Throws: the path's errors, but the name itself may be missing; `EEXIST` where it is taken; `EACCES` for a file, else `EPERM`.
    ///
    /// Kernel: fs/namei.c, do_mknodat.
    public func makeNode(_ path: SysfsPath, _ kind: FileKind) throws(Errno) {
        try checkNew(path, isDirectory: false)
        throw kind == .file ? .EACCES : .EPERM
    }

    /// renameat2(2): sysfs knows no flag. What is exchanged with itself is left as it is; that is no error.
    ///
    /// - Throws: the paths' errors; `EBUSY` for a dot or the root, `EEXIST` where nothing may be replaced and the name is taken, `ENOENT`
    ///   where there is nothing to exchange; `ENOTDIR` for a slash behind what is no directory; else `EINVAL`.
    ///
    /// Kernel: fs/namei.c, do_renameat2; fs/kernfs/dir.c, kernfs_iop_rename.
    public func rename(_ path: SysfsPath, to new: SysfsPath, _ way: RenameWay) throws(Errno) {
        var walk = PathWalk(tree)
        let from = try walk.end(ofPath: path)
        walk = PathWalk(tree)
        let to = try walk.end(ofPath: new)
        guard case .name = from.last else { throw .EBUSY }
        guard case .name = to.last else { throw way == .noreplace ? .EEXIST : .EBUSY }
        let source = try walk.entry(from)
        switch way {
        case .noreplace:
            guard try !walk.exists(to) else { throw .EEXIST }
            guard source.kind == .directory || !(from.hasTrailingSlash || to.hasTrailingSlash) else { throw .ENOTDIR }
        case .exchange:
            let target = try walk.entry(to)
            guard target.kind == .directory || !to.hasTrailingSlash else { throw .ENOTDIR }
            guard source.kind == .directory || !from.hasTrailingSlash else { throw .ENOTDIR }
            guard target.inode != source.inode else { return }
        }
        // a directory above or below the other one is EINVAL, too
        throw .EINVAL
    }

    /// lchown(2), for as long as the node is there.
    ///
    /// - Throws: the path's errors.
    public func changeOwner(of path: SysfsPath, uid: UInt32?, gid: UInt32?) throws(Errno) {
        _ = try tree.setStatus(try node(at: path, following: false).inode) { status in
            status.uid = uid ?? status.uid
            status.gid = gid ?? status.gid
        }
    }

    /// utimensat(2): the times are set, which no recording shows.
    ///
    /// - Throws: the path's errors.
    public func changeTimes(of path: SysfsPath) throws(Errno) {
        let moment = Timestamp(seconds: 1_000_000_000, nanoseconds: 0)
        _ = try tree.setStatus(try node(at: path, following: false).inode) { status in
            status.accessed = moment
            status.modified = moment
        }
    }

    /// execve(2), always refused: a sysfs is mounted without programs.
    ///
    /// - Throws: the path's errors, else `EACCES`.
    public func execute(_ path: SysfsPath) throws(Errno) {
        _ = try node(at: path)
        throw .EACCES
    }
}
