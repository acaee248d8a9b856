internal import CFuse
internal import Glibc
internal import Synchronization
internal import SystemPackage

/// A connection to the kernel, and the mount that it belongs to.
final class OwnMount: Sendable {
    /// Where this process has mounted it, and takes it away again; nil where another process does both.
    let path: FilePath?
    /// The device number under which the kernel shows it, to tell it from a mount that took its place.
    let device: String?
    /// An opened `/dev/fuse` that belongs to no mount.
    private let severed: Int32
    /// Whether it has been taken away. Held meanwhile: who comes second must not take away what lies below.
    private let isGone = Mutex(false)

    init(path: FilePath?, device: String?, severed: Int32) {
        self.path = path
        self.device = device
        self.severed = severed
    }

    /// Ends every request at once, those included that a notification waits for, and unmounts if it can.
    func abort() {
        let isCut = isGone.withLock { isGone in
            guard let path, !isGone, isThere else { return isGone }
            let flags = Int32(UMOUNT_NOFOLLOW) | Int32(MNT_DETACH) | Int32(MNT_FORCE)
            isGone = path.withPlatformString { umount2($0, flags) } == 0
            return isGone
        }
        if !isCut, let device { MountTable.cut(device) }
    }

    /// Whether it can be seen at its path.
    private var isThere: Bool {
        MountTable.current().last { $0.mountPoint == path }?.device == device
    }

    /// Cuts the kernel's connection to `session` and unmounts.
    ///
    /// The descriptor of the session is not closed but made a severed one, so that late answers and notifications fail in
    /// the kernel instead of reaching a file that got the same number, and so that libfuse finds nothing left to unmount.
    func remove(from session: OpaquePointer) {
        let descriptor = fuse_session_fd(session)
        // Whoever waits for an answer gets ECONNABORTED; a connected device would make an unmount wait for answers.
        dup2(severed, descriptor)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        close(severed)
        isGone.withLock { isGone in
            guard let path, !isGone, isThere else { return }
            try? MountTable.unmount(path, lazy: true)
            isGone = true
        }
    }
}
