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

/// The process that serves a mount.
struct MountServer {
    let session: Session
    let computer: Computer
    /// Opened before there is a mount: this process looks at nothing in it, or at a path that could lead there.
    let null: FileDescriptor

    /// Boots the machine and mounts it. A process of its own sees to it from here on that the mount does not outlive this one.
    init(
        _ machine: MachineDescription, _ release: KernelRelease, _ options: MountOptions, _ directory: String
    ) throws {
        null = try FileDescriptor.open("/dev/null", .readWrite, options: .closeOnExec)
        let directory = FilePath(lossless: directory)
        let keeper = try (try? directory.resolved()).map { try MountGuard(of: $0) }
        computer = try Computer(machine, release: release, clock: RealClock())
        // an ordinary user could write nowhere if everything were root's
        computer.tree.setOwner(uid: options.uid ?? geteuid(), gid: options.gid ?? getegid())
        let fileSystem = SysfsFileSystem(kernel: computer.kernel) { [computer] in
            Self.endSoon()
            computer.shutDown()
        }
        session = try Session(fileSystem: fileSystem, options: options)
        fileSystem.attach(session)
        try session.mount(at: directory)
        if let device = session.device { keeper?.tell(device) }
    }

    /// Serves until the mount is gone, or a signal ends it, and ends the process then.
    ///
    /// The main thread serves nothing: the guard waits for its end.
    ///
    /// - Parameter starter: waits for the mount; once it has been told, the process has no terminal.
    /// - Throws: `Failure` where there can be no thread to serve; nothing is mounted then.
    func run(_ starter: Channel?) throws(Failure) -> Never {
        Session.stopOnSignals([session])
        do throws(MountError) {
            try session.prepare()
            let serving = FUSE.Thread.start { [session] in
                try? session.run()
                exit(0)
            }
            if serving == nil { throw .noThreads }
        } catch {
            session.stop()
            try? session.run()
            throw Failure(error.description)
        }
        if let starter {
            if starter.tellOfMount() { leaveTerminal() } else { session.stop() }
        }
        while true { pause() }
    }

    /// Ends the process in a second, whatever a request still computes then: nobody hears its answer any more.
    private static func endSoon() {
        let thread = FUSE.Thread.start {
            sleep(1)
            _exit(EXIT_SUCCESS)
        }
        if let thread { pthread_detach(thread) }
    }

    private func leaveTerminal() {
        for descriptor in 0...2 as ClosedRange<Int32> { dup2(null.rawValue, descriptor) }
        chdir("/")
    }
}
