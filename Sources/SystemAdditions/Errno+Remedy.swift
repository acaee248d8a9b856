public import SystemPackage

extension Errno {
    /// What to do where a process may not have more of something, as the end of a line that says what was to be done: `; allow …`.
    /// Empty for all other errors.
    public var remedy: String {
        switch self {
        case .EMFILE: "; allow more open files, ulimit -n 64"
        case .ENFILE: "; the system has too many open files"
        case .ENOMEM: "; allow more memory, ulimit -v, or more in the cgroup"
        case .EAGAIN: "; allow more processes, ulimit -u, more tasks in the cgroup, or more memory, ulimit -v"
        case .EFBIG: "; allow larger files, ulimit -f"
        default: ""
        }
    }
}
