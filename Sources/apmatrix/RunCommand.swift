internal import ArgumentParser
internal import Glibc
internal import Kernels
internal import Machine
internal import Sandbox
internal import SystemPackage

struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run a command on a machine of its own, whose /sys is at /sys.",
        discussion: """
            The host's /sys, /dev and /run are around those of the machine. When the command ends, the machine is gone, with \
            all processes that are left and with what was changed in /etc and /run. Everything else is the host's, and changes \
            there stay: /home, /tmp, /var; --cow and --tmpfs keep more of it out of reach.

            As root the command cannot set the host's clock, load modules, or change its kernel's settings: it has no capabilities for \
            that, /proc/sys and all else in /proc that can be written is read-only (but /proc/sys/net, which is the run's own), and \
            /dev/kmsg is empty. --privileged leaves root all of it. That is against accidents, not against malice: root can still \
            write what is the host's, its disks too, and mount /proc again.

            Needs no root, but a /dev/fuse that may be opened, and a system that allows user namespaces. The exit status is the \
            command's; 125 where the machine cannot be made, 126 and 127 where the command cannot be started or found.
            """)

    @OptionGroup var sandbox: SandboxOptions

    @Argument(parsing: .captureForPassthrough, help: "The command and its arguments.")
    var command: [String] = []

    func validate() throws {
        // an option that is not ours is captured, too
        if let first = command.first, first.hasPrefix("-"), first != "--" {
            if first == "-h" || first == "--help" { throw CleanExit.helpRequest(self) }
            throw ValidationError("run has no option \(first); the command comes behind --")
        }
        if words.isEmpty { throw ValidationError("run takes a command: apmatrix run -- COMMAND") }
    }

    func run() throws {
        try sandbox.run(words)
    }

    /// What stands behind `--`, if that is there.
    private var words: [String] {
        command.first == "--" ? Array(command.dropFirst()) : command
    }
}

/// What `run` and `shell` let choose.
struct SandboxOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            A machine file, or a built-in machine: \(NamedMachine.names). A file that has such a name is given as ./z16. \
            Default: a CEX8A, a CEX8C, a CEX8P and a CEX7C with four domains.
            """, valueName: "machine")
    )
    var machine: String?

    @Option(help: ArgumentHelp("The release of Linux to be: \(KernelRelease.names).", valueName: "release"))
    var kernel: KernelRelease = .v7_2

    @OptionGroup var boot: BootOptions

    @Flag(help: "Only the emulated /sys, without the host's around it.")
    var bare = false

    @Flag(help: "Show /proc/sysinfo and /proc/cpuinfo of an IBM Z.")
    var proc = false

    @Option(
        help: ArgumentHelp(
            """
            A directory that keeps what is changed in /etc, and in those of --cow, for the next run. It is made if it is missing; \
            it must be yours, and nobody else may write it.
            """, valueName: "dir"))
    var keepState: String?

    @Option(
        name: .customLong("cow"),
        help: ArgumentHelp("One more directory besides /etc whose changes stay in the run, such as /usr/lib.", valueName: "dir"))
    var copyOnWrite: [String] = []

    @Flag(help: "Let the command change the host's /etc.")
    var hostEtc = false

    @Option(
        name: .customLong("tmpfs"),
        help: ArgumentHelp("A directory that begins empty and whose content stays in the run.", valueName: "dir"))
    var empty: [String] = []

    @Flag(help: "Use the host's network; uevents are not broadcast then, and root cannot set it up.")
    var hostNetwork = false

    @Flag(help: "Leave root every capability, and let it write /proc/sys, /proc/sysrq-trigger and their like, and /dev/kmsg.")
    var privileged = false

    /// Runs the command and ends with its status.
    ///
    /// - Parameter shell: the command is this shell, and somebody types into it.
    /// - Throws: `ExitCode`, always: the command's status, or 125 where the machine cannot be made, which it has told by then.
    func run(_ command: [String], shell: Shell? = nil) throws -> Never {
        var options = Sandbox.Options()
        options.release = kernel
        options.isBare = bare
        options.showsProc = proc
        options.sharesNetwork = hostNetwork
        options.isPrivileged = privileged
        options.copyOnWrite = (hostEtc ? [] : options.copyOnWrite) + copyOnWrite
        options.empty = empty
        options.state = keepState
        if let shell {
            options.files = shell.files
            options.isShell = true
        }
        let status: Int32
        do {
            options.machine = try MachineDescription(file: machine)
            try boot.apply(to: &options.machine)
            status = try Sandbox(options).run(command)
        } catch {
            complain("Error: \(Sandbox.explain(error))")
            throw ExitCode(125)
        }
        throw ExitCode(status)
    }
}
