internal import CLinux
internal import Glibc
internal import Namespaces
internal import SystemAdditions
internal import SystemPackage
internal import TrustedPaths

/// One of the host's directories, still in reach after something of ours has been mounted over it. No link in it is followed: it
/// may be anybody's.
struct HostDirectory: Sendable {
    let held: HeldDirectory

    /// Holds the directory that is at `path` now.
    ///
    /// - Throws: what `open(2)` answers: `ENOENT`, `ENOTDIR`, `EACCES`, `EMFILE`, and `ELOOP` for a path with a link in it.
    init(_ path: String) throws(Errno) {
        held = try HeldDirectory(path)
    }

    enum Kind {
        case directory
        case link
        /// A socket or a pipe.
        case endpoint
        case other
    }

    /// What is in a directory; empty where it is none. Names are texts of which the bytes can be had (`String.init(lossless:)`), as
    /// all paths here are.
    ///
    /// - Throws: what comes of a limit, `EMFILE` for example.
    func entries(_ relative: String = "") throws(Errno) -> [(name: String, kind: Kind)] {
        guard let descriptor = try open(relative, O_RDONLY | O_DIRECTORY) else { return [] }
        guard let directory = fdopendir(descriptor) else {
            let error = Errno(rawValue: errno)
            close(descriptor)
            throw error
        }
        return Self.entries(of: directory)
    }

    static func entries(of path: String) -> [(name: String, kind: Kind)] {
        opendir(path).map(entries) ?? []
    }

    private static func entries(of directory: OpaquePointer) -> [(name: String, kind: Kind)] {
        defer { closedir(directory) }
        var entries: [(String, Kind)] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(lossless: $0.prefix { $0 != 0 }) }
            guard name != ".", name != ".." else { continue }
            switch Int(entry.pointee.d_type) {
            case DT_DIR: entries.append((name, .directory))
            case DT_LNK: entries.append((name, .link))
            case DT_SOCK, DT_FIFO: entries.append((name, .endpoint))
            default: entries.append((name, .other))
            }
        }
        return entries
    }

    /// Opens what it has at `relative`; nil where that is not there, or cannot be opened so.
    ///
    /// - Throws: what comes of a limit (`Errno.remedy`): who goes on without what is there would leave out what matters.
    private func open(_ relative: String, _ flags: Int32) throws(Errno) -> Int32? {
        do throws(Errno) {
            return try held.open(relative, flags)
        } catch {
            guard error.remedy.isEmpty else { throw error }
            return nil
        }
    }

    /// The target of a link as it is written; nil where it is none.
    ///
    /// - Throws: what comes of a limit.
    func target(_ relative: String) throws(Errno) -> String? {
        guard let link = try open(relative, linux_o_path) else { return nil }
        defer { close(link) }
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlinkat(link, "", &buffer, buffer.count)
        guard count >= 0 else { return nil }
        return String(lossless: buffer[..<count].map { UInt8(truncatingIfNeeded: $0) })
    }

    /// Whether there is a file of one of those types, such as `S_IFREG`; what `stat(2)` says of it.
    ///
    /// - Throws: what comes of a limit.
    func status(_ relative: String, _ type: mode_t) throws(Errno) -> stat? {
        guard let file = try open(relative, linux_o_path) else { return nil }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == type else { return nil }
        return status
    }

    /// Shows what it has at `relative` at another place. Nothing where one of the two is gone meanwhile, or has become a link.
    ///
    /// - Throws: `NamespaceError.mount`, but not with `ENOENT`, `ENOTDIR` or `ELOOP`.
    func bind(_ relative: String, at path: String, readOnly: Bool = false) throws(NamespaceError) {
        do throws(NamespaceError) {
            let source: Int32
            do throws(Errno) {
                source = try held.open(relative, linux_o_path)
            } catch {
                throw .mount("bind", path: path, error)
            }
            defer { close(source) }
            var status = stat()
            guard fstat(source, &status) == 0, status.st_mode & S_IFMT != S_IFLNK else { return }
            try Mounts.bind(source, at: path)
            if readOnly { try Mounts.makeReadOnly(path) }
        } catch .mount(_, _, .ENOENT) {
        } catch .mount(_, _, .ENOTDIR) {
        } catch .mount(_, _, .ELOOP) {
        }
    }
}

extension String {
    /// A name or a target of the host's as a node has it (`NodeSource`).
    var asNode: String { String(latin1: losslessBytes) }
}
