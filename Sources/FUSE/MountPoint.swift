internal import Glibc
internal import SystemAdditions
internal import SystemPackage

/// The checks that come before a mount, so that a failure says what is wrong.
enum MountPoint {
    /// Checks that a file system can be mounted at `path`, and returns the path without symbolic links.
    /// - Throws: ``MountError/missing(_:)``, ``MountError/notDirectory(_:)``, ``MountError/dead(_:)``, and
    ///   ``MountError/unreachable(_:_:)`` for all else that is wrong with the path; unless `nonEmpty`,
    ///   ``MountError/alreadyMounted(_:type:source:)`` and ``MountError/notEmpty(_:)``; for users ``MountError/noFusermount`` and
    ///   ``MountError/allowOtherForbidden``.
    static func check(_ path: String, _ options: MountOptions) throws(MountError) -> String {
        let given = path
        let path: String
        do throws(Errno) {
            path = try FilePath(given).resolved().string
        } catch {
            throw failure(error, given)
        }
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw failure(Errno(rawValue: errno), path)
        }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw .notDirectory(path) }
        if !options.nonEmpty {
            if let mount = MountTable.current().last(where: { $0.mountPoint == path }) {
                // the kernel may answer stat from what it remembers, but never statfs
                var statistics = statvfs()
                if statvfs(path, &statistics) == -1, errno == ENOTCONN { throw .dead(path) }
                throw .alreadyMounted(path, type: mount.type, source: mount.source)
            }
            guard try isEmpty(path) else { throw .notEmpty(path) }
        }
        if geteuid() != 0 {
            guard Fusermount.path != nil else { throw .noFusermount }
            if options.allowOther, !isAllowOtherPermitted() { throw .allowOtherForbidden }
        }
        return path
    }

    /// Opens the device of FUSE, which belongs to no mount yet.
    /// - Throws: ``MountError/noDevice(_:)`` with what `open(2)` answers.
    static func openDevice() throws(MountError) -> Int32 {
        let descriptor = open("/dev/fuse", O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { throw .noDevice(Errno(rawValue: errno)) }
        return descriptor
    }

    private static func failure(_ error: Errno, _ path: String) -> MountError {
        switch error {
        case .ENOENT: .missing(path)
        case .ENOTDIR: .notDirectory(path)
        case .ENOTCONN: .dead(path)
        default: .unreachable(path, error)
        }
    }

    private static func isEmpty(_ path: String) throws(MountError) -> Bool {
        guard let directory = opendir(path) else {
            throw failure(Errno(rawValue: errno), path)
        }
        defer { closedir(directory) }
        // `.` and `..` are the two names of an empty directory.
        var count = 0
        while count <= 2, readdir(directory) != nil {
            count += 1
        }
        return count <= 2
    }

    private static func isAllowOtherPermitted() -> Bool {
        let lines = FilePath("/etc/fuse.conf").text.split(whereSeparator: \.isNewline)
        return lines.contains { $0.split(whereSeparator: \.isWhitespace).first == "user_allow_other" }
    }
}
