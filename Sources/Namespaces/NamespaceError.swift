internal import Glibc
internal import SystemAdditions
public import SystemPackage

/// Why a private namespace, or a mount in it, could not be made; its description says which setting of the system is in the way.
public enum NamespaceError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The system refused the namespaces themselves, with that errno.
    case refused(Errno)
    /// Something could not be mounted at `path`: what it was (`overlay`, `proc`, `bind`), and the errno.
    case mount(String, path: String, Errno)

    /// Capabilities could not be dropped.
    case capabilities(Errno)

    /// Whether a system that forbids namespaces, or mounts in them, is the reason, and not a limit that a mount meets, too.
    public var isOfNamespaces: Bool {
        switch self {
        case .capabilities(let error), .refused(let error), .mount(_, _, let error): error.remedy.isEmpty
        }
    }

    public var description: String {
        switch self {
        case .capabilities(let error):
            "capabilities that a run has no use for could not be dropped: \(error); give it CAP_SETPCAP, or let it keep them by --privileged"
        case .refused(let error):
            "private namespaces were refused: \(error)" + (error.remedy.isEmpty ? "; \(Self.reason(error))" : error.remedy)
        case .mount("overlay", let path, .EINVAL):
            "a copy-on-write view of \(path) could not be mounted: its changes would lie on a file system that cannot keep them "
                + "(overlay itself, NFS, FAT), or there are two overlays below it already, or users may not mount any (before Linux 5.11)"
        case .mount("proc", let path, .EPERM):
            "proc could not be mounted at \(path): \(Errno.EPERM); a container that hides parts of its /proc forbids it: "
                + "give it --security-opt systempaths=unconfined, or --privileged; so does a run of root's: apmatrix run --privileged"
        case .mount(let what, let path, .ENODEV):
            "\(what) could not be mounted at \(path): this kernel does not have it (modprobe \(what))"
        case .mount(let what, let path, .EPERM), .mount(let what, let path, .EACCES):
            "\(what) could not be mounted at \(path): not permitted; \(Self.reason(.EPERM))"
        case .mount(let what, let path, let error):
            "\(what) could not be mounted at \(path): \(error)\(error.remedy)"
        }
    }

    /// The settings that are known to stand in the way.
    private static let switches = [
        Switch(path: "/proc/sys/kernel/unprivileged_userns_clone", forbids: "0", allows: "1"),
        Switch(path: "/proc/sys/user/max_user_namespaces", forbids: "0", allows: "10000"),
        Switch(path: "/proc/sys/kernel/apparmor_restrict_unprivileged_userns", forbids: "1", allows: "0"),
    ]

    private struct Switch {
        let path: String
        let forbids: String
        let allows: String

        var isInTheWay: Bool { FilePath(path).text.split(whereSeparator: \.isWhitespace).first == forbids[...] }
        var remedy: String {
            let name = path.dropFirst("/proc/sys/".count).split(separator: "/").joined(separator: ".")
            return "the system's \(name) is \(forbids); have root run: sysctl -w \(name)=\(allows)"
        }
    }

    /// What stands in the way, as far as the system tells.
    private static func reason(_ error: Errno) -> String {
        if let found = switches.first(where: { $0.isInTheWay }) { return found.remedy }
        switch error {
        case .ENOSPC:
            return
                "there are too many already, or none are allowed; have root raise the limits in /proc/sys/user, or do without a network "
                + "namespace (--host-network)"
        case .EINVAL:
            return "this kernel was built without user namespaces (CONFIG_USER_NS); run it as root"
        default:
            return "run it as root, or allow user namespaces; in a container they need --cap-add SYS_ADMIN and "
                + "--security-opt seccomp=unconfined --security-opt apparmor=unconfined, or --privileged"
        }
    }
}
