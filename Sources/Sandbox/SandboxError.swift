internal import SystemAdditions
public import SystemPackage
public import TrustedPaths

/// Why a sandbox cannot be as it was asked for; its description says what to ask for instead.
public enum SandboxError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A directory that is to be copied on write, or to be empty, cannot be used: `ENOENT`, `ENOTDIR`; `EINVAL` for a path that
    /// is not absolute, `EBUSY` for a directory of the machine's own.
    case directory(String, Errno)
    /// A directory, or the way to it, is in other hands.
    case distrusted(DistrustError)
    /// In the directory that keeps changes, what is kept of that path belongs to another user.
    case stateIsForeign(String, UInt32)
    /// In the directory that keeps changes something else is in the place of what belongs to it, such as a link.
    case stateHasLink(String)
    /// The directory that keeps changes cannot be used: what the system answered.
    case state(String, Errno)
    /// Changes are to be kept, and none are private.
    case nothingToKeep
    /// The directory that keeps changes is in one whose changes it is to keep, or in the machine's own.
    case stateWithin(String)
    /// Root has used the directory that keeps changes, and this is a user, or the other way around.
    case stateOfOthers(String)
    /// There is no /proc, by which a sandbox names what it holds.
    case noProc
    /// Another run that has not ended uses the directory that keeps changes.
    case stateInUse(String)

    public var description: String {
        switch self {
        case .directory(let path, .ENOENT):
            "\(path): no such directory; name one that the host has (one to begin empty may be missing in /run, /etc and below --cow)"
        case .directory(let path, .ENOTDIR):
            "\(path): not a directory; name the directory that it is in"
        case .directory(let path, .EINVAL):
            "\(path): not an absolute path; begin it with /"
        case .directory(let path, .EBUSY):
            "\(path): not possible with /, /run, /run/apmatrix, and with /dev, /proc, /sys and what is in them; name another directory"
        case .nothingToKeep:
            "there is nothing to keep where /etc is the host's; name a directory with --cow, or leave --host-etc out"
        case .directory(let path, let error):
            "\(path): \(error)\(error.remedy)"
        case .distrusted(let error): "\(error)"
        case .stateIsForeign(let path, let user):
            "what is kept of \(path) belongs to user \(user), who could have put anything into it; name another directory to --keep-state"
        case .stateHasLink(let name):
            "\(name) is a link in the directory that keeps what is changed, or no directory; remove it, or name another directory"
        case .state(let path, let error):
            "\(path) cannot keep what is changed: \(error)"
                + (error.remedy.isEmpty ? "; name a directory that can be written" : error.remedy)
        case .stateWithin(let path):
            "\(path) cannot keep what is changed around it; name a directory that is not in /etc or one of --cow, /dev, /proc or /sys"
        case .stateOfOthers(let path):
            "\(path) was kept by root for root, or by a user for a user, and has no meaning for the other; name another directory"
        case .noProc:
            "/proc is not mounted, and a run needs it; have root run: mount -t proc proc /proc"
        case .stateInUse(let path):
            "\(path) is kept by another run that has not ended; wait for it, or name another directory"
        }
    }
}
