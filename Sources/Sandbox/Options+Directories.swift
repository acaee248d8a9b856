internal import Glibc
internal import SystemPackage

extension Sandbox.Options {
    /// The machine's own, which nothing may take the place of.
    private static let machines = ["/dev", "/proc", "/sys"]

    /// The options with directories that can be mounted on: without links, and each once.
    ///
    /// - Throws: `SandboxError.directory`.
    func checked() throws(SandboxError) -> Sandbox.Options {
        var options = self
        options.copyOnWrite = Self.topmost(try copyOnWrite.map(Self.directory)).filter { !Self.isIn("/run", $0) }
        // one that is missing is made where that does not touch the host
        let privateDirectories = options.copyOnWrite + ["/run"]
        options.empty = try empty.map { path throws(SandboxError) in
            let canBeMade = path.hasPrefix("/") && privateDirectories.contains { path.hasPrefix($0 + "/") }
            return canBeMade && access(path, F_OK) != 0 ? path : try Self.directory(path)
        }
        guard !options.empty.contains("/run") else { throw .directory("/run", .resourceBusy) }
        return options
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
        guard path.hasPrefix("/") else { throw .directory(path, .invalidArgument) }
        guard let resolved = realpath(path, nil) else { throw .directory(path, Errno(rawValue: errno)) }
        defer { free(resolved) }
        let directory = String(cString: resolved)
        var status = stat()
        guard stat(directory, &status) == 0 else { throw .directory(path, Errno(rawValue: errno)) }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw .directory(path, .notDirectory) }
        guard directory != "/", !machines.contains(where: { isIn($0, directory) }) else { throw .directory(path, .resourceBusy) }
        return directory
    }
}
