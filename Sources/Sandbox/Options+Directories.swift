internal import Glibc
internal import SystemAdditions
internal import SystemPackage
internal import TrustedPaths

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
        if let state, let path = try Self.future(state) {
            let forbidden = options.copyOnWrite + Self.machines
            guard path != "/", !forbidden.contains(where: { Self.isIn($0, path) }) else { throw .stateWithin(state) }
        }
        // one that is missing is made where that does not touch the host
        let privateDirectories = options.copyOnWrite + ["/run"]
        options.empty = try empty.map { path throws(SandboxError) in
            guard path.utf8.first == UInt8(ascii: "/"), path.withLosslessCString({ access($0, F_OK) }) != 0,
                let future = try Self.future(path)
            else {
                return try Self.directory(path)
            }
            guard privateDirectories.contains(where: { Self.isIn($0, future) }) else { return try Self.directory(path) }
            return future
        }
        for path in options.empty where path == "/run" || Self.isIn(Sandbox.own, path) { throw .directory(path, .EBUSY) }
        return options
    }

    /// The path without links of a directory that may be missing; nil for one that cannot be, as it goes up in what is missing.
    ///
    /// - Throws: `SandboxError.distrusted` where a link of somebody else's is on the way.
    private static func future(_ path: String) throws(SandboxError) -> String? {
        do throws(DistrustError) {
            let found = try TrustedDirectory(FilePath(lossless: path), as: .place)
            return found.path.appending(found.missing).lossless
        } catch .system {
            return nil
        } catch {
            throw .distrusted(error)
        }
    }

    private static func isIn(_ directory: String, _ path: String) -> Bool {
        path.utf8.elementsEqual(directory.utf8) || path.utf8.starts(with: (directory + "/").utf8)
    }

    /// The directories without those that are in another one of them.
    private static func topmost(_ paths: [String]) -> [String] {
        paths.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.reduce(into: []) { topmost, path in
            if !topmost.contains(where: { isIn($0, path) }) { topmost.append(path) }
        }
    }

    /// The path of a directory without links.
    private static func directory(_ path: String) throws(SandboxError) -> String {
        guard path.utf8.first == UInt8(ascii: "/") else { throw .directory(path, .EINVAL) }
        let directory: String
        do throws(DistrustError) {
            let found = try TrustedDirectory(FilePath(lossless: path), as: .place)
            guard found.missing.isEmpty else { throw .system(path, .ENOENT) }
            directory = found.path.lossless
        } catch .system(_, let error) {
            throw .directory(path, error)
        } catch {
            throw .distrusted(error)
        }
        guard directory != "/", !machines.contains(where: { isIn($0, directory) }) else { throw .directory(path, .EBUSY) }
        return directory
    }
}
