internal import Glibc
public import SystemPackage

extension FilePath {
    /// The absolute path of the same file, without links and dots.
    ///
    /// - Throws: what `realpath(3)` answers: `ENOENT` where there is no such file, `ENOTDIR` where the way leads through a file,
    ///   `EACCES` and `ELOOP` where the way is barred, `ENOTCONN` below a mount whose server is gone.
    public func resolved() throws(Errno) -> FilePath {
        guard let resolved = withPlatformString({ realpath($0, nil) }) else { throw Errno(rawValue: errno) }
        defer { free(resolved) }
        return FilePath(platformString: resolved)
    }
}
