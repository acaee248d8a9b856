internal import CLinux
internal import Glibc
internal import SystemPackage

/// What of root's power a thread has, piece by piece.
public enum Capabilities {
    /// Takes capabilities from the calling thread and from what it starts from now on, for good: from its bounding, effective,
    /// permitted, inheritable and ambient sets. Other threads keep theirs. One that the thread does not have is no error.
    ///
    /// - Parameter capabilities: numbers, `CAP_SYS_TIME` and so on.
    /// - Throws: ``NamespaceError/capabilities(_:)``, with `EPERM` without `CAP_SETPCAP`.
    public static func drop(_ capabilities: [Int32]) throws(NamespaceError) {
        let set = capabilities.reduce(UInt64(0)) { $0 | 1 << UInt64($1) }
        guard linux_drop_capabilities(set) == 0 else { throw .capabilities(Errno(rawValue: errno)) }
    }
}
