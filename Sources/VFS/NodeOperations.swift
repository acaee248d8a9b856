public import SystemPackage

/// The system calls on a path that change what a node is, or try to: links, kinds, owners, times, extended attributes, programs.
///
/// Every function may be called from any thread, with no lock held. Extended attributes are those of the path itself: a link at its
/// end is not followed.
public protocol NodeOperations: FileOperations {
    /// link(2)
    ///
    /// - Throws: what link(2) answers.
    func link(_ path: SysfsPath, to new: SysfsPath) throws(Errno)
    /// mknod(2) with mode 0644; a device is number 1:3.
    ///
    /// - Throws: what mknod(2) answers.
    func makeNode(_ path: SysfsPath, _ kind: FileKind) throws(Errno)
    /// renameat2(2)
    ///
    /// - Throws: what renameat2(2) answers.
    func rename(_ path: SysfsPath, to new: SysfsPath, _ way: RenameWay) throws(Errno)
    /// lchown(2)
    ///
    /// - Parameters:
    ///   - uid: nil leaves the owner as it is.
    ///   - gid: nil leaves the group as it is.
    /// - Throws: what lchown(2) answers.
    func changeOwner(of path: SysfsPath, uid: UInt32?, gid: UInt32?) throws(Errno)
    /// utimensat(2) with a moment in 2001, for a link itself.
    ///
    /// - Throws: what utimensat(2) answers.
    func changeTimes(of path: SysfsPath) throws(Errno)
    /// execve(2), in a process of its own that is waited for.
    ///
    /// - Throws: what execve(2) answers.
    func execute(_ path: SysfsPath) throws(Errno)
    /// lgetxattr(2)
    ///
    /// - Throws: what lgetxattr(2) answers.
    func extendedAttribute(_ name: [UInt8], of path: SysfsPath) throws(Errno) -> [UInt8]
    /// llistxattr(2): the names, each with a NUL behind it.
    ///
    /// - Throws: what llistxattr(2) answers.
    func extendedAttributes(of path: SysfsPath) throws(Errno) -> [UInt8]
    /// lsetxattr(2); nil: lremovexattr(2).
    ///
    /// - Throws: what the system call answers.
    func setExtendedAttribute(_ name: [UInt8], of path: SysfsPath, to value: [UInt8]?) throws(Errno)
}

/// The flag of renameat2(2), as a recording writes it.
public enum RenameWay: String, Hashable, Sendable, CaseIterable {
    /// `RENAME_NOREPLACE` and `RENAME_EXCHANGE`.
    case noreplace, exchange
}
