import DriverCore
import KernelLocks
import KernelTesting
import Kernels
import LockOrder
@testable import Mdev
import Sysfs
import SystemPackage

/// A parent of mediated devices, with a driver that makes each of them a vfio device: all in virtual time.
final class Workshop: Sendable {
    static let uuid = "69904b8e-2a56-4c2a-a5cb-d2bcc8a1e7a1"
    static let other = "79904b8e-2a56-4c2a-a5cb-d2bcc8a1e7a1"
    static let type = "devices/shop/mdev_supported_types/shop-tool"

    let clock: VirtualClock
    let kernel: Kernel
    let core: MdevCore
    let driver: ToolDriver
    let parent: MdevParent

    convenience init(release: KernelRelease = .v7_2, instances: Int = 2) throws {
        let clock = VirtualClock()
        try self.init(kernel: Kernel(release: release, clock: clock), clock: clock, instances: instances)
    }

    /// - Parameter clock: for those who advance it.
    init(kernel: Kernel, clock: VirtualClock = VirtualClock(), instances: Int = 2) throws {
        self.kernel = kernel
        self.clock = clock
        core = try MdevCore(kernel: kernel)
        driver = ToolDriver(vfio: try VFIOCore(kernel: kernel))
        let device = try Device(
            "shop", in: kernel.directory("devices"), subsystem: ("shops", kernel.directory("bus", "shops")), kernel: kernel)
        parent = try MdevParent(
            device, type: MdevType(name: "shop-tool", prettyName: "A Tool", deviceAPI: "vfio-tool", instances: instances),
            driver: driver,
            core: core)
        withNoLocksHeld { held in core.bus.register(driver, after: held) }
    }

    @discardableResult
    func create(_ text: String = uuid) -> String { kernel.write("\(Self.type)/create", text) }

    @discardableResult
    func remove(_ uuid: String = uuid) -> String { kernel.write("devices/shop/\(uuid)/remove", "1") }

    func unregister() {
        withNoLocksHeld { held in parent.unregister(after: held) }
    }

    var instances: String { kernel.read("\(Self.type)/available_instances") }
}

/// Makes vfio devices of mediated ones.
final class ToolDriver: MdevDriver {
    let name = "tool"
    let module: Module? = nil
    private let vfio: VFIOCore
    /// What the next probe throws.
    let error = Leaf<Errno?>("tool error", nil)
    let tools = Leaf<[MdevUUID: Tool]>("tools", [:])
    /// Run when a device has been unregistered, before its driver is done with it.
    let atWork = Leaf<(@Sendable () -> Void)?>("at work", nil)

    init(vfio: VFIOCore) {
        self.vfio = vfio
    }

    func probe(_ element: MdevDevice, _ held: borrowing Held<DeviceRank>) throws(Errno) {
        if let error = error.withLock({ $0 }) { throw error }
        let tool = Tool(device: try VFIODevice(element.device, core: vfio), clock: element.device.kernel.clock)
        tools.withLock { $0[element.uuid] = tool }
    }

    func remove(_ element: MdevDevice, _ held: borrowing Held<DeviceRank>) {
        guard let tool = tools.withLock({ $0.removeValue(forKey: element.uuid) }) else { return }
        tool.device.unregister(tool, after: held)
        atWork.withLock { $0 }?()
        tool.device.free()
    }
}

/// A vfio device that writes down when it was wanted back, and lets go when it was asked `patience` times more than once.
final class Tool: VFIODriver {
    let device: VFIODevice
    let clock: any KernelClock
    let patience = Leaf("patience", 0)
    let requests = Leaf<[String]>("requests", [])
    /// Run at the first request.
    let meanwhile = Leaf<(@Sendable () -> Void)?>("meanwhile", nil)

    init(device: VFIODevice, clock: any KernelClock) {
        self.device = device
        self.clock = clock
    }

    func request(_ count: Int, after held: borrowing Held<Unlocked>) {
        let times = requests.withLock { requests in
            requests.append("\(count) at \(clock.now.components.seconds)")
            return requests.count
        }
        if times == 1 { meanwhile.withLock { $0 }?() }
        if times > patience.withLock({ $0 }) { device.close() }
    }
}
