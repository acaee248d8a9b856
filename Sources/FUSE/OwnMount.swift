internal import CFuse
internal import Glibc

/// A connection to the kernel, and the mount that it belongs to.
struct OwnMount: Sendable {
    /// Where this process has mounted it, and takes it away again; nil where another process does both.
    let path: String?
    /// The device number under which the kernel shows it, to tell it from a mount that took its place.
    let device: String?
    /// An opened `/dev/fuse` that belongs to no mount.
    let severed: Int32

    /// Ends every request at once, those included that a notification waits for, and unmounts if it can.
    func abort() {
        if let path, isThere, umount2(path, Int32(UMOUNT_NOFOLLOW) | Int32(MNT_DETACH) | Int32(MNT_FORCE)) == 0 { return }
        if let device { MountTable.cut(device) }
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
        guard let path, isThere else { return }
        try? MountTable.unmount(path, lazy: true)
    }
}
