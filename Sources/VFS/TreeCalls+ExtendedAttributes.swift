internal import Synchronization
internal import Sysfs
internal import SystemAdditions
public import SystemPackage

/// The extended attributes of nodes, by name. kernfs keeps those of two kinds, whatever they are called.
///
/// Kernel: fs/kernfs/inode.c, kernfs_xattr_handlers.
final class ExtendedAttributes: Sendable {
    private let values = Mutex<[Inode: [[UInt8]: [UInt8]]]>([:])

    subscript(inode: Inode) -> [[UInt8]: [UInt8]] {
        get { values.withLock { $0[inode] ?? [:] } }
        set { values.withLock { $0[inode] = newValue.isEmpty ? nil : newValue } }
    }
}

extension TreeCalls {
    /// lgetxattr(2)
    ///
    /// - Throws: the path's errors; `EOPNOTSUPP` for a name of no kind that kernfs knows, of access lists too; else `ENODATA`.
    public func extendedAttribute(_ name: [UInt8], of path: SysfsPath) throws(Errno) -> [UInt8] {
        let node = try node(at: path, following: false)
        let isKept = name.starts(with: Self.user) || Self.kept.contains { name.starts(with: $0) }
        guard isKept else { throw .EOPNOTSUPP }
        guard let value = extendedAttributes[node.inode][name] else { throw .ENODATA }
        return value
    }

    /// llistxattr(2)
    ///
    /// - Throws: the path's errors.
    public func extendedAttributes(of path: SysfsPath) throws(Errno) -> [UInt8] {
        let node = try node(at: path, following: false)
        return extendedAttributes[node.inode].keys.sorted { $0.lexicographicallyPrecedes($1) }.flatMap { $0 + [0] }
    }

    /// lsetxattr(2), lremovexattr(2)
    ///
    /// - Throws: the path's errors; `EPERM` for a name of the user's on a link; `EOPNOTSUPP` for a name of any kind but two;
    ///   `ENODATA` where there is nothing to remove.
    public func setExtendedAttribute(_ name: [UInt8], of path: SysfsPath, to value: [UInt8]?) throws(Errno) {
        let node = try node(at: path, following: false)
        guard node.kind != .link || !name.starts(with: Self.user) else { throw .EPERM }
        guard Self.kept.contains(where: { name.starts(with: $0) }) else { throw .EOPNOTSUPP }
        guard value != nil || extendedAttributes[node.inode][name] != nil else { throw .ENODATA }
        extendedAttributes[node.inode][name] = value
    }

    private static let kept = ["trusted.", "security."].map { Array($0.utf8) }
    private static let user = Array("user.".utf8)
}
