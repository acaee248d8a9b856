internal import DriverCore
internal import Emulator
internal import FUSE
internal import Glibc
internal import Namespaces
internal import Netlink
internal import Synchronization
internal import Sysfs
internal import SysfsMount
internal import SystemPackage

/// The first process of a sandbox: it mounts and serves its file systems, starts the command and ends with it. All other
/// processes end with this one, the mounts with the last process.
struct InitProcess {
    private let options: Sandbox.Options
    private let state: KeptState?
    private let terminal: Terminal
    /// Signals for the command, a byte each; at its end when the process that waits outside has ended.
    private let lifeline: FileDescriptor
    private let signals: ForwardedSignals

    init(
        _ options: Sandbox.Options, _ state: KeptState?, _ terminal: Terminal, _ lifeline: FileDescriptor,
        _ signals: ForwardedSignals
    ) {
        self.options = options
        self.state = state
        self.terminal = terminal
        self.lifeline = lifeline
        self.signals = signals
    }

    func run(_ command: [String]) -> Never {
        _ = fcntl(lifeline.rawValue, F_SETFD, FD_CLOEXEC)
        let child = Mutex<pid_t?>(nil)
        start { [lifeline] in
            var signal: UInt8 = 0
            while true {
                let count = Glibc.read(lifeline.rawValue, &signal, 1)
                if count < 0, errno == EINTR { continue }
                // at its end, or broken: nobody waits any more
                guard count == 1 else { _exit(128 + SIGKILL) }
                child.withLock { child in
                    // before there is a command it ends everything
                    guard let child else { _exit(128 + Int32(signal)) }
                    kill(child, Int32(signal))
                }
            }
        }
        do {
            try setUp()
            try Privileges(options).drop()
        } catch {
            complain(Sandbox.explain(error))
            _exit(125)
        }
        if let signal = ForwardedSignals.early { _exit(128 + signal) }
        do throws(CommandError) {
            let isJobControlling = options.isShell && terminal.isOurs
            let command = Command(command, mask: signals.before, isJobControlling: isJobControlling)
            let process = try child.withLock { child throws(CommandError) in
                let process = try command.start()
                child = process
                return process
            }
            _exit(ForwardedSignals.wait(for: process, resuming: isJobControlling))
        } catch {
            complain(error.description)
            _exit(error.status)
        }
    }

    private func complain(_ text: String) {
        _ = try? FileDescriptor.standardError.writeAll("Error: \(text)\n".utf8)
    }

    // MARK: - Setting up

    private func setUp() throws {
        let directory = currentDirectory
        // what is made here is for everybody
        let mask = umask(0o022)
        defer { umask(mask) }
        try Mounts.makePrivate()
        try Mounts.proc(at: "/proc")
        try Privileges(options).protect("/proc")
        let computer = try Computer(options.machine, release: options.release, clock: RealClock())
        let fileSystem = SysfsFileSystem(kernel: computer.kernel, mayCarryMounts: true) { [computer] in computer.shutDown() }
        if !options.sharesNetwork { try broadcastUevents(of: fileSystem) }
        try mountSysfs(computer, fileSystem)
        try PrivateDirectories(options, state).mount()
        try mountDevices(computer)
        if options.showsProc { try mountProcesses() }
        // where it lay below one of the mounts its path now leads into that
        if let directory { chdir(directory) }
    }

    private var currentDirectory: String? {
        guard let path = getcwd(nil, 0) else { return nil }
        defer { free(path) }
        return String(cString: path)
    }

    private func mountSysfs(_ computer: Computer, _ fileSystem: SysfsFileSystem) throws {
        let host = options.isBare ? nil : try HostSysfs(computer)
        let places = try host?.makePlaces(in: computer.tree) ?? []
        let session = try mount(fileSystem, at: "/sys", "apmatrix")
        fileSystem.attach(session)
        serve(session)
        if let host { try host.mount(places, at: "/sys") }
    }

    private func mountDevices(_ computer: Computer) throws {
        let devices = try HostDevices(computer.kernel)
        try serve(devices, at: "/dev", "apmatrix-dev")
        try devices.mount(at: "/dev", Privileges(options))
    }

    private func mountProcesses() throws {
        let information = ProcessorInformation(options.machine, processors: sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        let view = Sandbox.own + "/view"
        try PrivateDirectories.make(view)
        try serve(try HostProcesses(information, Privileges(options)), at: view, "apmatrix-proc")
        // not mounted there in the first place: a mount reads /proc
        try Mounts.move(view, to: "/proc")
    }

    private func serve(_ source: some NodeSource, at path: String, _ name: String) throws {
        let session = try mount(NodeFileSystem(source), at: path, name)
        serve(session)
    }

    private func serve(_ session: Session) {
        start {
            do throws(MountError) {
                try session.run()
            } catch {
                complain(error.description)
                _exit(125)
            }
        }
    }

    private func mount(_ fileSystem: any FileSystem, at path: String, _ name: String) throws -> Session {
        var mountOptions = MountOptions()
        mountOptions.nonEmpty = true
        mountOptions.allowOther = true
        mountOptions.fsname = name
        mountOptions.subtype = name
        let session = try Session(fileSystem: fileSystem, options: mountOptions)
        try session.mount(at: path)
        return session
    }

    /// Uevents go out as the kernel's own, and those as udev's.
    private func broadcastUevents(of fileSystem: SysfsFileSystem) throws(Errno) {
        try Namespaces.bringLoopbackUp()
        let broadcaster = Broadcaster(socket: try UeventSocket(), relay: try UdevRelay())
        fileSystem.broadcastUevents { messages in
            // one that is too long for the kernel's listeners is in the file `uevents` only
            for message in messages { try? broadcaster.socket.sendAsKernel(message) }
        }
        start { broadcaster.relay.run() }
    }

    private final class Broadcaster: Sendable {
        let socket: UeventSocket
        let relay: UdevRelay

        init(socket: consuming UeventSocket, relay: consuming UdevRelay) {
            self.socket = socket
            self.relay = relay
        }
    }
}

/// Starts a thread; where the system has none left nothing works any more.
private func start(_ body: @escaping @Sendable () -> Void) {
    if FUSE.Thread.start(body) == nil { _exit(125) }
}
