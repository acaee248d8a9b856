internal import Glibc
internal import SystemAdditions
internal import SystemPackage
internal import TrustedPaths

/// The checks that come before a mount, so that a failure says what is wrong.
enum MountPoint {
    /// Checks that a file system can be mounted at `path`, and returns the directory, with its path without symbolic links. That is
    /// where to mount: what the path leads to may be another one by then, where it is in another user's directory.
    /// - Throws: ``MountError/missing(_:)``, ``MountError/notDirectory(_:)``, ``MountError/dead(_:)``, and
    ///   ``MountError/unreachable(_:_:)`` for all else that is wrong with the path; ``MountError/distrusted(_:)`` for a link of
    ///   somebody else's; unless `nonEmpty`,
    ///   ``MountError/alreadyMounted(_:type:source:)`` and ``MountError/notEmpty(_:)``; for users ``MountError/noFusermount`` and
    ///   ``MountError/allowOtherForbidden``.
    static func check(_ path: FilePath, _ options: MountOptions) throws(MountError) -> TrustedDirectory {
        let place: TrustedDirectory
        do throws(DistrustError) {
            place = try TrustedDirectory(path, as: .place)
            guard place.missing.isEmpty else { throw .system(path.lossless, .ENOENT) }
        } catch .system(_, let error) {
            throw failure(error, path)
        } catch {
            throw .distrusted("\(error)")
        }
        let path = place.path
        if !options.nonEmpty {
            if let mount = MountTable.current().last(where: { $0.mountPoint == path }) {
                // the kernel may answer stat from what it remembers, but never statfs
                var statistics = statvfs()
                if path.withPlatformString({ statvfs($0, &statistics) }) == -1, errno == ENOTCONN { throw .dead(path.lossless) }
                throw .alreadyMounted(path.lossless, type: mount.type, source: mount.source)
            }
            guard try isEmpty(place) else { throw .notEmpty(path.lossless) }
        }
        if geteuid() != 0 {
            guard Fusermount.path != nil else { throw .noFusermount }
            if options.allowOther, !isAllowOtherPermitted() { throw .allowOtherForbidden }
        }
        return place
    }

    /// Opens the device of FUSE, which belongs to no mount yet.
    /// - Throws: ``MountError/noDevice(_:)`` with what `open(2)` answers.
    static func openDevice() throws(MountError) -> Int32 {
        let descriptor = open("/dev/fuse", O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { throw .noDevice(Errno(rawValue: errno)) }
        return descriptor
    }

    private static func failure(_ error: Errno, _ path: FilePath) -> MountError {
        switch error {
        case .ENOENT: .missing(path.lossless)
        case .ENOTDIR: .notDirectory(path.lossless)
        case .ENOTCONN: .dead(path.lossless)
        default: .unreachable(path.lossless, error)
        }
    }

    private static func isEmpty(_ place: TrustedDirectory) throws(MountError) -> Bool {
        guard let directory = opendir(place.held.path) else {
            throw failure(Errno(rawValue: errno), place.path)
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
