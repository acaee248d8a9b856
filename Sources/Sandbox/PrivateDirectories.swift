internal import FUSE
internal import Glibc
internal import Namespaces
internal import SystemPackage

/// The directories in which programs keep what they know: a sandbox has its own, made of the host's.
struct PrivateDirectories {
    private let options: Sandbox.Options
    private let state: KeptState?
    private let privilege: Namespaces.Privilege

    init(_ options: Sandbox.Options, _ state: KeptState?, _ privilege: Namespaces.Privilege) {
        self.options = options
        self.state = state
        self.privilege = privilege
    }

    func mount() throws {
        let run = try HostDirectory("/run")
        // it may be in one of those that are mounted over
        let kept = try state.map { state throws(Errno) in try HostDirectory(state.path) }
        // memory for what is changed, out of sight once /run is mounted over it
        try Mounts.tmpfs(at: "/run")
        let memory = try HostDirectory("/run")
        try mountRun(run, changes: memory)
        for path in options.copyOnWrite { try mountCopyOnWrite(path, try HostDirectory(path), changes: kept ?? memory) }
        for path in options.empty {
            try Self.make(path)
            try Mounts.tmpfs(at: path)
        }
    }

    /// Copied on write, but for what says what goes on in a system, which is not the same here.
    private func mountRun(_ host: HostDirectory, changes: HostDirectory) throws {
        try mountCopyOnWrite("/run", host, changes: changes)
        // what somebody listens at is not reached through an overlay
        for socket in Walk(host, besides: Self.mountPoints(below: "/run")).sockets { try host.bind(socket, at: "/run/" + socket) }
        for (name, mode) in [("lock", "1777"), ("udev", "0755")] {
            try Self.make("/run/" + name)
            try Mounts.tmpfs(at: "/run/" + name, mode: mode)
        }
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

    /// Shows a directory of the host's at its path, and keeps what is changed in it at the same path below `changes`.
    ///
    /// - Throws: `NamespaceError`, `Errno`.
    private func mountCopyOnWrite(_ path: String, _ host: HostDirectory, changes: HostDirectory) throws {
        let (upper, work) = (changes.path("") + path, changes.path(".work") + path)
        try Self.make(upper)
        try Self.make(work)
        var status = stat()
        if stat(host.path("."), &status) == 0 { chmod(upper, status.st_mode & 0o7777) }
        let inside = Self.mountPoints(below: path)
        if privilege == .ownUserNamespace {
            // those of the host belong to a root that this namespace does not know, and nobody could make anything in them
            for directory in Walk(host, besides: inside).directories { mkdir(upper + "/" + directory, 0o755) }
        }
        try Mounts.overlay(
            host.path(""), upper: upper, work: work, at: path, inUserNamespace: privilege == .ownUserNamespace)
        // what was mounted in it is not in the overlay
        for place in inside { try host.bind(place, at: path + "/" + place) }
    }

    /// Where something is mounted in a directory, relative to it.
    private static func mountPoints(below path: String) -> [String] {
        MountTable.current().map(\.mountPoint).filter { $0.hasPrefix(path + "/") }.map { String($0.dropFirst(path.count + 1)) }
    }

    /// What is in a directory of the host's, not counting what is mounted in it. Parents come before their children.
    private struct Walk {
        var directories: [String] = []
        /// Sockets and pipes.
        var sockets: [String] = []

        init(_ host: HostDirectory, besides mountPoints: [String]) {
            let mountPoints = Set(mountPoints)
            var todo = [""]
            while let directory = todo.popLast() {
                for (name, kind) in host.entries(directory) {
                    let path = directory.isEmpty ? name : directory + "/" + name
                    guard !mountPoints.contains(path) else { continue }
                    switch kind {
                    case .directory:
                        directories.append(path)
                        todo.append(path)
                    case .socket: sockets.append(path)
                    case .link, .other: break
                    }
                }
            }
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
