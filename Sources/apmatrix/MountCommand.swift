internal import ArgumentParser
internal import FUSE
internal import Glibc
internal import Kernels
internal import Machine
internal import SystemAdditions
internal import SystemPackage

struct MountCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mount", abstract: "Boot a machine and mount its /sys.",
        usage:
            "apmatrix mount [--kernel <release>] [--append <text>] [--modules <list>] [-f] [-d] [-o <options> ...] [<machine>] <dir>",
        discussion: """
            The machine is a file, or built in: \(NamedMachine.names); 'apmatrix machine --list' says what they are. Without one it is \
            the default: a CEX8A, a CEX8C, a CEX8P and a CEX7C with four domains. A file that has such a name is given as ./z16.
            """)

    @Option(help: ArgumentHelp("The release of Linux to be: \(KernelRelease.names).", valueName: "release"))
    var kernel: KernelRelease = .v7_2

    @OptionGroup var boot: BootOptions

    @Flag(name: .short, help: "Stay in the foreground.")
    var foreground = false

    @Flag(name: .short, help: "Stay in the foreground and print every request.")
    var debug = false

    @Option(
        name: .customShort("o"),
        help: ArgumentHelp(
            "Mount options, as FUSE file systems take them: allow_other, ro, uid=N, gid=N, …; and kernel=RELEASE.",
            valueName: "options"))
    var options: [String] = []

    @Argument(help: ArgumentHelp("A machine, if any, and the directory to mount at.", valueName: "[machine] dir"))
    var first: String

    @Argument(help: .hidden)
    var second: String?

    @Flag(help: .hidden)
    var fake = false

    /// Of the channel to the process that has started this one and waits for the mount.
    @Option(name: .customLong("ready-descriptor"), help: .hidden)
    var readyDescriptor: Int32?

    func validate() throws {
        var options = mountOptions
        _ = try KernelRelease.taken(from: &options)
        if second == nil, let machine = NamedMachine(rawValue: first), access(first, F_OK) != 0 {
            throw ValidationError("\(machine.rawValue) is a machine; where it is to be mounted is missing")
        }
    }

    func run() throws {
        FileDescriptor.occupyStandardDescriptors(isPassedOn: true)
        _ = try MountTable.known()
        let text = try machineText()
        let described = try text.map { try MachineDescription(yaml: $0, file: machineFile ?? first) } ?? .default
        var machine = described
        try boot.apply(to: &machine)
        var words = self.mountOptions
        let release = try KernelRelease.taken(from: &words) ?? kernel
        // as /sys; who wants it otherwise says `exec`
        var mountOptions = try MountOptions(["noexec"] + words)
        mountOptions.fsname = mountOptions.fsname ?? "apmatrix"
        mountOptions.subtype = "apmatrix"
        mountOptions.debug = mountOptions.debug || debug
        if fake { return }
        let directory = second ?? first
        if foreground || debug || readyDescriptor != nil {
            try MountServer(machine, release, mountOptions, directory).run(starter)
        } else {
            try MountServer.startInBackground(command, text ?? Array(described.yaml.utf8))
        }
    }

    /// The values of `-o`, one by one.
    private var mountOptions: [String] {
        options.flatMap { $0.split(separator: ",").map(String.init) }
    }

    /// This very command, for the process that serves the mount.
    private var command: [String] {
        ["mount", "--kernel", kernel.rawValue] + boot.words + options.flatMap { ["-o", $0] } + [
            "--ready-descriptor", "3", "--", first,
        ]
            + (second.map { [$0] } ?? [])
    }

    private var machineFile: String? { second != nil && first != "none" ? first : nil }

    private var starter: Channel? {
        readyDescriptor.map { Channel(socket: FileDescriptor(rawValue: $0)) }
    }

    /// The text of the machine file, if there is one. Who has started the server has read it: a pipe is read once.
    private func machineText() throws -> [UInt8]? {
        guard let starter else { return try machineFile.map { try MachineDescription.text(of: $0) } }
        guard let text = starter.receive() else { throw Failure("nobody waits for the mount any more") }
        return text
    }
}

struct UnmountCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unmount", abstract: "Unmount a machine; it is gone then. Cleans up after a server that was killed, too.")

    @Flag(
        name: .shortAndLong, help: "Even while it is used: who waits for an answer, or still has something open, gets an error.")
    var lazy = false

    @Argument(help: "Where it is mounted.")
    var directory: String

    func run() throws {
        let given = FilePath(lossless: directory)
        let path = (try? given.resolved()) ?? given.absolute()
        guard let mount = try MountTable.known().last(where: { $0.mountPoint == path }) else {
            throw Failure("\(directory): nothing is mounted there")
        }
        guard mount.type == "fuse.apmatrix" else {
            throw Failure("\(directory): not an apmatrix mount but \(mount.type); it is left as it is")
        }
        // where nobody can cut the connection, nobody could end what is waited for once it is detached
        if lazy, geteuid() != 0, !MountTable.canCut(mount.device) {
            let files = ControlFiles(mountPoint: path)
            attempt { (try? files.write("off", to: "machine")) != nil }
        }
        try MountTable.unmount(path, lazy: lazy)
    }
}
