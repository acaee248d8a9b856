import DriverCore
import KernelLocks
import Kernels
import LockOrder
import Sysfs
import SystemPackage

/// What is on the bus of these tests.
struct Box: BusDevice {
    let device: Device
}

/// A bus of boxes, with a diary of what its drivers are asked to do.
struct Boxes {
    let kernel: Kernel
    let bus: Bus<Box>
    let diary = Leaf<[String]>("diary", [])
    private let parent: Directory

    init(clock: any KernelClock = VirtualClock(), release: KernelRelease = .v7_2) throws(Errno) {
        kernel = Kernel(release: release, clock: clock)
        bus = try Bus("box", kernel: kernel)
        parent = try kernel.directory("devices", "room")
    }

    /// Makes a box and puts it on the bus.
    @discardableResult
    func add(_ name: String, identity: DeviceIdentity = DeviceIdentity()) throws -> Box {
        let box = Box(device: try Device(name, in: parent, subsystem: ("box", bus.directory), identity: identity, kernel: kernel))
        withNoLocksHeld { held in bus.add(box, after: held) }
        return box
    }

    func remove(_ box: Box) {
        withNoLocksHeld { held in bus.remove(box, after: held) }
    }

    /// Registers a driver and returns it.
    @discardableResult
    func register(
        _ name: String, wanting: Set<String>? = nil, error: Errno? = nil, mayHave: Bool = true, bindsByHand: Bool = true,
        module: Module? = nil
    ) -> BoxDriver {
        let driver = BoxDriver(
            name: name, wanting: wanting, error: error, mayHave: mayHave, bindsByHand: bindsByHand, module: module, diary: diary)
        withNoLocksHeld { held in bus.register(driver, after: held) }
        return driver
    }

    func unregister(_ driver: BoxDriver) {
        withNoLocksHeld { held in bus.unregister(driver, after: held) }
    }

    /// What has happened since the last time.
    func takeDiary() -> [String] {
        diary.withLock { diary in
            defer { diary = [] }
            return diary
        }
    }
}

final class BoxDriver: BusDriver {
    let name: String
    let module: Module?
    let bindsByHand: Bool
    private let wanting: Set<String>?
    private let error: Errno?
    private let mayHave: Bool
    private let diary: Leaf<[String]>
    /// Run while it lets go of a box.
    let atRemoval = Leaf<(@Sendable () -> Void)?>("at removal", nil)

    /// - Parameters:
    ///   - wanting: the boxes that match, nil for all.
    ///   - error: what a probe throws.
    ///   - mayHave: the bus's own word.
    init(
        name: String, wanting: Set<String>?, error: Errno?, mayHave: Bool, bindsByHand: Bool, module: Module?,
        diary: Leaf<[String]>
    ) {
        self.name = name
        self.wanting = wanting
        self.error = error
        self.mayHave = mayHave
        self.bindsByHand = bindsByHand
        self.module = module
        self.diary = diary
    }

    func matches(_ box: Box) -> Bool { wanting?.contains(box.device.name) ?? true }
    func mayHave(_ box: Box, _ held: borrowing Held<DeviceRank>) -> Bool { mayHave }

    func probe(_ box: Box, _ held: borrowing Held<DeviceRank>) throws(Errno) {
        let driver = box.device.driver ?? "nobody"
        diary.withLock { $0.append("\(name) probes \(driver)'s \(box.device.name)") }
        if let error { throw error }
    }

    func remove(_ box: Box, _ held: borrowing Held<DeviceRank>) {
        let driver = box.device.driver ?? "nobody"
        diary.withLock { $0.append("\(name) removes \(driver)'s \(box.device.name)") }
        atRemoval.withLock { $0 }?()
    }
}
