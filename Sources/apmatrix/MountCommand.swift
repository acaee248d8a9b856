internal import ArgumentParser
internal import CLinux
internal import DriverCore
internal import Emulator
internal import FUSE
internal import Glibc
internal import Kernels
internal import Machine
internal import Sysfs
internal import SysfsMount
internal import SystemAdditions
internal import SystemPackage

struct MountCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mount", abstract: "Boot a machine and mount its /sys.",
        usage: "apmatrix mount [--kernel <release>] [-f] [-d] [-o <options> ...] [<machine.yaml>] <dir>",
        discussion: "Without a machine file it is the default one: a CEX8A, a CEX8C, a CEX8P and a CEX7C with four domains.")

    @Option(help: ArgumentHelp("The release of Linux to be: \(KernelRelease.names).", valueName: "release"))
    var kernel: KernelRelease = .v7_2

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

    @Argument(help: ArgumentHelp("A machine file, if any, and the directory to mount at.", valueName: "[machine.yaml] dir"))
    var first: String

    @Argument(help: .hidden)
    var second: String?

    @Flag(help: .hidden)
    var fake = false

    @Option(name: .customLong("ready-descriptor"), help: .hidden)
    var readyDescriptor: Int32?

    /// What the machine file was: it has been read, and a pipe is read once.
    @Option(name: .customLong("machine-descriptor"), help: .hidden)
    var machineDescriptor: Int32?

    func validate() throws {
        var options = mountOptions
        _ = try KernelRelease.taken(from: &options)
    }

    func run() throws {
        let text = try machineText()
        let machine = try text.map { try MachineDescription(yaml: $0, file: machineFile ?? first) } ?? .default
        var words = self.mountOptions
        let release = try KernelRelease.taken(from: &words) ?? kernel
        var mountOptions = try MountOptions(words)
        mountOptions.fsname = mountOptions.fsname ?? "apmatrix"
        mountOptions.subtype = "apmatrix"
        mountOptions.debug = mountOptions.debug || debug
        if fake { return }
        let directory = second ?? first
        if foreground || debug || readyDescriptor != nil {
            try Server(machine, release, mountOptions, directory).run(readyDescriptor)
        } else {
            try Server.startInBackground(command, text ?? Array(machine.yaml.utf8))
        }
    }

    /// The values of `-o`, one by one.
    private var mountOptions: [String] {
        options.flatMap { $0.split(separator: ",").map(String.init) }
    }

    /// This very command, for the process that serves the mount.
    private var command: [String] {
        ["mount", "--kernel", kernel.rawValue] + options.flatMap { ["-o", $0] } + [
            "--ready-descriptor", "3", "--machine-descriptor", "4", "--", first,
        ]
            + (second.map { [$0] } ?? [])
    }

    private var machineFile: String? { second != nil && first != "none" ? first : nil }

    /// The text of the machine file, if there is one.
    private func machineText() throws -> [UInt8]? {
        guard let machineDescriptor else { return try machineFile.map { try MachineDescription.text(of: $0) } }
        let given = FileDescriptor(rawValue: machineDescriptor)
        return try given.closeAfter { try given.readToEnd() }
    }
}

/// The process that serves a mount.
private struct Server {
    let session: Session
    let computer: Computer
    let directory: String

    init(
        _ machine: MachineDescription, _ release: KernelRelease, _ options: MountOptions, _ directory: String
    ) throws {
        computer = try Computer(machine, release: release, clock: RealClock())
        // an ordinary user could write nowhere if everything were root's
        computer.tree.setOwner(uid: options.uid ?? geteuid(), gid: options.gid ?? getegid())
        let fileSystem = SysfsFileSystem(kernel: computer.kernel) { [computer] in
            endSoon()
            computer.shutDown()
        }
        session = try Session(fileSystem: fileSystem, options: options)
        fileSystem.attach(session)
        try session.mount(at: directory)
        self.directory = directory
    }

    /// Serves until the mount is gone, or a signal ends it.
    ///
    /// - Parameter ready: told when the mount answers; from then on the process has no terminal.
    /// - Throws: ``MountError/noThreads``.
    func run(_ ready: Int32?) throws {
        Session.stopOnSignals([session])
        if let ready {
            let watcher = Watcher(directory: directory, ready: FileDescriptor(rawValue: ready))
            watcher.start()
        }
        try session.run()
    }

    /// Starts the program again as a process of its own, and returns when its mount answers. If something goes wrong before that,
    /// the new process says so itself.
    ///
    /// - Parameters:
    ///   - words: the command, with descriptor 3 to tell of the mount on, and descriptor 4 to read the machine from.
    ///   - machine: the text of its file, which was read already.
    /// - Throws: `ExitCode` with the status of a server that has said what went wrong; `Failure` where it cannot be started, or a
    ///   signal has ended it; `Errno` where there can be no pipe.
    static func startInBackground(_ words: [String], _ machine: [UInt8]) throws {
        let (reading, writing) = try FileDescriptor.pipe()
        let given = try fileInMemory(machine)
        // by this name, since by mount(8)'s the words would be mount(8)'s
        let pointers = (["apmatrix"] + words).map { strdup($0) }
        defer { pointers.forEach { free($0) } }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        posix_spawnattr_setflags(&attributes, linux_posix_spawn_setsid)
        defer { posix_spawnattr_destroy(&attributes) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        // the server keeps nothing open that it was given by accident: somebody may wait for its end
        posix_spawn_file_actions_adddup2(&actions, writing.rawValue, 3)
        posix_spawn_file_actions_adddup2(&actions, given.rawValue, 4)
        for descriptor in openDescriptors() where descriptor > 4 {
            posix_spawn_file_actions_addclose(&actions, descriptor)
        }
        defer { posix_spawn_file_actions_destroy(&actions) }
        var child: pid_t = 0
        let error = posix_spawn(&child, "/proc/self/exe", &actions, &attributes, pointers + [nil], environ)
        guard error == 0 else { throw Failure("cannot start the server: \(Errno(rawValue: error))") }
        try writing.close()
        try given.close()
        var byte: UInt8 = 0
        let count = try withUnsafeMutableBytes(of: &byte) { try reading.read(into: $0) }
        guard count == 0 else { return }
        var status: Int32 = 0
        while waitpid(child, &status, 0) == -1, errno == EINTR {}
        let signal = linux_ending_signal(status)
        guard signal == 0 else { throw Failure("the server was ended by signal \(signal)") }
        let code = linux_exit_status(status)
        throw ExitCode(code == 0 ? 1 : code)
    }
}

/// Ends the process in a second, whatever a request still computes then: nobody hears its answer any more.
private func endSoon() {
    let thread = FUSE.Thread.start {
        sleep(1)
        _exit(EXIT_SUCCESS)
    }
    if let thread { pthread_detach(thread) }
}

/// A file without a name that has this text, read from its start; its descriptor is none that the server is given.
private func fileInMemory(_ text: [UInt8]) throws -> FileDescriptor {
    let made = memfd_create("machine", 0)
    guard made >= 0 else { throw Errno(rawValue: errno) }
    let file = FileDescriptor(rawValue: made)
    return try file.closeAfter {
        try file.writeAll(text)
        try file.seek(offset: 0, from: .start)
        let other = fcntl(made, F_DUPFD, 10)
        guard other >= 0 else { throw Errno(rawValue: errno) }
        return FileDescriptor(rawValue: other)
    }
}

/// The descriptors that this process has open.
private func openDescriptors() -> [Int32] {
    guard let directory = opendir("/proc/self/fd") else { return [] }
    defer { closedir(directory) }
    var descriptors: [Int32] = []
    while let entry = readdir(directory) {
        let name = withUnsafePointer(to: &entry.pointee.d_name.0) { String(cString: $0) }
        if let descriptor = Int32(name), descriptor != dirfd(directory) { descriptors.append(descriptor) }
    }
    return descriptors
}

/// Waits on a thread of its own until a mount answers, tells the process that waits for that, and lets go of the terminal.
private final class Watcher: Sendable {
    let directory: String
    let ready: FileDescriptor

    init(directory: String, ready: FileDescriptor) {
        self.directory = directory
        self.ready = ready
    }

    func start() {
        guard let thread = FUSE.Thread.start({ self.watch() }) else { return watch() }
        pthread_detach(thread)
    }

    private func watch() {
        var status = stat()
        guard stat(directory, &status) == 0 else { return }
        let null = Glibc.open("/dev/null", O_RDWR)
        for descriptor in 0...2 as ClosedRange<Int32> { dup2(null, descriptor) }
        if null > 2 { close(null) }
        _ = try? ready.writeAll([1])
        try? ready.close()
        chdir("/")
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
        let path = (try? FilePath(directory).resolved()) ?? FilePath(directory).absolute()
        guard let mount = MountTable.current().last(where: { $0.mountPoint == path.string }) else {
            throw Failure("\(directory): nothing is mounted there")
        }
        guard mount.type == "fuse.apmatrix" else {
            throw Failure("\(directory): not an apmatrix mount but \(mount.type); it is left as it is")
        }
        // once it is detached nobody could end what others wait for in it; where nobody answers or may ask, they wait on
        if lazy { try? ControlFiles(mountPoint: path).write("off", to: "machine") }
        try MountTable.unmount(path.string, lazy: lazy)
    }
}
