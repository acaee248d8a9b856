internal import Collections
public import KernelLocks
public import LockOrder
internal import OrderedCollections
public import Sysfs
public import SystemPackage

/// Something on a bus.
public protocol BusDevice: Sendable {
    /// The driver core's part of it, always the same one.
    var device: Device { get }
}

/// A driver of a bus.
public protocol BusDriver<Element>: AnyObject, Sendable {
    /// What is on the bus.
    associatedtype Element: BusDevice
    /// The name of its directory in `drivers`, and DRIVER of its devices.
    var name: String { get }
    /// The module of the link `module`, nil for a driver that is built in.
    var module: Module? { get }
    /// False for a driver that has no `bind` and `unbind` files.
    var bindsByHand: Bool { get }
    /// Whether the driver is one for such a device. Called with the device's lock held or not, so the answer depends on what
    /// never changes. Asked before the bus gives a device to the driver, and by `bind`.
    func matches(_ element: Element) -> Bool
    /// The bus's own word before the driver is asked: whether this driver may have this device now. Called with the
    /// device's lock held.
    func mayHave(_ element: Element, _ held: borrowing Held<DeviceRank>) -> Bool
    /// Takes a device. Called with the device's lock held.
    ///
    /// - Throws: `ENODEV` where the driver does not want it; a write to `bind` answers the errno.
    func probe(_ element: Element, _ held: borrowing Held<DeviceRank>) throws(Errno)
    /// Lets go of a device; the links are gone already, and `Device.driver` is still the driver's name. Called with the device's
    /// lock held.
    func remove(_ element: Element, _ held: borrowing Held<DeviceRank>)
}

/// A bus: its devices in the order in which they came, its drivers in the order in which they came.
///
/// Which driver has which device is decided under the lock of the device (`Bus+Binding.swift`). The lists are guarded by a leaf
/// lock that is never held while a driver runs.
///
/// Kernel: drivers/base/bus.c.
public final class Bus<Element: BusDevice>: Sendable {
    /// Whose devices and drivers these are.
    public let kernel: Kernel
    /// As in /sys/bus, and SUBSYSTEM of its devices.
    public let name: String
    /// /sys/bus/NAME
    public let directory: Directory
    let devicesDirectory: Directory
    let driversDirectory: Directory
    let kobject: Kobject
    /// What the lock is called, for a scheduler.
    package static var lockName: StaticString { "bus" }
    let state = Leaf(Bus.lockName, State())

    struct State {
        var devices: OrderedDictionary<String, Element> = [:]
        var drivers: [RegisteredDriver<Element>] = []
        var autoprobe = true
        /// How often a driver has taken a device.
        var bindings: UInt64 = 0

        func driver(named name: String) -> RegisteredDriver<Element>? { drivers.first { $0.name == name } }
    }

    /// Makes the bus, tells of it, and gives it the files that every bus has.
    ///
    /// - Throws: `ENODEV` where the tree is being taken apart.
    public init(_ name: String, kernel: Kernel) throws(Errno) {
        self.kernel = kernel
        self.name = name
        directory = try kernel.directory("bus", name)
        devicesDirectory = try kernel.directory("bus", name, "devices")
        driversDirectory = try kernel.directory("bus", name, "drivers")
        kobject = Kobject(kernel: kernel, directory: directory, subsystem: "bus")
        kobject.addUeventFile()
        directory.addAttributes(Bus.attributes(kernel.release), of: self)
        kobject.announce()
    }

    /// Takes the bus away. No device and no driver may be left.
    public func unregister() {
        kobject.announceEnd()
        directory.remove()
    }

    // MARK: - Devices

    /// Everything on the bus, oldest first.
    public var devices: [Element] { state.withLock { Array($0.devices.values) } }

    /// The device of exactly that name; nil where there is none on the bus.
    public func device(named name: String) -> Element? { state.withLock { $0.devices[name] } }

    /// Puts a device on the bus, tells of it, and lets the drivers try.
    ///
    /// Kernel: drivers/base/core.c, device_add; drivers/base/bus.c, bus_add_device and bus_probe_device.
    public func add<Outer: OutsideDevice>(_ element: Element, after held: borrowing Held<Outer>) {
        let device = element.device
        devicesDirectory.addLink(device.name, to: device.directory)
        let autoprobe = state.withLock { state in
            state.devices[device.name] = element
            return state.autoprobe
        }
        device.sendUevent(.add)
        if autoprobe { attach(element, after: held) }
    }

    /// Takes a device off the bus: away from its driver, and out of the tree. It begins when nobody binds or unbinds the device.
    ///
    /// Kernel: drivers/base/core.c, device_del.
    public func remove<Outer: OutsideDevice>(_ element: Element, after held: borrowing Held<Outer>) {
        let device = element.device
        // from here on no driver gets it
        device.lock.withLock(after: held) { (isGone, _) in isGone = true }
        device.directory.removeAttributes(by: .device)
        device.directory.removeLink("subsystem")
        devicesDirectory.removeLink(device.name)
        state.withLock { _ = $0.devices.removeValue(forKey: device.name) }
        detach(element, after: held)
        device.sendUevent(.remove)
        device.directory.remove()
    }
}
