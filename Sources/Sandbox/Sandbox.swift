internal import Glibc
public import Kernels
public import Machine
internal import Namespaces
internal import SystemAdditions
internal import SystemPackage

/// A command that has a machine to itself: namespaces of its own, in which /sys, /dev, /run and /etc are those of a computer with
/// AP queues, and of the host only what is not in the way. When the command ends everything ends.
///
/// Four processes: the one that was started waits and passes signals on; its child is number 1 of a PID namespace and serves
/// the file systems; a child of that arranges them and becomes the command, and another one is the guard.
public struct Sandbox: Sendable {
    /// How a sandbox differs from its host. The directories are checked by ``Sandbox/run(_:)``.
    public struct Options: Sendable {
        /// The hardware that is emulated.
        public var machine = MachineDescription.default
        /// The Linux that is emulated; the kernel of the host does not matter.
        public var release = KernelRelease.v7_2
        /// Nothing of the host's /sys around the emulated one.
        public var isBare = false
        /// /proc/sysinfo and /proc/cpuinfo are those of an IBM Z.
        public var showsProc = false
        /// The host's network instead of one of its own. Uevents are not broadcast then: the host's programs would hear them.
        public var sharesNetwork = false
        /// Root keeps every capability, and can write /proc/sys and the kernel's log.
        public var isPrivileged = false
        /// Directories of the host, by absolute paths, whose changes are private. /run always is one.
        public var copyOnWrite = ["/etc"]
        /// Directories that begin empty, and whose content is private. One that is missing is made, in /run or below
        /// `copyOnWrite`.
        public var empty: [String] = []
        /// The command is a shell that controls jobs, where somebody types into it.
        public var isShell = false
        /// The directory in which changes below `copyOnWrite` are kept; nil to forget them. It is made if it is missing.
        public var state: String?
        /// Texts that the command finds as files in ``Sandbox/own``, by their names.
        public var files: [String: String] = [:]

        /// The default machine under Linux 7.2, on a network of its own, with a private /etc and nothing kept.
        public init() {}
    }

    /// The directory in which a sandbox has what it needs itself.
    public static let own = "/run/apmatrix"

    private let options: Options

    /// Makes nothing yet; see ``run(_:)``.
    public init(_ options: Options) {
        self.options = options
    }

    /// Runs a command to its end. To be called while the process has one thread, and only once: its namespaces are not those from
    /// before when this returns.
    ///
    /// - Parameter command: the program, looked for in `PATH`, and its arguments.
    /// - Returns: the command's exit status; 128 and the number of the signal that has ended it; 126 and 127 where it cannot be
    ///   started or found, 125 where the sandbox cannot be made: a line on standard error says why.
    /// - Throws: `SandboxError` for options that cannot be met; `NamespaceError.refused` where the namespaces cannot be made;
    ///   `Errno` where there can be no pipe or no more processes. What goes wrong later is in the status, 125.
    public func run(_ command: [String]) throws -> Int32 {
        // what the command finds closed stays closed for it
        FileDescriptor.occupyStandardDescriptors(isPassedOn: false)
        guard access("/proc/self/fd", X_OK) == 0 else { throw SandboxError.noProc }
        let options = try options.checked()
        let state = try options.state.map { path throws(SandboxError) in try KeptState(path) }
        // libudev refuses a /sys that is not sysfs otherwise
        setenv("SYSTEMD_DEVICE_VERIFY_SYSFS", "0", 1)
        let terminal = Terminal()
        try Namespaces.enter(network: !options.sharesNetwork)
        let (commands, lifeline) = try FileDescriptor.pipe()
        for end in [commands, lifeline] { _ = fcntl(end.rawValue, F_SETFD, FD_CLOEXEC) }
        let complaint = try Complaint()
        let signals = ForwardedSignals.block()
        guard let child = try Namespaces.fork() else {
            try? lifeline.close()
            InitProcess(options, state, terminal, commands, signals, complaint).run(command)
        }
        try commands.close()
        defer { terminal.restore() }
        return signals.wait(for: child, passingTo: lifeline)
    }

    /// What to tell a person of an error of ``run(_:)``: what was wrong, and what there is instead.
    public static func explain(_ error: any Error) -> String {
        switch error {
        case let error as NamespaceError where error.isOfNamespaces:
            "\(error). Without namespaces: apmatrix mount DIR; eval \"$(apmatrix env DIR)\""
        case let error as Errno: "the machine could not be set up: \(error)\(error.remedy)"
        default: "\(error)"
        }
    }
}
