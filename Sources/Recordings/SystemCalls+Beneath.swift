internal import CLinux
internal import Glibc
internal import SystemAdditions
public import SystemPackage
internal import VFS

/// How paths are followed: from link to link as Linux does, but never out of the root, whoever changes the links meanwhile.
///
/// A file is reached by a descriptor, and a name that is made or removed by that of the directory that it is in.
extension SystemCalls {
    /// Thrown for a path that leads out of the root: by `..`, or by a link that is absolute or has too many `..` itself. No errno of
    /// Linux; in the answer to a request it is `outside`.
    public static let outside = Errno(rawValue: -1)

    /// Opens what a path leads to.
    ///
    /// - Throws: what open(2) answers, with the errno that the whole path would have, and ``outside``.
    func openBeneath(_ path: SysfsPath, _ flags: Int32, mode: UInt32 = 0) throws(Errno) -> Int32 {
        // the root itself is not named by the recording
        guard path.bytes.contains(where: { $0 != slash }) else {
            return try result { Glibc.open(full(path), flags, mode_t(mode)) }
        }
        return try open(path.bytes[...], flags, mode)
    }

    private func open(_ bytes: ArraySlice<UInt8>, _ flags: Int32, _ mode: UInt32) throws(Errno) -> Int32 {
        let directory = try result {
            (root.isEmpty ? "/" : root).withLosslessCString { Glibc.open($0, linux_o_path | O_DIRECTORY | O_CLOEXEC) }
        }
        defer { _ = Glibc.close(directory) }
        // as long as it would be with the root in front: the kernel refuses one that is too long
        let path = [UInt8(ascii: ".")] + Array(repeating: slash, count: max(1, root.losslessBytes.count)) + bytes
        let name = path.map { CChar(truncatingIfNeeded: $0) } + [0]
        do throws(Errno) {
            return try result {
                var opened: Int32
                // where something is moved while the way leads upwards the kernel cannot tell where that is
                repeat {
                    opened = linux_openat2(directory, name, flags, mode, linux_resolve_beneath)
                } while opened < 0 && errno == EAGAIN
                return opened
            }
        } catch .EXDEV {
            throw Self.outside
        } catch .ENOSYS {
            // before Linux 5.6; a sysfs, which is recorded there, has no link that leads out
            guard !bytes.split(separator: slash).contains(where: { $0.elementsEqual("..".utf8) }) else { throw Self.outside }
            return try result { openat(directory, name, flags, mode_t(mode)) }
        }
    }

    /// Makes a call with a descriptor of what a path leads to, which serves to name it only.
    ///
    /// - Parameter flags: `O_NOFOLLOW` for a link itself.
    /// - Throws: what the way there and the call answer.
    @discardableResult
    func withFile(at path: SysfsPath, _ flags: Int32 = 0, _ call: (Int32) -> Int32) throws(Errno) -> Int32 {
        let file = try openBeneath(path, linux_o_path | O_CLOEXEC | flags)
        defer { _ = Glibc.close(file) }
        return try result { call(file) }
    }

    /// Makes a call with the directory that a path's last name is in, and that name, with all slashes behind it.
    ///
    /// - Throws: what the way there and the call answer.
    @discardableResult
    func withName(of path: SysfsPath, _ call: (Int32, [CChar]) throws(Errno) -> Int32) throws(Errno) -> Int32 {
        guard root.losslessBytes.count + 1 + path.bytes.count < PATH_MAX else { throw .ENAMETOOLONG }
        guard let end = path.bytes.lastIndex(where: { $0 != slash }) else {
            return try result { () throws(Errno) in try call(AT_FDCWD, full(path)) }
        }
        let start = path.bytes[...end].lastIndex(of: slash).map { $0 + 1 } ?? 0
        let directory = try open(path.bytes[..<start], linux_o_path | O_DIRECTORY | O_CLOEXEC, 0)
        defer { _ = Glibc.close(directory) }
        let name = path.bytes[start...].map { CChar(truncatingIfNeeded: $0) } + [0]
        return try result { () throws(Errno) in try call(directory, name) }
    }

    /// The path as C wants it.
    private func full(_ path: SysfsPath) -> [CChar] {
        (root.losslessBytes + [slash] + path.bytes).map { CChar(truncatingIfNeeded: $0) } + [0]
    }

    @discardableResult
    private func result(_ call: () throws(Errno) -> Int32) throws(Errno) -> Int32 {
        let result = try call()
        guard result >= 0 else { throw Errno(rawValue: errno) }
        return result
    }
}

private let slash = UInt8(ascii: "/")
