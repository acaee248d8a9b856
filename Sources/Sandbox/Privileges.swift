internal import CLinux
internal import Glibc
internal import Namespaces
internal import SystemAdditions
internal import SystemPackage

/// What root could do to the host from inside a sandbox, and is kept from: a program that means the machine it sees must not change
/// the one that it runs on.
///
/// That is for accidents. Root keeps what programs need that have containers and devices (`CAP_SYS_ADMIN`, `CAP_MKNOD`), and with
/// that whoever wants to gets at everything.
struct Privileges {
    private let options: Sandbox.Options
    /// An ordinary user has no power over the host that could be taken away.
    private let isRoots = !Namespaces.isInUserNamespace

    init(_ options: Sandbox.Options) {
        self.options = options
    }

    /// The capabilities that only the host could be changed by.
    private static let unused = [
        // its clocks and alarms, and whether it may sleep
        CAP_SYS_TIME, CAP_WAKE_ALARM, CAP_BLOCK_SUSPEND,
        // its kernel: modules, another kernel, memory and ports. In a PID namespace nothing but that is left of a reboot
        CAP_SYS_MODULE, CAP_SYS_BOOT, CAP_SYS_RAWIO,
        // its kernel's log, its audit, its accounts of processes
        CAP_SYSLOG, CAP_AUDIT_CONTROL, CAP_AUDIT_READ, CAP_SYS_PACCT,
        // its security policy, and the files that it says are not to be changed
        CAP_MAC_ADMIN, CAP_MAC_OVERRIDE, CAP_LINUX_IMMUTABLE,
        // its consoles; a terminal of one's own needs none
        CAP_SYS_TTY_CONFIG,
    ]

    /// Takes from the calling thread what the command is not to have.
    ///
    /// - Throws: `NamespaceError.capabilities`
    func drop() throws(NamespaceError) {
        if options.isPrivileged { return }
        // who shares the host's network is not to set it up
        try Capabilities.drop(Self.unused + (options.sharesNetwork && isRoots ? [CAP_NET_ADMIN] : []))
    }

    /// Makes what a mounted /proc has besides the processes read-only: /proc/sys, but for the network's part if that is the
    /// sandbox's own; sysrq-trigger, irq, bus and whatever else can be written. The kernel's log is not read from it either.
    ///
    /// - Throws: `NamespaceError.mount`; `Errno` where there is no /proc.
    func protect(_ proc: String) throws {
        guard isRoots, !options.isPrivileged else { return }
        let host = try HostDirectory(proc)
        // before what is around it, and so not as that is
        if !options.sharesNetwork { try host.bind("sys/net", at: proc + "/sys/net") }
        for (name, kind) in try host.entries() where !(name.utf8.first.map { (0x30...0x39).contains($0) } ?? true) {
            let place = proc + "/" + name
            switch kind {
            case .directory: try bind(place)
            case .other where name == "kmsg": try HostDirectory("/dev").bind("null", at: place)
            case .other:
                if (try host.status(name, S_IFREG)?.st_mode ?? 0) & 0o222 != 0 { try bind(place) }
            case .link, .endpoint: break
            }
        }
    }

    /// Mounts a file or directory on itself, with what is mounted in it, and makes it read-only.
    private func bind(_ path: String) throws {
        // looked up anew: what has been mounted in it belongs to it
        try HostDirectory("/").bind(String(path.dropFirst()), at: path, readOnly: true)
    }

    /// What of the host's /dev is shown under a name: in the place of the kernel's log, nothing.
    func device(_ name: String) -> String {
        name == "kmsg" && !options.isPrivileged ? "null" : name
    }
}
