internal import ArgumentParser
internal import Glibc
internal import Machine
internal import Namespaces
internal import Sandbox
internal import Sysfs
internal import SystemPackage

struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run a command on a machine of its own, whose /sys is at /sys.",
        discussion: """
            Needs no root. Nothing of the host is touched, and everything is gone when the command ends. The exit status is the \
            command's; 125 where the machine cannot be made, 126 and 127 where the command cannot be started or found.
            """)

    @OptionGroup var sandbox: SandboxOptions

    @Argument(parsing: .captureForPassthrough, help: "The command and its arguments.")
    var command: [String] = []

    func validate() throws {
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
    @Option(help: "A machine file. Default: a CEX8A, a CEX8C, a CEX8P and a CEX7C with four domains.")
    var machine: String?

    @Option(help: "The release of Linux to be: \(KernelRelease.allCases.map(\.rawValue).joined(separator: ", ")).")
    var kernel: KernelRelease = .v7_2

    @Flag(help: "Only the emulated /sys, without the host's around it.")
    var bare = false

    @Flag(help: "Show /proc/sysinfo and /proc/cpuinfo of an IBM Z.")
    var proc = false

    @Option(help: "A directory that keeps what is changed in /etc, for the next run.")
    var keepState: String?

    @Option(name: .customLong("cow"), help: "One more directory besides /etc whose changes stay in the run, such as /usr/lib.")
    var copyOnWrite: [String] = []

    @Option(name: .customLong("tmpfs"), help: "A directory that begins empty and stays in the run.")
    var empty: [String] = []

    @Flag(help: "Use the host's network; uevents are not broadcast then.")
    var hostNetwork = false

    /// Runs the command and ends with its status.
    ///
    /// - Parameter shell: it is one, and somebody types into it.
    func run(_ command: [String], shell: Shell? = nil) throws -> Never {
        var options = Sandbox.Options()
        options.release = kernel
        options.isBare = bare
        options.showsProc = proc
        options.sharesNetwork = hostNetwork
        options.copyOnWrite += copyOnWrite
        options.empty = empty
        options.state = keepState
        if let shell {
            options.files = shell.files
            options.isInteractive = true
        }
        let status: Int32
        do {
            options.machine = try MachineDescription(file: machine)
            status = try Sandbox(options).run(command)
        } catch {
            var line = "Error: \(error)"
            if error is NamespaceError { line += ". Without them: apmatrix mount DIR; eval \"$(apmatrix env DIR)\"" }
            _ = try? FileDescriptor.standardError.writeAll((line + "\n").utf8)
            throw ExitCode(125)
        }
        throw ExitCode(status)
    }
}
