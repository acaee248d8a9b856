internal import AdjunctProcessor
public import APBus
public import DriverCore
internal import KernelLocks
internal import Kernels
public import LockOrder
public import Mdev
public import SystemPackage
internal import Sysfs

/// The module vfio_ap while it is loaded: the matrix device, and the drivers of queues and of mediated matrix devices.
///
/// Kernel: drivers/s390/crypto/vfio_ap_drv.c.
public final class VFIOAPModule: Sendable {
    /// /sys/module/vfio_ap; each open device is one of its references, and keeps it from being unloaded.
    public let module: Module
    /// All that the driver knows; gone with the module.
    public let matrixDevice: MatrixDevice
    private let bus: APBus
    private let mdevCore: MdevCore
    private let rootDirectory: Directory
    private let matrixBus: Bus<MatrixBusDevice>
    private let matrix: MatrixBusDevice
    private let matrixDriver: MatrixBusDriver
    private let queueDriver: VFIOAPDriver
    private let mdevDriver: VFIOAPMdevDriver
    private let parent: MdevParent
    private let used: [Module]

    /// Loads the module: everything that can be bound is, and mediated devices can be made.
    ///
    /// - Parameter used: the modules whose symbols it needs; it is among their holders.
    /// - Throws: `EEXIST` where it is loaded, `ENODEV` or `ENOENT` where the tree is being taken apart.
    ///
    /// Kernel: drivers/s390/crypto/vfio_ap_drv.c, vfio_ap_init.
    public init(
        bus: APBus, mdevCore: MdevCore, vfio: VFIOCore, using used: [Module], after held: borrowing Held<Unlocked>
    ) throws(Errno) {
        let kernel = bus.kernel
        self.bus = bus
        self.mdevCore = mdevCore
        self.used = used
        module = try Module(loading: "vfio_ap", kernel: kernel)
        module.beginLoading()
        for other in used { module.hold(other) }

        // the root device, which has neither bus nor class
        let root = try Device("vfio_ap", in: try kernel.directory("devices"), subsystem: nil, kernel: kernel)
        rootDirectory = root.directory
        rootDirectory.addLink("module", to: module.directory)

        matrixBus = try Bus("matrix", kernel: kernel)
        matrix = MatrixBusDevice(
            device: try Device("matrix", in: rootDirectory, subsystem: ("matrix", matrixBus.directory), kernel: kernel))
        matrixDriver = MatrixBusDriver(release: kernel.release)
        matrixBus.add(matrix, after: held)
        matrixBus.register(matrixDriver, after: held)

        matrixDevice = MatrixDevice(kernel: kernel, bus: bus)
        queueDriver = VFIOAPDriver(matrixDevice: matrixDevice, module: module)
        bus.register(queueDriver, after: held)
        mdevDriver = VFIOAPMdevDriver(
            matrixDevice: matrixDevice, vfio: vfio, module: module, vfioModule: used.first { $0.name == "vfio" })
        mdevCore.bus.register(mdevDriver, after: held)
        parent = try MdevParent(matrix.device, type: VFIOAPModule.type, driver: mdevDriver, core: mdevCore)
        module.announce()
    }

    private static let type = MdevType(
        name: "vfio_ap-passthrough", prettyName: "VFIO AP Passthrough Device", deviceAPI: "vfio-ap", instances: 256 * 256)

    /// Unloads the module, with all mediated devices.
    ///
    /// - Throws: `EAGAIN` while a guest has one.
    ///
    /// Kernel: drivers/s390/crypto/vfio_ap_drv.c, vfio_ap_exit.
    public func unload(after held: borrowing Held<Unlocked>) throws(Errno) {
        try module.beginUnload()
        parent.unregister(after: held)
        mdevCore.bus.unregister(mdevDriver, after: held)
        bus.unregister(queueDriver, after: held)
        matrixBus.unregister(matrixDriver, after: held)
        matrixBus.remove(matrix, after: held)
        matrixBus.unregister()
        rootDirectory.remove()
        for other in used { module.release(other) }
        module.unload()
    }

    /// The mediated matrix device of that UUID, as who is to open it finds it: on its bus, which a device leaves first when it is removed.
    public func deviceToOpen(_ uuid: MdevUUID) -> MatrixMdev? {
        mdevCore.bus.device(named: uuid.description) == nil ? nil : mdev(uuid)
    }

    /// The mediated matrix device of that UUID; nil where there is none or the driver does not have it.
    public func mdev(_ uuid: MdevUUID) -> MatrixMdev? {
        mdevDriver.mdev(uuid)
    }
}

/// /sys/devices/vfio_ap/matrix
struct MatrixBusDevice: BusDevice {
    let device: Device
}

/// The driver of the matrix bus's one device; it cannot be bound by hand.
///
/// Kernel: drivers/s390/crypto/vfio_ap_drv.c, matrix_driver.
final class MatrixBusDriver: BusDriver {
    let name = "vfio_ap"
    let module: Module? = nil
    let bindsByHand = false
    private let table: AttributeTable<Device>

    init(release: KernelRelease) {
        table = AttributeTable(
            [.readOnly("features", since: .v6_12) { _ in "guest_matrix hotplug ap_config\n" }], release: release)
    }

    func matches(_ element: MatrixBusDevice) -> Bool { true }
    func mayHave(_ element: MatrixBusDevice, _ held: borrowing Held<DeviceRank>) -> Bool { true }

    func probe(_ element: MatrixBusDevice, _ held: borrowing Held<DeviceRank>) throws(Errno) {
        element.device.directory.addAttributes(table, of: element.device, by: .driver)
    }

    func remove(_ element: MatrixBusDevice, _ held: borrowing Held<DeviceRank>) {
        element.device.directory.removeAttributes(by: .driver)
    }
}
