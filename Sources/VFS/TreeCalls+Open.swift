internal import Sysfs
internal import SystemAdditions
public import SystemPackage

extension TreeCalls {
    /// Opens a file or a directory as root; nothing is ever made or cut off.
    ///
    /// - Throws: the path's errors, and
    ///   - `EACCES` with `O_CREAT` for a new name, and where no bit of the mode allows what is wanted;
    ///   - `EEXIST` with `O_CREAT|O_EXCL` for a name that is there;
    ///   - `EISDIR` for a directory with `O_CREAT`, with `O_TRUNC` or for writing, and with `O_CREAT` for a slash at the end;
    ///   - `ENOTDIR` with `O_DIRECTORY` for what is none;
    ///   - `ELOOP` for a link that is not followed, unless with `O_PATH`;
    ///   - `EINVAL` with `O_DIRECT`, with `O_TMPFILE` not for writing or with `O_CREAT`, and with `O_CREAT|O_DIRECTORY`;
    ///   - `EOPNOTSUPP` with `O_TMPFILE` otherwise;
    ///   - `ENODEV` for a file that goes meanwhile.
    ///
    /// Measured: docs/kernel/kernfs.md, "Open".
    ///
    /// Kernel: fs/namei.c, do_open and may_open; then fs/kernfs/file.c, kernfs_fop_open.
    public func open(_ path: SysfsPath, _ flags: OpenFlags) throws(Errno) -> File {
        guard path.bytes.count + PathWalk.mountPoint.utf8.count < PathWalk.longestPath else { throw .ENAMETOOLONG }
        return try open(path.bytes, from: .root, flags)
    }

    /// openat(2): as `open`, from a directory that is open.
    ///
    /// - Throws: as `open`; `EBADF` where the other file is no directory's, `ENOENT` for an empty path.
    public func open(_ path: SysfsPath, in directory: File, _ flags: OpenFlags) throws(Errno) -> File {
        guard directory.kind == .directory else { throw .ENOTDIR }
        guard !path.bytes.isEmpty else { throw .ENOENT }
        let start = path.bytes.first == UInt8(ascii: "/") ? .root : directory.inode
        return try open(path.bytes, from: start, flags)
    }

    private func open(_ path: [UInt8], from start: Inode, _ flags: OpenFlags) throws(Errno) -> File {
        if flags.contains(.path) {
            let node = try checked(try existing(path, start, flags), flags)
            return File(tree, node, .path, flags)
        }
        if flags.contains(.temporaryFile) { try refuseTemporaryFile(in: path, start, flags) }
        let node = try checked(try flags.contains(.create) ? created(path, start, flags) : existing(path, start, flags), flags)
        switch node.kind {
        case .link: throw .ELOOP
        case .directory:
            guard !flags.needsWritePermission else { throw .EISDIR }
            guard !flags.contains(.direct) else { throw .EINVAL }
            return File(tree, node, .directory, flags)
        case .attribute:
            let file = try tree.open(node.inode, reading: flags.reads, writing: flags.writes)
            guard !flags.contains(.direct) else { throw .EINVAL }
            return File(tree, node, .attribute(file), flags)
        }
    }

    private func existing(_ path: [UInt8], _ start: Inode, _ flags: OpenFlags) throws(Errno) -> NodeStatus {
        var walk = PathWalk(tree)
        return try walk.node(at: try walk.end(of: path, from: start), following: !flags.contains(.noFollow))
    }

    /// The node that O_CREAT finds; a new name is refused.
    private func created(_ path: [UInt8], _ start: Inode, _ flags: OpenFlags) throws(Errno) -> NodeStatus {
        guard !flags.contains(.directory) else { throw .EINVAL }
        var walk = PathWalk(tree)
        let end = try walk.end(of: path, from: start)
        switch end.last {
        case .root: throw .EISDIR
        case .dot, .dotDot: break
        case .name:
            guard !end.hasTrailingSlash else { throw .EISDIR }
            guard try walk.exists(end) else { throw .EACCES }
        }
        guard !flags.contains(.exclusive) else { throw .EEXIST }
        let node = try walk.node(at: end, following: !flags.contains(.noFollow))
        guard node.kind != .directory else { throw .EISDIR }
        return node
    }

    private func refuseTemporaryFile(in path: [UInt8], _ start: Inode, _ flags: OpenFlags) throws(Errno) {
        guard !flags.contains(.create), flags.subtracting(.truncate).needsWritePermission else { throw .EINVAL }
        _ = try checked(try existing(path, start, flags), flags)
        throw .EOPNOTSUPP
    }

    private func checked(_ node: NodeStatus, _ flags: OpenFlags) throws(Errno) -> NodeStatus {
        guard !flags.contains(.directory) || node.kind == .directory else { throw .ENOTDIR }
        return node
    }
}
