internal import KernelLocks
internal import Kernels
internal import LockOrder
public import Sysfs
public import SystemPackage

/// What a device's uevents and its `uevent` file say besides its driver; it never changes.
public struct DeviceIdentity: Sendable {
    /// What it has in /dev: MAJOR, MINOR and DEVNAME, in front of the others; nil for a device without a node.
    public let node: DeviceNode?
    /// DEVTYPE; nil where the variable is missing.
    public let type: String?
    /// What the bus adds, behind the driver.
    public let variables: [UeventVariable]

    /// By default a device with neither node nor DEVTYPE nor variables of its bus.
    public init(node: DeviceNode? = nil, type: String? = nil, variables: [UeventVariable] = []) {
        self.node = node
        self.type = type
        self.variables = variables
    }
}

/// The character device by which programs reach a device. The node itself, in /dev, is there in a sandbox only, and cannot be
/// opened.
public struct DeviceNode: Hashable, Sendable {
    /// MAJOR: which driver has the node.
    public let major: Int
    /// MINOR: which of its devices this is.
    public let minor: Int
    /// The name below /dev.
    public let name: String

    /// Makes no node: `Device` enters it while the device is there.
    public init(major: Int, minor: Int, name: String) {
        self.major = major
        self.minor = minor
        self.name = name
    }

    /// `MAJOR:MINOR`, as in `dev` and in /sys/dev/char.
    var number: String { "\(major):\(minor)" }

    var variables: [UeventVariable] {
        [UeventVariable("MAJOR", "\(major)"), UeventVariable("MINOR", "\(minor)"), UeventVariable("DEVNAME", name)]
    }
}

/// The driver core's part of a device: its directory, its `uevent` file, its lock, the name of its driver.
///
/// The lock is held around probe and remove of a driver, outside of all locks of vfio_ap. The name can be read at any time.
public final class Device: Sendable {
    /// Where its uevents go.
    public let kernel: Kernel
    /// That of its directory: `card05`, `05.0047`, a UUID.
    public let name: String
    /// Below /sys/devices; its path is the DEVPATH.
    public let directory: Directory
    /// SUBSYSTEM, the name of its bus or class; a device without one sends no uevents.
    public let subsystem: String?
    let identity: DeviceIdentity
    /// Held around probe and remove. Guards whether the device has gone: then no driver gets it any more, though some may still
    /// know it.
    let lock = Lock<DeviceRank, Bool>("device", false)
    private let binding: Leaf<Binding?>

    private struct Binding {
        let driver: String
        /// A number of the bus that grows with each device that a driver has taken; 0 while it is being asked.
        var order: UInt64 = 0
    }

    /// Makes a device with its directory and `uevent` file; it is on no bus yet, and nobody has been told.
    ///
    /// - Parameter subsystem: its bus or class, nil where it has none; and the directory of that for the link `subsystem`, nil
    ///   for no link.
    /// - Throws: `EEXIST` where the name is taken, `ENOENT` where the parent is gone, `ENODEV` where the tree is being taken
    ///   apart.
    ///
    /// Kernel: drivers/base/core.c, device_add up to the announcement.
    public init(
        _ name: String, in parent: Directory, subsystem: (name: String, directory: Directory?)?,
        identity: DeviceIdentity = DeviceIdentity(), kernel: Kernel
    ) throws(Errno) {
        self.kernel = kernel
        self.name = name
        self.subsystem = subsystem?.name
        self.identity = identity
        binding = Leaf("driver of device", nil)
        directory = try parent.makeDirectory(name)
        directory.addAttributes(kernel.tables.device, of: self)
        if let bus = subsystem?.directory { directory.addLink("subsystem", to: bus) }
        if let node = identity.node {
            directory.addAttributes(kernel.tables.node, of: node)
            try kernel.directory("dev", "char").addLink(node.number, to: directory)
            kernel.addNode(node)
        }
    }

    /// Takes the device out of the tree, and waits for those who read or write its files.
    ///
    /// Kernel: drivers/base/core.c, device_del behind the announcement.
    public func remove() {
        if let node = identity.node {
            kernel.removeNode(node)
            kernel.removeLink(node.number, from: "dev", "char")
        }
        directory.remove()
    }

    /// The name of the driver, nil while there is none.
    public var driver: String? { binding.withLock { $0?.driver } }

    func setDriver(_ name: String?) {
        binding.withLock { $0 = name.map { Binding(driver: $0) } }
    }

    /// When the driver has taken it, compared with other devices of the bus; 0 for a device without a driver.
    var bindOrder: UInt64 { binding.withLock { $0?.order ?? 0 } }

    func setBindOrder(_ order: UInt64) {
        binding.withLock { $0?.order = order }
    }

    /// Sends a uevent of the device; filtered where it has neither bus nor class.
    ///
    /// Kernel: drivers/base/core.c, dev_uevent.
    public func sendUevent(_ action: UeventAction, _ extra: [UeventVariable] = []) {
        guard let subsystem else { return }
        kernel.uevents.send(action, path: directory.path, subsystem: subsystem, extra + variables(of: action))
    }

    /// Sends the uevent that was asked for by a write to its file. What is refused is told in the log, with the name of the driver, or
    /// else of the bus or class.
    ///
    /// - Throws: as `Kernel.synthesize`.
    ///
    /// Kernel: drivers/base/core.c, uevent_store.
    func synthesize(_ input: Input) throws(Errno) {
        do throws(Errno) {
            try kernel.synthesize(input, path: directory.path, subsystem: subsystem) { variables(of: $0) }
        } catch {
            let owner = driver ?? subsystem ?? ""
            kernel.log.print("\(owner) \(name): uevent: failed to send synthetic uevent: -\(error.rawValue)")
            throw error
        }
    }

    /// What its `uevent` file shows. With 6.1 it waits for whoever binds or unbinds the device.
    ///
    /// Kernel: drivers/base/core.c, uevent_show.
    func ueventText(after held: borrowing Held<Unlocked>) -> String {
        func text() -> String { environment.map { "\($0.key)=\($0.value)\n" }.joined() }
        guard kernel.release.has(.showsUeventsUnderTheDeviceLock) else { return text() }
        return lock.withLock(after: held) { (_, _) in text() }
    }

    private func variables(of action: UeventAction) -> [UeventVariable] {
        action == .unbind ? environment.filter { $0.key != "MODALIAS" } : environment
    }

    /// The variables that every uevent of the device has, and its `uevent` file shows.
    var environment: [UeventVariable] {
        var variables = identity.node?.variables ?? []
        if let type = identity.type { variables.append(UeventVariable("DEVTYPE", type)) }
        if let driver { variables.append(UeventVariable("DRIVER", driver)) }
        return variables + identity.variables
    }
}
