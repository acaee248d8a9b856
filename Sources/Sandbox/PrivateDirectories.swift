internal import FUSE
internal import Glibc
internal import Namespaces
internal import SystemPackage

/// The directories in which programs keep what they know: a sandbox has its own, made of the host's.
struct PrivateDirectories {
    private let options: Sandbox.Options
    private let state: KeptState?
    private let privilege: Namespaces.Privilege

    /// Those of /run that say what goes on, which is not the same here.
    private static let fresh = ["lock", "udev"]

    init(_ options: Sandbox.Options, _ state: KeptState?, _ privilege: Namespaces.Privilege) {
        self.options = options
        self.state = state
        self.privilege = privilege
    }

    func mount() throws {
        try mountRun()
        for path in options.copyOnWrite { try mountCopyOnWrite(path) }
        for path in options.empty { try Mounts.tmpfs(at: path) }
    }

    // MARK: - /run

    /// An empty /run, and in it what the host has in its own: who makes something there makes it for the sandbox alone.
    private func mountRun() throws {
        let host: HostDirectory
        do throws(Errno) {
            host = try HostDirectory("/run")
        } catch {
            throw SandboxError.directory("/run", error)
        }
        try Mounts.tmpfs(at: "/run")
        for (name, kind) in host.entries() where !Self.fresh.contains(name) {
            let path = "/run/" + name
            switch kind {
            case .directory:
                try Self.make(path)
                try host.bind(name, at: path)
            case .link:
                if let target = host.target(name) { symlink(target, path) }
            case .other:
                try FileDescriptor.open(path, .writeOnly, options: .create, permissions: [.ownerRead, .ownerWrite]).close()
                try host.bind(name, at: path)
            }
        }
        for name in Self.fresh { try Self.make("/run/" + name) }
        chmod("/run/lock", 0o1777)
        // by this libudev tells whether there is a udev to listen to; nobody answers
        mknod("/run/udev/control", S_IFSOCK | 0o600, 0)
        try Self.make(Sandbox.own)
        for (name, text) in options.files {
            let path = FilePath(Sandbox.own).appending(name)
            let file = try FileDescriptor.open(path, .writeOnly, options: .create, permissions: FilePermissions(rawValue: 0o644))
            _ = try file.closeAfter { try file.writeAll(text.utf8) }
        }
    }

    // MARK: - Copy on write

    /// - Throws: `NamespaceError`, `Errno`.
    private func mountCopyOnWrite(_ path: String) throws {
        let changes = state?.path ?? Sandbox.own + "/changes"
        let (upper, work) = (changes + path, changes + "/.work" + path)
        let host = try HostDirectory(path)
        try Self.make(upper)
        try Self.make(work)
        var status = stat()
        if stat(path, &status) == 0 { chmod(upper, status.st_mode & 0o7777) }
        if privilege == .ownUserNamespace { adopt(host, in: upper) }
        let below = MountTable.current().map(\.mountPoint).filter { $0.hasPrefix(path + "/") }
        try Mounts.overlay(path, upper: upper, work: work, at: path, inUserNamespace: privilege == .ownUserNamespace)
        // what was mounted in it is not in the overlay
        for mountPoint in below { try host.bind(String(mountPoint.dropFirst(path.count + 1)), at: mountPoint) }
    }

    /// Makes the directories anew: those of the host belong to a root that this user namespace does not know, and nobody could
    /// make anything in them.
    private func adopt(_ host: borrowing HostDirectory, in upper: String, _ directory: String = "") {
        for (name, kind) in host.entries(directory) where kind == .directory {
            let path = directory.isEmpty ? name : directory + "/" + name
            mkdir(upper + "/" + path, 0o755)
            adopt(host, in: upper, path)
        }
    }

    /// Makes a directory and those that lead to it, where they are missing.
    static func make(_ path: String) throws(Errno) {
        if mkdir(path, 0o755) == 0 || errno == EEXIST { return }
        guard errno == ENOENT else { throw Errno(rawValue: errno) }
        try make(FilePath(path).removingLastComponent().string)
        guard mkdir(path, 0o755) == 0 else { throw Errno(rawValue: errno) }
    }
}
