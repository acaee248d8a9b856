internal import DriverCore
internal import Emulator
internal import FUSE
internal import Glibc
internal import Namespaces
internal import Netlink
internal import Sysfs
internal import SysfsMount
internal import SystemAdditions
internal import SystemPackage

/// The file systems of a sandbox, served by threads of the process that makes this.
///
/// That process sees none of them: it stays in the mount namespace from before they were mounted. So nothing that it looks at, by
/// itself or by a library, ever waits for its own answer.
struct RunServer {
    private let sessions: [Session]
    /// Where the host's entries are to be shown.
    let sysfsPlaces: [String]
    let devPlaces: [String]

    /// Boots the machine. The sessions take the devices over.
    ///
    /// - Throws: `Errno`, `MountError`, and what `Computer` throws.
    init(_ options: Sandbox.Options, _ devices: Arrangement.Devices) throws {
        let computer = try Computer(options.machine, release: options.release, clock: RealClock())
        let sysfs = SysfsFileSystem(kernel: computer.kernel, mayCarryMounts: true) { [computer] in computer.shutDown() }
        if !options.sharesNetwork { try Self.broadcastUevents(of: sysfs) }
        sysfsPlaces = try options.isBare ? [] : HostSysfs(computer).makePlaces(in: computer.tree)
        let session = try Self.session(sysfs, devices.sysfs)
        sysfs.attach(session)
        let dev = try HostDevices(computer.kernel)
        devPlaces = dev.boundPlaces
        var sessions = [session, try Self.session(NodeFileSystem(dev), devices.dev)]
        if let proc = devices.proc {
            let information = ProcessorInformation(options.machine, processors: sysconf(Int32(_SC_NPROCESSORS_ONLN)))
            sessions.append(try Self.session(NodeFileSystem(HostProcesses(information)), proc))
        }
        self.sessions = sessions
    }

    /// Serves from now on. To be called when the devices have been mounted.
    ///
    /// - Parameter complaint: made where there can be no more threads; everything ends then.
    /// - Throws: `EAGAIN` where there can be no more threads.
    func start(_ complaint: Complaint) throws(Errno) {
        for session in sessions {
            try startThread {
                do throws(MountError) {
                    try session.run()
                } catch {
                    complaint.make(error)
                    _exit(125)
                }
            }
        }
    }

    private static func session(_ fileSystem: any FileSystem, _ device: Int32) throws(MountError) -> Session {
        let session = try Session(fileSystem: fileSystem, options: MountOptions())
        try session.connect(through: device)
        return session
    }

    /// Uevents go out as the kernel's own, and those as udev's.
    private static func broadcastUevents(of fileSystem: SysfsFileSystem) throws(Errno) {
        try Namespaces.bringLoopbackUp()
        let broadcaster = Broadcaster(socket: try UeventSocket(), relay: try UdevRelay())
        fileSystem.broadcastUevents { messages in
            // one that is too long for the kernel's listeners is in the file `uevents` only
            for message in messages { try? broadcaster.socket.sendAsKernel(message) }
        }
        try startThread { broadcaster.relay.run() }
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

/// Starts a thread.
///
/// - Throws: `EAGAIN` where the system has none left.
func startThread(_ body: @escaping @Sendable () -> Void) throws(Errno) {
    if FUSE.Thread.start(body) == nil { throw .EAGAIN }
}
