internal import CLinux
internal import Glibc
internal import Namespaces
internal import SystemAdditions
internal import SystemPackage
internal import TrustedPaths

/// A directory of the host's at its place, whose changes are kept elsewhere: the host's stays as it is, and so does what is
/// mounted in it.
///
/// As a rule that is one overlay, and one more for each directory that is mounted in it. In a user namespace the kernel refuses
/// an overlay on what has mounts in it, since it would show what is below them; the directories that lead to these are made anew
/// there.
struct PrivateView {
    private let path: String
    private let host: HostDirectory
    private let changes: HeldDirectory
    /// Where something is mounted in it, relative to it.
    private let mounts: Set<FilePath>
    private let isInUserNamespace = Namespaces.isInUserNamespace

    /// - Parameters:
    ///   - path: where it is, absolute.
    ///   - host: what was there before anything was mounted over it.
    ///   - changes: keeps what is changed, below the same path.
    ///   - mounts: every mount point of the host.
    init(_ path: String, of host: HostDirectory, changes: HeldDirectory, mounts: [FilePath]) {
        self.path = path
        self.host = host
        self.changes = changes
        let root = FilePath(lossless: path)
        self.mounts = Set(
            mounts.compactMap { mount in
                var inside = mount
                return inside.removePrefix(root) && !inside.isEmpty ? inside : nil
            })
    }

    /// Shows the directory. A mount in it that cannot be shown privately is shown as it is.
    ///
    /// - Throws: where the directory itself cannot be shown, `NamespaceError.mount`, or `Errno` for a directory that cannot be
    ///   made.
    func mount() throws {
        try show("")
    }

    private func place(_ relative: String) -> String { relative.isEmpty ? path : path + "/" + relative }

    /// Where it is among the changes, below the directory that keeps them.
    private func kept(_ relative: String) -> String { String(Substring(place(relative).utf8.dropFirst())) }

    /// A directory among the changes, made where it is missing.
    private func keep(_ name: String) throws -> HeldDirectory {
        do throws(Errno) {
            return try changes.makeDirectory(name)
        } catch {
            if error == .ELOOP || error == .ENOTDIR { throw SandboxError.stateHasLink(name) }
            throw error
        }
    }

    /// The directory that keeps what is changed in one, made as the host's is where it is missing. What was there before must
    /// be in the same hands.
    ///
    /// - Throws: `SandboxError.stateIsForeign` where it is somebody else's; what `mkdir(2)` and `openat2(2)` answer.
    @discardableResult
    private func upper(_ relative: String) throws -> HeldDirectory {
        let upper = try keep(kept(relative))
        let status = try upper.status()
        guard let host = try host.status(relative, S_IFDIR) else { return upper }
        guard [0, geteuid(), host.st_uid].contains(status.st_uid) else {
            throw SandboxError.stateIsForeign(place(relative), status.st_uid)
        }
        DirectoryStatus(host).give(to: upper)
        return upper
    }

    /// The topmost mount points below a directory.
    private func mounts(below relative: String) -> [FilePath] {
        let directory = FilePath(lossless: relative)
        let below = mounts.filter { relative.isEmpty || $0 != directory && $0.starts(with: directory) }
        return below.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }.reduce(into: []) { topmost, mount in
            if !topmost.contains(where: { mount.starts(with: $0) }) { topmost.append(mount) }
        }
    }

    private func show(_ relative: String) throws {
        let below = mounts(below: relative)
        try upper(relative)
        // a mounted file of some words, as containers have them in /etc, is copied: an overlay shows only directories
        let files = try below.filter { try copy($0.lossless) }
        if isInUserNamespace, !below.isEmpty {
            try showEach(relative, besides: files)
            return
        }
        if isInUserNamespace { try adopt(relative) }
        try mountOverlay(relative)
        for mount in below where !files.contains(mount) { try showMount(mount.lossless) }
        try bindSockets(relative)
    }

    private func mountOverlay(_ relative: String) throws {
        try Mounts.overlay(
            try host.held.directory(relative), upper: try upper(relative),
            work: try keep(".work/" + kept(relative)),
            at: place(relative), inUserNamespace: isInUserNamespace)
    }

    /// Shows a mount in the directory: privately as well, or as it is where that is not possible, or not at all.
    private func showMount(_ relative: String) throws {
        do {
            guard try isDirectory(relative) else { return try host.bind(relative, at: place(relative)) }
            try show(relative)
        } catch {
            try? host.bind(relative, at: place(relative))
        }
    }

    private func isDirectory(_ relative: String) throws(Errno) -> Bool {
        try host.status(relative, S_IFDIR) != nil
    }

    /// Keeps a file that is mounted among the changes, if it is small and there is none yet.
    ///
    /// - Returns: whether it is among them.
    private func copy(_ relative: String) throws(Errno) -> Bool {
        guard let status = try host.status(relative, S_IFREG), status.st_size < 1 << 20 else { return false }
        do {
            _ = try changes.makeDirectory(FilePath(lossless: kept(relative)).removingLastComponent().lossless)
            let source = FileDescriptor(rawValue: try host.held.open(relative, O_RDONLY | O_NONBLOCK))
            let bytes = try source.closeAfter { try source.readToEnd() }
            let to = FileDescriptor(
                rawValue: try changes.open(kept(relative), O_WRONLY | O_CREAT | O_EXCL, mode: 0o600))
            try to.closeAfter {
                _ = try to.writeAll(bytes)
                // whatever the mask of this process takes away from the permissions of new files
                fchmod(to.rawValue, status.st_mode & 0o777)
            }
            return true
        } catch {
            return error as? Errno == .EEXIST
        }
    }

    // MARK: - In a user namespace

    /// Makes the directories anew: those of the host belong to a root that this namespace does not know, and nobody could make
    /// anything in them. One that has taken the place of the host's in an earlier run has nothing of it.
    private func adopt(_ relative: String) throws(Errno) {
        for (name, kind) in try host.entries(relative) where kind == .directory {
            let directory = relative.isEmpty ? name : relative + "/" + name
            let isNew = kept(directory).withLosslessCString { mkdirat(changes.descriptor, $0, 0o755) } == 0
            guard let held = try? changes.directory(kept(directory)) else { continue }
            defer { withExtendedLifetime(held) {} }
            if isNew {
                try host.status(directory, S_IFDIR).map { DirectoryStatus($0).give(to: held) }
            } else if getxattr(held.path, "user.overlay.opaque", nil, 0) > 0 {
                continue
            }
            try adopt(directory)
        }
    }

    /// Shows a directory that has mounts in it entry by entry. Its files are the host's, which this namespace may read; they
    /// cannot be removed, and links that were come back in the next run.
    private func showEach(_ relative: String, besides copies: [FilePath]) throws {
        let upper = try upper(relative)
        defer { withExtendedLifetime(upper) {} }
        try Mounts.bind(upper.descriptor, at: place(relative))
        for (name, kind) in try host.entries(relative) {
            let entry = relative.isEmpty ? name : relative + "/" + name
            if mounts.contains(FilePath(lossless: entry)) {
                if copies.contains(FilePath(lossless: entry)) { continue }
                try makePlace(entry, isDirectory: try isDirectory(entry))
                try showMount(entry)
            } else if kind == .directory {
                try makePlace(entry, isDirectory: true)
                try showMount(entry)
            } else if kind == .link {
                guard let target = try host.target(entry) else { continue }
                _ = target.withLosslessCString { target in place(entry).withLosslessCString { symlink(target, $0) } }
            } else {
                try makePlace(entry, isDirectory: false)
                try host.bind(entry, at: place(entry))
            }
        }
    }

    private func makePlace(_ entry: String, isDirectory: Bool) throws {
        if isDirectory { return try PrivateDirectories.make(place(entry)) }
        try FileDescriptor.open(FilePath(lossless: place(entry)), .writeOnly, options: .create, permissions: .ownerReadWrite)
            .close()
    }

    // MARK: - Sockets

    /// A socket or a pipe is not reached through an overlay, so each is bound. They are looked for in /run only: they belong
    /// there, and the other directories may be large.
    private func bindSockets(_ relative: String) throws {
        guard path == "/run" else { return }
        var todo = [relative]
        while let directory = todo.popLast() {
            for (name, kind) in try host.entries(directory) {
                let entry = directory.isEmpty ? name : directory + "/" + name
                guard !mounts.contains(FilePath(lossless: entry)) else { continue }
                switch kind {
                case .directory: todo.append(entry)
                case .endpoint: try host.bind(entry, at: place(entry))
                case .link, .other: break
                }
            }
        }
    }
}
