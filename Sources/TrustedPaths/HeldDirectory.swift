internal import CLinux
public import Glibc
internal import SystemAdditions
public import SystemPackage

/// A directory held by a descriptor: what is done in it is done there, wherever its path leads meanwhile. No link is followed.
///
/// Paths that are not UTF-8 are texts of which the bytes can be had (`String.init(lossless:)`).
public final class HeldDirectory: Sendable {
    /// Opened with `O_PATH`; closed with the last reference to this.
    public let descriptor: Int32

    init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }

    /// Holds the directory that is at `path` now.
    ///
    /// - Throws: what `openat2(2)` answers: `ELOOP` where a name in the path is a link, `ENOENT`, `ENOTDIR`, `EACCES`, `EMFILE`;
    ///   `ENOSYS` before Linux 5.6.
    public convenience init(_ path: String) throws(Errno) {
        self.init(descriptor: try Self.open(AT_FDCWD, path, linux_o_path | O_DIRECTORY))
    }

    /// A path that leads to it, for this process only.
    public var path: String { "/proc/self/fd/\(descriptor)" }

    /// Opens what it has at a relative path; the empty path is its own.
    ///
    /// - Parameters:
    ///   - flags: `O_CLOEXEC` is added, and `O_NOFOLLOW`.
    ///   - mode: the permissions of a file that is made, where `flags` has `O_CREAT`.
    /// - Returns: the descriptor.
    /// - Throws: what `openat2(2)` answers: `ELOOP` where a name in the path is a link.
    public func open(_ relative: String, _ flags: Int32, mode: UInt32 = 0) throws(Errno) -> Int32 {
        try Self.open(descriptor, relative.isEmpty ? "." : relative, flags, mode: mode)
    }

    /// The directory that it has at a relative path.
    ///
    /// - Throws: as ``open(_:_:mode:)``, and `ENOTDIR`.
    public func directory(_ relative: String) throws(Errno) -> HeldDirectory {
        HeldDirectory(descriptor: try open(relative, linux_o_path | O_DIRECTORY))
    }

    /// The directory that it has at a relative path, made where it is missing, with those that lead to it.
    ///
    /// - Throws: as ``directory(_:)``, and what `mkdir(2)` answers.
    public func makeDirectory(_ relative: String) throws(Errno) -> HeldDirectory {
        do throws(Errno) {
            return try directory(relative)
        } catch {
            guard error == .ENOENT else { throw error }
        }
        var held = self
        for name in relative.losslessBytes.split(separator: UInt8(ascii: "/")).map(String.init(lossless:)) {
            let made = name.withLosslessCString { mkdirat(held.descriptor, $0, 0o755) }
            guard made == 0 || errno == EEXIST else { throw Errno(rawValue: errno) }
            held = try held.directory(name)
        }
        return held
    }

    /// What `stat(2)` says of it.
    ///
    /// - Throws: `ENOTCONN` and the like where the server of a mount is gone.
    public func status() throws(Errno) -> stat {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Errno(rawValue: errno) }
        return status
    }

    private static func open(_ directory: Int32, _ path: String, _ flags: Int32, mode: UInt32 = 0) throws(Errno) -> Int32 {
        let flags = flags | O_CLOEXEC | O_NOFOLLOW
        let opened = path.withLosslessCString { linux_openat2(directory, $0, flags, mode, linux_resolve_no_symlinks) }
        guard opened >= 0 else { throw Errno(rawValue: errno) }
        return opened
    }
}
