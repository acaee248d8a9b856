internal import Glibc
internal import Namespaces
internal import SystemAdditions
internal import SystemPackage

/// A directory of the user's that keeps what a sandbox changes, for one sandbox at a time.
struct KeptState: Sendable {
    /// Absolute, without links.
    let path: String

    /// Makes the directory if it is missing, and takes it for as long as this process and its children live.
    ///
    /// - Throws: `SandboxError.state` where it cannot be made or written, `SandboxError.stateInUse` where another sandbox has it.
    init(_ path: String) throws(SandboxError) {
        guard !path.isEmpty else { throw .state("''", .EINVAL) }
        do throws(Errno) {
            try PrivateDirectories.make(path)
            self.path = try FilePath(path).resolved().string
        } catch {
            throw .state(path, error)
        }
        let lock = open(self.path + "/.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0 else { throw .state(path, Errno(rawValue: errno)) }
        // the descriptor is never closed: the lock goes with the last process that has it
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            let error = Errno(rawValue: errno)
            close(lock)
            throw error == .EAGAIN ? .stateInUse(path) : .state(path, error)
        }
    }

    /// Says whose the directory is, or finds that it is the other's: root and the root of a user namespace mark what they have
    /// removed in different ways, and neither sees the other's marks.
    ///
    /// - Throws: `SandboxError.state` where it cannot be written, `SandboxError.stateOfOthers` where it is the other's.
    func claim() throws(SandboxError) {
        let (mine, others) = Namespaces.isInUserNamespace ? (".user", ".root") : (".root", ".user")
        guard access(path + "/" + others, F_OK) != 0 else { throw .stateOfOthers(path) }
        let mark = open(path + "/" + mine, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard mark >= 0 else { throw .state(path, Errno(rawValue: errno)) }
        close(mark)
    }
}
