internal import CLinux
internal import Glibc
internal import SystemAdditions
public import SystemPackage

/// Private namespaces of Linux, in which a process mounts what it likes and nothing of the host is touched.
public enum Namespaces {
    /// Puts the calling process into new mount, PID, IPC and UTS namespaces, and into a network namespace if asked for. A process
    /// that may not do that gets a user namespace of its own first: it is root in there, and outside of it still the user that it
    /// was.
    ///
    /// The process itself keeps its PID; the first process that it starts is number 1 in the new namespace, and all others end
    /// with that one. To be called while the process has one thread.
    ///
    /// - Throws: ``NamespaceError/refused(_:)``, with `EPERM` where even a user namespace is forbidden, `ENOSPC` where there are
    ///   too many or none are allowed, `EINVAL` where the kernel has none or the process has more than one thread, and with what
    ///   the maps of users and groups answer to being written.
    public static func enter(network: Bool) throws(NamespaceError) {
        let wanted = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | (network ? CLONE_NEWNET : 0)
        if unshare(wanted) == 0 { return }
        guard errno == EPERM else { throw .refused(Errno(rawValue: errno)) }
        let (user, group) = (geteuid(), getegid())
        guard unshare(CLONE_NEWUSER | wanted) == 0 else { throw .refused(Errno(rawValue: errno)) }
        do throws(Errno) {
            // without this a user may not map a group
            try write("deny", to: "/proc/self/setgroups")
            try write("0 \(group) 1", to: "/proc/self/gid_map")
            try write("0 \(user) 1", to: "/proc/self/uid_map")
        } catch {
            throw .refused(error)
        }
    }

    /// Puts the calling process into a mount namespace of its own, a copy of the one that it was in. To be called while the process
    /// has one thread.
    ///
    /// - Throws: ``NamespaceError/refused(_:)``, as ``enter(network:)``.
    public static func enterMounts() throws(NamespaceError) {
        guard unshare(CLONE_NEWNS) == 0 else { throw .refused(Errno(rawValue: errno)) }
    }

    /// Whether the process is in a user namespace that does not have all users, one of its own or somebody else's. Its root is
    /// nobody to the files of users that are not in it, and may not take the host's mounts apart.
    public static var isInUserNamespace: Bool {
        let map = FilePath("/proc/self/uid_map").text.split(whereSeparator: \.isWhitespace)
        return map != ["0", "0", "4294967295"]
    }

    /// Goes on as two processes: the second is the first one in the PID namespace that was entered. To be called while the
    /// process has one thread.
    ///
    /// - Returns: nil in the new process, its PID in the old one.
    /// - Throws: `EAGAIN` and `ENOMEM` where there can be no more processes.
    public static func fork() throws(Errno) -> Int32? {
        let child = linux_fork()
        guard child >= 0 else { throw Errno(rawValue: errno) }
        return child == 0 ? nil : child
    }

    /// Brings up the loopback interface of a new network namespace.
    ///
    /// - Throws: `EPERM` without `CAP_NET_ADMIN` over it, `EMFILE` and `ENFILE` where there can be no more sockets.
    public static func bringLoopbackUp() throws(Errno) {
        guard linux_loopback_up() == 0 else { throw Errno(rawValue: errno) }
    }

    /// The mounts that another process sees, and what it has for its root.
    public struct View: Sendable {
        private let namespace: Int32
        private let root: Int32

        /// Holds what that process sees now.
        ///
        /// - Throws: what `open(2)` answers: `ENOENT` where there is no such process, `EMFILE`.
        public init(of process: Int32) throws(Errno) {
            namespace = open("/proc/\(process)/ns/mnt", O_RDONLY | O_CLOEXEC)
            guard namespace >= 0 else { throw Errno(rawValue: errno) }
            root = open("/proc/\(process)/root", linux_o_path | O_DIRECTORY | O_CLOEXEC)
            guard root >= 0 else {
                let error = Errno(rawValue: errno)
                Glibc.close(namespace)
                throw error
            }
        }

        /// By which it is held.
        public var descriptors: [Int32] { [namespace, root] }

        /// Has the calling process see the same; that must have one thread.
        ///
        /// - Throws: what `setns(2)` and `chroot(2)` answer: `EPERM`.
        public func enter() throws(Errno) {
            guard setns(namespace, CLONE_NEWNS) == 0, fchdir(root) == 0, chroot(".") == 0 else {
                throw Errno(rawValue: errno)
            }
        }

        /// Lets go of it.
        public func close() {
            Glibc.close(namespace)
            Glibc.close(root)
        }
    }

    private static func write(_ text: String, to path: String) throws(Errno) {
        let descriptor = open(path, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Errno(rawValue: errno) }
        defer { close(descriptor) }
        guard Glibc.write(descriptor, text, text.utf8.count) >= 0 else { throw Errno(rawValue: errno) }
    }
}
