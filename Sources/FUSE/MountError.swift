internal import SystemAdditions
public import SystemPackage

/// Why a mount or an unmount did not come about; its description is one line: what is wrong, and what to do.
public enum MountError: Error, Hashable, Sendable, CustomStringConvertible {
    /// There is no such path.
    case missing(String)
    /// The path, or one of those that lead to it, is not a directory.
    case notDirectory(String)
    /// The directory has files in it, and ``MountOptions/nonEmpty`` is not set.
    case notEmpty(String)
    /// Something is mounted there already, of that type and from that source, and ``MountOptions/nonEmpty`` is not set.
    case alreadyMounted(String, type: String, source: String)
    /// The mount that is there has lost its server (`ENOTCONN`).
    case dead(String)
    /// The path cannot be looked at, or not listed: what the system answered.
    case unreachable(String, Errno)
    /// The path has a link in it that another user may have put there; how it is said.
    case distrusted(String)
    /// `/dev/fuse` cannot be opened: what the system answered.
    case noDevice(Errno)
    /// Only root can do without `fusermount3`, which is not there.
    case noFusermount
    /// `/etc/fuse.conf` does not let users have ``MountOptions/allowOther``.
    case allowOtherForbidden
    /// An option as it was written, and what is wrong with its value.
    case invalidOption(String, reason: String)
    /// Libfuse does not know one of these.
    case unknownOptions([String])
    /// The kernel or `fusermount3` refused the mount, or the session was mounted before (`EBUSY`).
    case refused(String, Errno)
    /// The system has no threads for the session.
    case noThreads
    /// Nothing is mounted at the path, so there is nothing to unmount.
    case notMounted(String)
    /// It is in use, and was not to be unmounted lazily.
    case busy(String)
    /// The unmount failed for another reason: an errno, or what `fusermount3` complained about.
    case notUnmounted(String, reason: String)

    public var description: String {
        switch self {
        case .missing(let path):
            "mount point \(path) does not exist; make the directory first"
        case .notDirectory(let path):
            "mount point \(path) is not a directory; name a directory"
        case .notEmpty(let path):
            "mount point \(path) is not empty; name an empty directory or mount with -o nonempty"
        case .alreadyMounted(let path, let type, let source):
            "mount point \(path) already has a \(type) mounted (source \(source)); unmount that first"
        case .dead(let path):
            "mount point \(path) has a dead mount, whose server is gone; clean it with `fusermount3 -u \(path)` "
                + "or, as root, `umount \(path)`"
        case .unreachable(let path, let error):
            "mount point \(path) cannot be used: \(error)"
                + (error.remedy.isEmpty ? "; check the path and its permissions" : error.remedy)
        case .distrusted(let reason):
            "mount point \(reason)"
        case .noDevice(.ENOENT):
            "there is no /dev/fuse; load the module with `modprobe fuse`, or give the container the device"
        case .noDevice(let error) where !error.remedy.isEmpty:
            "/dev/fuse cannot be opened: \(error)\(error.remedy)"
        case .noDevice(let error):
            "/dev/fuse cannot be opened: \(error); have root run `chmod 666 /dev/fuse`, or give the container the device"
        case .noFusermount:
            "only root can mount without fusermount3, which was not found; install the package fuse3"
        case .allowOtherForbidden:
            "allow_other is not allowed to users; put the line user_allow_other into /etc/fuse.conf"
        case .invalidOption(let option, let reason):
            "mount option \(option) is wrong: \(reason); see mount.fuse3(8)"
        case .unknownOptions(let options):
            "libfuse rejects the mount options \(options.joined(separator: ",")); see mount.fuse3(8)"
        case .refused(let path, let error):
            "mounting at \(path) was refused: \(error)"
                + (error.remedy.isEmpty ? "; mount as root, in a user namespace, or with fusermount3" : error.remedy)
        case .noThreads:
            "no thread can be started\(Errno.EAGAIN.remedy)"
        case .notMounted(let path):
            "nothing is mounted at \(path); see /proc/self/mountinfo"
        case .busy(let path):
            "\(path) is busy: files are open or it is somebody's working directory; end those or unmount lazily"
        case .notUnmounted(let path, let reason):
            "\(path) could not be unmounted: \(reason); unmount it as the user who mounted it, or as root"
        }
    }
}
