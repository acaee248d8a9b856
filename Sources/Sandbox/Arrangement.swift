internal import FUSE
internal import Glibc
internal import Namespaces
internal import SystemAdditions
internal import SystemPackage

/// The process that puts the file systems of a sandbox to their places, in a mount namespace of its own, and becomes the command.
///
/// It looks around in what another process serves, so it must keep no connection of that open: whoever waits for an answer does
/// not let go of what is open, not even when killed, and the connection of a server that has ended is cut with its last copy.
struct Arrangement {
    private let options: Sandbox.Options
    private let state: KeptState?
    private let devices: Devices
    private let server: Channel
    private let complaint: Complaint

    /// The connections of the file systems.
    struct Devices {
        let sysfs: Int32
        let dev: Int32
        /// Where /proc is an IBM Z's.
        let proc: Int32?

        /// Opens them.
        ///
        /// - Throws: `MountError.noDevice`.
        init(_ options: Sandbox.Options) throws(MountError) {
            sysfs = try Session.openDevice()
            dev = try Session.openDevice()
            proc = try options.showsProc ? Session.openDevice() : nil
        }

        func close() {
            for device in [sysfs, dev, proc] { if let device { Glibc.close(device) } }
        }
    }

    /// Where they are in the end.
    static func places(_ options: Sandbox.Options) -> [String] {
        ["/dev", "/sys"] + (options.showsProc ? ["/proc"] : [])
    }

    init(
        _ options: Sandbox.Options, _ state: KeptState?, _ devices: Devices, _ server: Channel, _ complaint: Complaint
    ) {
        self.options = options
        self.state = state
        self.devices = devices
        self.server = server
        self.complaint = complaint
    }

    /// Arranges everything and becomes the command, or ends with the status of ``Sandbox/run(_:)`` that says why not, and has told
    /// it by then.
    func run(_ command: Command) -> Never {
        do {
            let privileges = Privileges(options)
            try arrange(privileges)
            try privileges.drop()
            try command.execute()
        } catch {
            complaint.make(error)
            _exit((error as? CommandError)?.status ?? 125)
        }
    }

    private func arrange(_ privileges: Privileges) throws {
        let directory = currentDirectory
        // what is made here is for everybody
        let mask = umask(0o022)
        defer { umask(mask) }
        try Namespaces.enterMounts()
        server.go()
        try privileges.protect("/proc")
        // what is about to be mounted over
        let sysfs = try HostDirectory("/sys")
        let dev = try HostDirectory("/dev")
        try PrivateDirectories(options, state).mount()
        try HostDevices.showWhole(dev)
        if options.showsProc { try HostProcesses.showWhole(privileges) }
        guard let sysfsPlaces = server.receiveNames(), let devPlaces = server.receiveNames() else { waitForEnd() }
        server.send(names: try mountServed())
        try HostSysfs.bind(sysfsPlaces, of: sysfs, at: "/sys")
        try HostDevices.bind(devPlaces, of: dev, at: "/dev", privileges)
        // the last one: paths of descriptors lead through it
        if options.showsProc { try Mounts.move(HostProcesses.view, to: "/proc") }
        // where it lay below one of the mounts its path now leads into that
        if let directory { _ = directory.withPlatformString { chdir($0) } }
    }

    private var currentDirectory: FilePath? {
        guard let path = getcwd(nil, 0) else { return nil }
        defer { free(path) }
        return FilePath(platformString: path)
    }

    /// Mounts what the other process will serve, and lets go of it before anything in it is looked at.
    ///
    /// - Returns: the device numbers of the mounts.
    private func mountServed() throws -> [String] {
        defer { devices.close() }
        if let proc = devices.proc { try Mounts.fuse(proc, named: "apmatrix-proc", at: HostProcesses.view) }
        try Mounts.fuse(devices.sysfs, named: "apmatrix", at: "/sys", executes: false)
        try Mounts.fuse(devices.dev, named: "apmatrix-dev", at: "/dev")
        let mounts = try MountTable.read()
        let places = ["/sys", "/dev"] + (devices.proc == nil ? [] : [HostProcesses.view])
        return places.compactMap { place in mounts.last { $0.mountPoint.string == place }?.device }
    }

    /// The server has ended, and has said why; its parent ends everything.
    private func waitForEnd() -> Never {
        while true { pause() }
    }
}
