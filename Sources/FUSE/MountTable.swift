internal import Glibc
internal import SystemAdditions
public import SystemPackage

/// The mounts that this process sees, and the taking away of one.
public enum MountTable {
    /// One line of `/proc/self/mountinfo`.
    public struct Entry: Hashable, Sendable {
        /// The device number, as `major:minor`.
        public let device: String
        /// Where it is mounted, as an absolute path; blanks and the like are not escaped.
        public let mountPoint: FilePath
        /// For example `ext4` or `fuse.subtype`.
        public let type: String
        /// What is mounted: a device, or whatever the file system calls itself (`fsname` of FUSE).
        public let source: String
        /// The options of the mount, then those of the file system.
        public let options: [String]

        /// Reads one line, with a character for each byte of it; nil where it is not of the form in `proc(5)`.
        public init?(line: some StringProtocol) {
            let fields = line.split(separator: " ")
            // Optional fields, of any number, lie between the sixth one and the hyphen.
            guard fields.count >= 9, let hyphen = fields[6...].firstIndex(of: "-"), fields.count >= hyphen + 4 else {
                return nil
            }
            device = String(fields[2])
            mountPoint = FilePath(bytes: MountTable.decode(fields[4]))
            type = String(lossless: MountTable.decode(fields[hyphen + 1]))
            source = String(lossless: MountTable.decode(fields[hyphen + 2]))
            options = (fields[5].split(separator: ",") + fields[hyphen + 3].split(separator: ",")).map {
                String(lossless: MountTable.decode($0))
            }
        }
    }

    /// The mounts, in the order in which they were made: the last one at a mount point is the one on top. Empty where they cannot
    /// be read.
    public static func current() -> [Entry] {
        (try? read()) ?? []
    }

    /// The same, and why they cannot be read.
    /// - Throws: what `open(2)` and `read(2)` answer.
    public static func read() throws(Errno) -> [Entry] {
        let text = String(latin1: try FilePath("/proc/self/mountinfo").contents())
        return text.split(separator: "\n").compactMap { Entry(line: $0) }
    }

    /// The bytes of a field, where a backslash and three octal digits stand for one. A character stands for each other byte.
    static func decode(_ field: some StringProtocol) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = String(field).latin1[...]
        while let byte = rest.popFirst() {
            let digits = String(decoding: rest.prefix(3), as: UTF8.self)
            if byte == UInt8(ascii: "\\"), digits.utf8.count == 3, let code = UInt8(digits, radix: 8) {
                bytes.append(code)
                rest.removeFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return bytes
    }

    /// Ends all requests of a FUSE file system, and its connection to its server, which need not answer for that; where the system
    /// has the file for it, which belongs to the user who has mounted.
    ///
    /// - Parameter device: its number, as in ``Entry/device``.
    /// - Returns: whether it is cut.
    @discardableResult
    public static func cut(_ device: String) -> Bool {
        let file = open(abortFile(device), O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return false }
        defer { close(file) }
        return write(file, "1", 1) == 1
    }

    /// Whether ``cut(_:)`` would.
    public static func canCut(_ device: String) -> Bool {
        access(abortFile(device), W_OK) == 0
    }

    private static func abortFile(_ device: String) -> String {
        "/sys/fs/fuse/connections/\(device.split(separator: ":").last ?? "")/abort"
    }

    /// Takes the mount on top of `path` away, as root by `umount2(2)`, as a user by `fusermount3`.
    /// - Parameter lazy: even while it is in use. A FUSE file system is cut from its server first, whether that answers or not: who
    ///   waits for an answer, or still has something open, gets an error. Where an ordinary user's system has no means to cut
    ///   (``canCut(_:)``), the server goes when the last user does.
    /// - Throws: ``MountError/busy(_:)`` for a mount in use that is not to go lazily, ``MountError/notMounted(_:)`` where nothing
    ///   is mounted, ``MountError/notUnmounted(_:reason:)`` for all else that the system or `fusermount3` refuses; for a user
    ///   ``MountError/noFusermount`` where that program is missing.
    public static func unmount(_ path: FilePath, lazy: Bool) throws(MountError) {
        // Not to be followed: a symbolic link could lead to another mount meanwhile.
        let flags = Int32(UMOUNT_NOFOLLOW) | (lazy ? Int32(MNT_DETACH) | Int32(MNT_FORCE) : 0)
        if path.withPlatformString({ umount2($0, flags) }) == 0 { return }
        switch Errno(rawValue: errno) {
        case .EBUSY: throw .busy(path.lossless)
        case .EINVAL, .ENOENT: throw .notMounted(path.lossless)
        case .EPERM:
            let device = current().last { $0.mountPoint == path }?.device
            let isCut = lazy && Fusermount.path != nil && device.map(cut) ?? false
            // the server of a mount that is cut takes it away, too
            if isCut, current().last(where: { $0.mountPoint == path })?.device != device { return }
            do throws(MountError) {
                try Fusermount.unmount(path, lazy: lazy)
            } catch {
                guard isCut, case .notMounted = error else { throw error }
            }
        case let error: throw .notUnmounted(path.lossless, reason: "\(error)")
        }
    }

    /// The same of a path in UTF-8.
    /// - Throws: as that.
    public static func unmount(_ path: String, lazy: Bool) throws(MountError) {
        try unmount(FilePath(path), lazy: lazy)
    }
}
