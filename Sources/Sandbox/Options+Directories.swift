internal import Glibc
internal import SystemAdditions
internal import SystemPackage

extension Sandbox.Options {
    /// The machine's own, which nothing may take the place of.
    private static let machines = ["/dev", "/proc", "/sys"]

    /// The options with directories that can be mounted on: without links, and each once.
    ///
    /// - Throws: `SandboxError.directory` for one that cannot be mounted on; `SandboxError.nothingToKeep` and
    ///   `SandboxError.stateWithin` for a state that makes no sense, or that would be in itself.
    func checked() throws(SandboxError) -> Sandbox.Options {
        var options = self
        options.copyOnWrite = Self.topmost(try copyOnWrite.map(Self.directory)).filter { !Self.isIn("/run", $0) }
        guard state == nil || !options.copyOnWrite.isEmpty else { throw .nothingToKeep }
        if let state, let path = Self.future(state.hasPrefix("/") ? state : "/proc/self/cwd/" + state) {
            let forbidden = options.copyOnWrite + Self.machines
            guard path != "/", !forbidden.contains(where: { Self.isIn($0, path) }) else { throw .stateWithin(state) }
        }
        // one that is missing is made where that does not touch the host
        let privateDirectories = options.copyOnWrite + ["/run"]
        options.empty = try empty.map { path throws(SandboxError) in
            guard access(path, F_OK) != 0, let future = Self.future(path) else { return try Self.directory(path) }
            guard privateDirectories.contains(where: { Self.isIn($0, future) }) else { return try Self.directory(path) }
            return future
        }
        for path in options.empty where path == "/run" || Self.isIn(Sandbox.own, path) { throw .directory(path, .EBUSY) }
        return options
    }

    /// The path without links of a directory that may be missing; nil for one that is not absolute, or goes up in what is
    /// missing.
    private static func future(_ path: String) -> String? {
        guard path.hasPrefix("/") else { return nil }
        var existing = FilePath(path)
        var missing: [FilePath.Component] = []
        while access(existing.string, F_OK) != 0, let last = existing.lastComponent {
            guard last.kind == .regular else { return nil }
            missing.append(last)
            existing.removeLastComponent()
        }
        return (try? existing.resolved())?.appending(missing.reversed()).string
    }

    private static func isIn(_ directory: String, _ path: String) -> Bool {
        path == directory || path.hasPrefix(directory + "/")
    }

    /// The directories without those that are in another one of them.
    private static func topmost(_ paths: [String]) -> [String] {
        Set(paths).sorted().reduce(into: []) { topmost, path in
            if !topmost.contains(where: { isIn($0, path) }) { topmost.append(path) }
        }
    }

    /// The path of a directory without links.
    private static func directory(_ path: String) throws(SandboxError) -> String {
        guard path.hasPrefix("/") else { throw .directory(path, .EINVAL) }
        let directory: String
        do throws(Errno) {
            directory = try FilePath(path).resolved().string
        } catch {
            throw .directory(path, error)
        }
        var status = stat()
        guard stat(directory, &status) == 0 else { throw .directory(path, Errno(rawValue: errno)) }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw .directory(path, .ENOTDIR) }
        guard directory != "/", !machines.contains(where: { isIn($0, directory) }) else { throw .directory(path, .EBUSY) }
        return directory
    }
}
