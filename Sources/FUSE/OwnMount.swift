internal import CFuse
internal import Glibc

/// A mount that this process has made and takes away again.
struct OwnMount: Sendable {
    let path: String
    /// The device number under which the kernel shows it, to tell it from a mount that took its place.
    let device: String?
    /// An opened `/dev/fuse` that belongs to no mount.
    let severed: Int32

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
        let shown = MountTable.current().last { $0.mountPoint == path }
        guard let shown, shown.device == device else { return }
        try? MountTable.unmount(path, lazy: true)
    }
}
