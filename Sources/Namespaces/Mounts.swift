internal import CLinux
internal import Glibc
internal import SystemPackage

/// What a process mounts in a mount namespace of its own. Each throws ``NamespaceError/mount(_:path:_:)``.
public enum Mounts {
    /// Cuts the namespace off: what is mounted in it is not seen outside, nor the other way around.
    public static func makePrivate() throws(NamespaceError) {
        try mount("private mounts", nil, "/", nil, MS_REC | MS_PRIVATE)
    }

    /// Shows `source`, with all that is mounted below it, at `path` too.
    public static func bind(_ source: String, at path: String) throws(NamespaceError) {
        try mount("bind", source, path, nil, MS_BIND | MS_REC)
    }

    /// Makes what is bound at `path`, but not what is mounted below it, read-only. A user namespace may not do that with the host's.
    public static func makeReadOnly(_ path: String) throws(NamespaceError) {
        try mount("read-only", nil, path, nil, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC)
    }

    /// Takes a mount from one place to another.
    public static func move(_ path: String, to other: String) throws(NamespaceError) {
        try mount("move", path, other, nil, MS_MOVE)
    }

    /// An empty directory in memory.
    public static func tmpfs(at path: String, mode: String = "0755") throws(NamespaceError) {
        try mount("tmpfs", "tmpfs", path, "tmpfs", MS_NOSUID | MS_NODEV, "mode=\(mode)")
    }

    /// The processes of the namespace.
    public static func proc(at path: String) throws(NamespaceError) {
        try mount("proc", "proc", path, "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    }

    /// Shows `lower` at `path`; what is changed there is kept below `upper`.
    ///
    /// - Parameters:
    ///   - work: an empty directory on the file system of `upper`, for the kernel's own use.
    ///   - inUserNamespace: marks that the kernel keeps are put where a user may write them.
    public static func overlay(
        _ lower: String, upper: String, work: String, at path: String, inUserNamespace: Bool
    ) throws(NamespaceError) {
        // a name may hold the characters that separate options: a descriptor's name has none
        let names = [lower, upper, work]
        let descriptors = names.map { open($0, linux_o_path | O_DIRECTORY | O_CLOEXEC) }
        defer { for descriptor in descriptors where descriptor >= 0 { close(descriptor) } }
        for (name, descriptor) in zip(names, descriptors) where descriptor < 0 {
            throw .mount("overlay", path: name, Errno(rawValue: errno))
        }
        var options = zip(["lowerdir", "upperdir", "workdir"], descriptors).map { "\($0)=/proc/self/fd/\($1)" }
        if inUserNamespace { options.append("userxattr") }
        try mount("overlay", "overlay", path, "overlay", 0, options.joined(separator: ","))
    }

    private static func mount(
        _ what: String, _ source: String?, _ path: String, _ type: String?, _ flags: Int, _ options: String? = nil
    ) throws(NamespaceError) {
        guard Glibc.mount(source, path, type, UInt(flags), options) == 0 else {
            throw .mount(what, path: path, Errno(rawValue: errno))
        }
    }
}
