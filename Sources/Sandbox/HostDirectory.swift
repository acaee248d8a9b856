internal import CLinux
internal import Glibc
internal import Namespaces
internal import SystemAdditions
internal import SystemPackage

/// One of the host's directories, still in reach after something of ours has been mounted over it.
final class HostDirectory: Sendable {
    private let descriptor: Int32

    /// Holds the directory that is at `path` now.
    ///
    /// - Throws: what `open(2)` answers: `ENOENT`, `ENOTDIR`, `EACCES`, `EMFILE`.
    init(_ path: String) throws(Errno) {
        descriptor = open(path, linux_o_path | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Errno(rawValue: errno) }
    }

    deinit {
        close(descriptor)
    }

    enum Kind {
        case directory
        case link
        /// A socket or a pipe.
        case endpoint
        case other
    }

    /// A path that leads to what it has at `relative`, for this process only.
    func path(_ relative: String) -> String {
        let path = "/proc/self/fd/\(descriptor)"
        return relative.isEmpty ? path : path + "/" + relative
    }

    /// What is in a directory; empty where it is none.
    func entries(_ relative: String = "") -> [(name: String, kind: Kind)] {
        // not the descriptor's own name but what it leads to
        Self.entries(of: path(relative) + "/.")
    }

    static func entries(of path: String) -> [(name: String, kind: Kind)] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var entries: [(String, Kind)] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name.0) { String(cString: $0) }
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

    /// The target of a link as it is written; nil where it is none.
    func target(_ relative: String) -> String? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(path(relative), &buffer, buffer.count)
        guard count >= 0 else { return nil }
        return String(decoding: buffer[..<count].map { UInt8(truncatingIfNeeded: $0) }, as: UTF8.self)
    }

    /// Shows what it has at `relative` at another place. Nothing where it is gone meanwhile.
    ///
    /// - Throws: `NamespaceError.mount`, but not with `ENOENT`.
    func bind(_ relative: String, at path: String, readOnly: Bool = false) throws(NamespaceError) {
        do throws(NamespaceError) {
            try Mounts.bind(self.path(relative), at: path)
            if readOnly { try Mounts.makeReadOnly(path) }
        } catch .mount(_, _, .ENOENT) {}
    }
}
