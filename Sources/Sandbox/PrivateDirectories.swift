internal import FUSE
internal import Glibc
internal import Namespaces
internal import SystemAdditions
internal import SystemPackage
internal import TrustedPaths

/// The directories in which programs keep what they know: a sandbox has its own, made of the host's.
struct PrivateDirectories {
    private let options: Sandbox.Options
    private let state: KeptState?

    init(_ options: Sandbox.Options, _ state: KeptState?) {
        self.options = options
        self.state = state
    }

    /// Mounts them: /run, those that are copied on write, those that begin empty.
    ///
    /// - Throws: `SandboxError` where the kept state cannot be used, `NamespaceError` where something cannot be mounted, `Errno`
    ///   where a directory cannot be opened or made.
    func mount() throws {
        let run = try HostDirectory("/run")
        // it may be in one of those that are mounted over
        let kept = try state?.claim()
        let mounts = try MountTable.read().map(\.mountPoint)
        // memory for what is changed, out of sight once /run is mounted over it
        try Mounts.tmpfs(at: "/run")
        let memory = try HeldDirectory("/run")
        try PrivateView("/run", of: run, changes: memory, mounts: mounts).mount()
        try fillRun()
        for path in options.copyOnWrite {
            try PrivateView(path, of: try HostDirectory(path), changes: kept ?? memory, mounts: mounts).mount()
        }
        for path in options.empty {
            try Self.make(path)
            try Self.mountEmpty(path)
        }
    }

    /// Makes what is not the host's: the directories that tell what goes on in a system, and our own.
    private func fillRun() throws {
        for name in ["/run/lock", "/run/udev"] {
            try Self.make(name)
            try Self.mountEmpty(name)
        }
        // by this libudev tells whether there is a udev to listen to; nobody answers
        mknod("/run/udev/control", S_IFSOCK | 0o600, 0)
        try Self.make(Sandbox.own)
        for (name, text) in options.files {
            let path = FilePath(Sandbox.own).appending(name)
            let file = try FileDescriptor.open(
                path, .writeOnly, options: [.create, .truncate], permissions: FilePermissions(rawValue: 0o644))
            _ = try file.closeAfter { try file.writeAll(text.utf8) }
        }
    }

    /// An empty directory in memory that is otherwise like the one that it covers.
    private static func mountEmpty(_ path: String) throws(NamespaceError) {
        let covered = (try? HeldDirectory(path).status()).map(DirectoryStatus.init)
        try Mounts.tmpfs(at: path)
        if let made = try? HeldDirectory(path) { covered?.give(to: made) }
    }

    /// Makes a directory and those that lead to it, where they are missing.
    ///
    /// - Throws: what `mkdir(2)` and `openat2(2)` answer: `ENOTDIR` where it is none, `ELOOP` where a link is on the way.
    static func make(_ path: String) throws(Errno) {
        _ = try HeldDirectory("/").makeDirectory(String(path.drop { $0 == "/" }))
    }
}

/// Whose a directory is, and who may do what with it.
struct DirectoryStatus {
    private let status: stat

    init(_ status: stat) {
        self.status = status
    }

    /// A user that the user namespace does not know cannot own anything: the directory stays the caller's then.
    func give(to directory: HeldDirectory) {
        chown(directory.path, status.st_uid, status.st_gid)
        chmod(directory.path, status.st_mode & 0o7777)
    }
}
