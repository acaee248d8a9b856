internal import Kernels
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
    ///   - `EINVAL` with `O_DIRECT`, with `O_TMPFILE` not for writing or with `O_CREAT`, and, where the release refuses it, with
    ///     `O_CREAT|O_DIRECTORY`;
    ///   - `EOPNOTSUPP` with `O_TMPFILE` otherwise;
    ///   - `ENODEV` for a file that goes meanwhile.
    ///
    /// Measured: docs/kernel/kernfs.md, "Open".
    ///
    /// Kernel: fs/namei.c, do_open and may_open; then fs/kernfs/file.c, kernfs_fop_open.
    public func open(_ path: SysfsPath, _ flags: OpenFlags) throws(Errno) -> File {
        if flags.contains(.path) {
            _ = try checked(try node(at: path, following: !flags.contains(.noFollow)), flags)
            return .path
        }
        if flags.contains(.temporaryFile) { try refuseTemporaryFile(in: path, flags) }
        let node = try checked(try flags.contains(.create) ? created(path, flags) : existing(path, flags), flags)
        switch node.kind {
        case .link: throw .ELOOP
        case .directory:
            guard !flags.needsWritePermission else { throw .EISDIR }
            guard !flags.contains(.direct) else { throw .EINVAL }
            return .directory
        case .attribute:
            let file = try tree.open(node.inode, reading: flags.reads, writing: flags.writes)
            guard !flags.contains(.direct) else { throw .EINVAL }
            return .attribute(file, flags)
        }
    }

    private func existing(_ path: SysfsPath, _ flags: OpenFlags) throws(Errno) -> NodeStatus {
        try node(at: path, following: !flags.contains(.noFollow))
    }

    /// The node that O_CREAT finds; a new name is refused.
    private func created(_ path: SysfsPath, _ flags: OpenFlags) throws(Errno) -> NodeStatus {
        guard !flags.contains(.directory) || !tree.release.has(.refusesToCreateDirectories) else { throw .EINVAL }
        var walk = PathWalk(tree)
        let end = try walk.end(ofPath: path)
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

    private func refuseTemporaryFile(in path: SysfsPath, _ flags: OpenFlags) throws(Errno) {
        guard !flags.contains(.create), flags.subtracting(.truncate).needsWritePermission else { throw .EINVAL }
        _ = try checked(try existing(path, flags), flags)
        throw .EOPNOTSUPP
    }

    private func checked(_ node: NodeStatus, _ flags: OpenFlags) throws(Errno) -> NodeStatus {
        guard !flags.contains(.directory) || node.kind == .directory else { throw .ENOTDIR }
        return node
    }
}
