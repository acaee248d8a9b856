internal import FUSE
internal import Glibc
internal import Namespaces
internal import SystemAdditions
internal import SystemPackage

/// The first process of a sandbox: it starts the one that becomes the command, serves the file systems, and ends with the command.
/// All other processes end with this one, the mounts with the last process.
///
/// Its main thread waits for processes and for nothing else, and its threads serve what this process cannot see: so it ends when
/// it is to, or the guard makes it.
struct InitProcess {
    private let options: Sandbox.Options
    private let state: KeptState?
    private let terminal: Terminal
    /// Signals for the command, a byte each; at its end when the process that waits outside has ended.
    private let lifeline: FileDescriptor
    private let signals: ForwardedSignals
    private let complaint: Complaint

    init(
        _ options: Sandbox.Options, _ state: KeptState?, _ terminal: Terminal, _ lifeline: FileDescriptor,
        _ signals: ForwardedSignals, _ complaint: Complaint
    ) {
        self.options = options
        self.state = state
        self.terminal = terminal
        self.lifeline = lifeline
        self.signals = signals
        self.complaint = complaint
    }

    func run(_ command: [String]) -> Never {
        let isJobControlling = options.isShell && terminal.isOurs
        do {
            try Mounts.makePrivate()
            try Mounts.proc(at: "/proc")
            let devices = try Arrangement.Devices(options)
            let (ours, theirs) = try Channel.pair()
            guard let process = try Namespaces.fork() else {
                ours.close()
                let command = Command(command, mask: signals.before, isJobControlling: isJobControlling)
                Arrangement(options, state, devices, theirs, complaint).run(command)
            }
            theirs.close()
            if ours.awaits() {
                let keeper = try startGuard(of: process)
                try followLifeline(to: process, ours)
                try serve(devices, ours, keeper)
            }
            _exit(ForwardedSignals.wait(for: process, resuming: isJobControlling))
        } catch {
            complaint.make(error)
            _exit(125)
        }
    }

    /// Boots the machine, and serves it once it has been mounted. Where the other process ends meanwhile there is nothing to serve.
    private func serve(_ devices: Arrangement.Devices, _ arrangement: Channel, _ keeper: Channel) throws {
        let server = try RunServer(options, devices)
        arrangement.send(names: server.sysfsPlaces)
        arrangement.send(names: server.devPlaces)
        guard let mounted = arrangement.receiveNames() else { return }
        keeper.send(names: mounted)
        // it has come before there was a command for it
        if let signal = ForwardedSignals.early { _exit(128 + signal) }
        try server.start(complaint)
    }

    /// Starts the process that cuts the connections when this one ends, since threads of this one may wait for somebody who waits
    /// for an answer: to have names forgotten, for example, of a directory that is being looked at.
    ///
    /// - Returns: what to tell it by: the device numbers of the mounts.
    private func startGuard(of process: pid_t) throws(Errno) -> Channel {
        let view = try Namespaces.View(of: process)
        defer { view.close() }
        let (server, keeper) = try Channel.pair()
        defer { server.close() }
        let places = Arrangement.places(options)
        try Guard.start { guardian in
            guardian.waitForEnd(keeping: [server.socket.rawValue] + view.descriptors)
            // from where the host's /sys is seen, and whatever the command has mounted over them meanwhile
            for device in server.receiveNames(waits: false) ?? [] { MountTable.cut(device) }
            // where that is impossible, and for those who have entered the run
            guard (try? view.enter()) != nil else { return }
            for place in places { try? MountTable.unmount(place, lazy: true) }
        }
        return keeper
    }

    /// Sends the command the signals that are meant for it, and ends everything when nobody waits for it any more.
    private func followLifeline(to process: pid_t, _ arrangement: Channel) throws(Errno) {
        try startThread { [lifeline] in
            var signal: UInt8 = 0
            while true {
                let count = Glibc.read(lifeline.rawValue, &signal, 1)
                if count < 0, errno == EINTR { continue }
                // at its end, or broken: nobody waits any more
                guard count == 1 else { _exit(128 + SIGKILL) }
                // before there is a command it ends everything
                guard arrangement.isLeft else { _exit(128 + Int32(signal)) }
                kill(process, Int32(signal))
            }
        }
    }
}
