internal import CLinux
internal import Glibc
internal import SystemAdditions
internal import SystemPackage
public import TrustedPaths

/// What a process mounts in a mount namespace of its own. A path at which something is mounted has no link in it: `ELOOP`
/// otherwise. One that is not UTF-8 is a text of which the bytes can be had (`String.init(lossless:)`).
public enum Mounts {
    /// Cuts off the namespace that the process is in: what is mounted in it is not seen outside, nor the other way around.
    ///
    /// - Throws: ``NamespaceError/mount(_:path:_:)``, with `EPERM` without `CAP_SYS_ADMIN` over the namespace.
    public static func makePrivate() throws(NamespaceError) {
        try mount("private mounts", nil, "/", nil, MS_REC | MS_PRIVATE)
    }

    /// Shows what is open by `descriptor`, with all that is mounted below it, at `path` too.
    ///
    /// - Throws: ``NamespaceError/mount(_:path:_:)``, with `ENOENT` where there is nothing at the path, and `ENOTDIR` where only
    ///   one of them is a directory.
    public static func bind(_ descriptor: Int32, at path: String) throws(NamespaceError) {
        try mount("bind", "/proc/self/fd/\(descriptor)", path, nil, MS_BIND | MS_REC)
    }

    /// Makes the mount at `path` read-only, but not those below it. A user namespace may not do that with the host's.
    ///
    /// - Throws: ``NamespaceError/mount(_:path:_:)``, with `EINVAL` where nothing is mounted at `path`, and `EPERM` for the
    ///   host's mounts in a user namespace.
    public static func makeReadOnly(_ path: String) throws(NamespaceError) {
        try mount("read-only", nil, path, nil, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC)
    }

    /// Takes a mount from one place to another.
    ///
    /// - Throws: ``NamespaceError/mount(_:path:_:)``, with `EINVAL` where nothing is mounted at `path`, or what is around it is
    ///   shared.
    public static func move(_ path: String, to other: String) throws(NamespaceError) {
        try mount("move", path, other, nil, MS_MOVE)
    }

    /// Mounts an empty directory in memory; `mode` is its permissions, in octal.
    ///
    /// - Throws: ``NamespaceError/mount(_:path:_:)``, with `ENOENT` where there is no such directory.
    public static func tmpfs(at path: String, mode: String = "0755") throws(NamespaceError) {
        try mount("tmpfs", "tmpfs", path, "tmpfs", MS_NOSUID | MS_NODEV, "mode=\(mode)")
    }

    /// Mounts a /proc with the processes of the PID namespace that the calling process is in.
    ///
    /// - Throws: ``NamespaceError/mount(_:path:_:)``, with `EPERM` in a container that hides parts of its /proc.
    public static func proc(at path: String) throws(NamespaceError) {
        try mount("proc", "proc", path, "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    }

    /// Mounts a FUSE file system that is served through `device`, for everybody who may be there; the kernel checks permissions.
    ///
    /// - Parameters:
    ///   - device: an opened `/dev/fuse`, which this process had better close next: whoever waits in this mount for an answer
    ///     must not keep its connection open.
    ///   - name: what is mounted, and, behind `fuse.`, its type.
    ///   - executes: whether files may be executed where their mode says so.
    /// - Throws: ``NamespaceError/mount(_:path:_:)``, with `ENOENT` where there is no such directory, `ENODEV` where the kernel
    ///   has no FUSE.
    public static func fuse(
        _ device: Int32, named name: String, at path: String, executes: Bool = true
    ) throws(NamespaceError) {
        let options =
            "fd=\(device),rootmode=40000,user_id=\(geteuid()),group_id=\(getegid()),allow_other,default_permissions"
        try mount("fuse", name, path, "fuse.\(name)", MS_NOSUID | MS_NODEV | (executes ? 0 : MS_NOEXEC), options)
    }

    /// Shows `lower` at `path`; what is changed there is kept below `upper`.
    ///
    /// - Parameters:
    ///   - work: an empty directory on the file system of `upper`, for the kernel's own use.
    ///   - inUserNamespace: marks that the kernel keeps are put where a user may write them.
    /// - Throws: ``NamespaceError/mount(_:path:_:)``: with `EINVAL` where `upper` is on a file system that cannot keep changes;
    ///   with `ENODEV` and `EPERM` where there are no overlays, or not for users.
    public static func overlay(
        _ lower: HeldDirectory, upper: HeldDirectory, work: HeldDirectory, at path: String, inUserNamespace: Bool
    ) throws(NamespaceError) {
        // a name may hold the characters that separate options: a descriptor's name has none
        var options = ["lowerdir=\(lower.path)", "upperdir=\(upper.path)", "workdir=\(work.path)"]
        if inUserNamespace { options.append("userxattr") }
        try mount("overlay", "overlay", path, "overlay", 0, options.joined(separator: ","))
    }

    private static func mount(
        _ what: String, _ source: String?, _ path: String, _ type: String?, _ flags: Int, _ options: String? = nil
    ) throws(NamespaceError) {
        // the root itself, and /proc, without which nothing can be named by its descriptor
        guard path != "/", type != "proc" else {
            return try check(what, path, Glibc.mount(source, path, type, UInt(flags), options))
        }
        let place: Int32
        do throws(Errno) {
            place = try HeldDirectory("/").open(String(path.drop { $0 == "/" }), linux_o_path)
        } catch {
            throw .mount(what, path: path, error)
        }
        defer { close(place) }
        try check(what, path, Glibc.mount(source, "/proc/self/fd/\(place)", type, UInt(flags), options))
    }

    private static func check(_ what: String, _ path: String, _ result: Int32) throws(NamespaceError) {
        guard result == 0 else { throw .mount(what, path: path, Errno(rawValue: errno)) }
    }
}
