internal import Glibc
internal import Namespaces
internal import SystemAdditions
internal import SystemPackage
internal import TrustedPaths

/// A directory of the user's that keeps what a sandbox changes, for one sandbox at a time. What is in it is seen by programs in
/// /etc, so nobody else may have put it there.
struct KeptState: Sendable {
    /// Absolute, without links.
    let path: String
    /// The directory as it was found. Nothing can be mounted on it: the mount that it is on is of the namespace outside.
    private let outside: HeldDirectory

    /// Makes the directory if it is missing, and takes it for as long as this process and its children live.
    ///
    /// - Throws: `SandboxError.distrusted` where it is in other hands, `SandboxError.state` where it cannot be made or written,
    ///   `SandboxError.stateInUse` where another sandbox has it.
    init(_ path: String) throws(SandboxError) {
        do throws(DistrustError) {
            let directory = try TrustedDirectory(FilePath(lossless: path), as: .own, making: true)
            self.path = directory.path.lossless
            outside = directory.held
        } catch .system(_, let error) {
            throw .state(path.isEmpty ? "''" : path, error)
        } catch {
            throw .distrusted(error)
        }
        do throws(Errno) {
            let lock = try outside.open(".lock", O_RDWR | O_CREAT, mode: 0o600)
            // the descriptor is never closed: the lock goes with the last process that has it
            guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
                let error = Errno(rawValue: errno)
                close(lock)
                throw error
            }
        } catch .EAGAIN {
            throw .stateInUse(path)
        } catch .ELOOP {
            throw .stateHasLink(".lock")
        } catch {
            throw .state(path, error)
        }
    }

    /// The directory in the namespace that this process is in now, before anything is mounted over it.
    ///
    /// Says whose it is, or finds that it is the other's: root and the root of a user namespace mark what they have removed in
    /// different ways, and neither sees the other's marks.
    ///
    /// - Throws: `SandboxError.state` where it cannot be written, or its path leads somewhere else by now;
    ///   `SandboxError.stateOfOthers` where it is the other's.
    func claim() throws(SandboxError) -> HeldDirectory {
        let (mine, others) = Namespaces.isInUserNamespace ? (".user", ".root") : (".root", ".user")
        let there: HeldDirectory
        do throws(Errno) {
            there = try HeldDirectory(path)
            let (now, before) = (try there.status(), try outside.status())
            guard now.st_dev == before.st_dev, now.st_ino == before.st_ino else { throw .ENOENT }
        } catch {
            throw .state(path, error)
        }
        var status = stat()
        guard fstatat(there.descriptor, others, &status, AT_SYMLINK_NOFOLLOW) != 0 else { throw .stateOfOthers(path) }
        do throws(Errno) {
            close(try there.open(mine, O_RDWR | O_CREAT, mode: 0o600))
        } catch .ELOOP {
            throw .stateHasLink(mine)
        } catch {
            throw .state(path, error)
        }
        return there
    }
}
