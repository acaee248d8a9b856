internal import FUSE
internal import Glibc
internal import Namespaces
internal import SystemPackage

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
        try state?.claim()
        let kept = try state.map { state throws(Errno) in try HostDirectory(state.path) }
        let mounts = MountTable.current().map(\.mountPoint)
        // memory for what is changed, out of sight once /run is mounted over it
        try Mounts.tmpfs(at: "/run")
        let memory = try HostDirectory("/run")
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
        let covered = DirectoryStatus(of: path)
        try Mounts.tmpfs(at: path)
        covered?.give(to: path)
    }

    /// Makes a directory and those that lead to it, where they are missing.
    ///
    /// - Throws: what `mkdir(2)` answers, but for `EEXIST`, whatever it is that is there.
    static func make(_ path: String) throws(Errno) {
        if mkdir(path, 0o755) == 0 || errno == EEXIST { return }
        let parent = FilePath(path).removingLastComponent().string
        guard errno == ENOENT, !parent.isEmpty, parent != path else { throw Errno(rawValue: errno) }
        try make(parent)
        guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw Errno(rawValue: errno) }
    }
}

/// Whose a directory is, and who may do what with it.
struct DirectoryStatus {
    private let status: stat

    /// Nil where nothing is.
    init?(of path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.status = status
    }

    /// A user that the user namespace does not know cannot own anything: the directory stays the caller's then.
    func give(to path: String) {
        chown(path, status.st_uid, status.st_gid)
        chmod(path, status.st_mode & 0o7777)
    }
}
