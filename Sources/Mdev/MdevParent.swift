public import DriverCore
internal import KernelLocks
public import LockOrder
internal import Sysfs
internal import SystemAdditions
public import SystemPackage

/// A kind of mediated device that a parent offers.
public struct MdevType: Sendable {
    /// The name of its directory behind the driver's name and a dash.
    public let name: String
    /// For people; the text of the type's file `name`.
    public let prettyName: String
    /// The text of `device_api`: how a program drives such a device, `vfio-ap`.
    public let deviceAPI: String
    /// How many devices of the type there can be at a time: `available_instances` while there is none.
    public let instances: Int

    /// The texts are given without a newline.
    public init(name: String, prettyName: String, deviceAPI: String, instances: Int) {
        self.name = name
        self.prettyName = prettyName
        self.deviceAPI = deviceAPI
        self.instances = instances
    }
}

/// A device that offers mediated devices, of one type.
///
/// Creates and removals hold `unregistration` for reading, the end of the parent holds it for writing.
///
/// Kernel: drivers/vfio/mdev/mdev_core.c, struct mdev_parent.
public final class MdevParent: Sendable {
    let core: MdevCore
    let device: Device
    let type: MdevType
    private let driver: any MdevDriver
    private let unregistration = RWLock<MdevParentRank, Bool>("unreg_sem", false)
    /// What the lock of the instances is called, for a scheduler.
    package static let instancesLockName: StaticString = "mdev instances"
    private let available: Leaf<Int>
    private let typesDirectory: Directory
    private let devicesDirectory: Directory
    private let typeDirectory: Directory

    /// Makes a device a parent: `mdev_supported_types` in its directory, and a link in /sys/class/mdev_bus. Devices can be made
    /// at once.
    ///
    /// - Parameter driver: the one that gets each new device; it must be registered on the core's bus.
    /// - Throws: `EEXIST` where the device is a parent already, `ENOENT` or `ENODEV` where the tree is being taken apart.
    ///
    /// Kernel: drivers/vfio/mdev/mdev_core.c, mdev_register_parent.
    public init(_ device: Device, type: MdevType, driver: any MdevDriver, core: MdevCore) throws(Errno) {
        self.device = device
        self.type = type
        self.driver = driver
        self.core = core
        available = Leaf(MdevParent.instancesLockName, type.instances)
        typesDirectory = try device.directory.makeDirectory("mdev_supported_types")
        typeDirectory = try typesDirectory.makeDirectory(type.name)
        devicesDirectory = try typeDirectory.makeDirectory("devices")
        typeDirectory.addAttributes(core.typeTable, of: self)
        try core.kernel.directory("class", "mdev_bus").addLink(device.name, to: device.directory)
        device.sendUevent(.change, [UeventVariable("MDEV_STATE", "registered")])
    }

    var availableInstances: Int { available.withLock { $0 } }

    // MARK: - Create

    /// Makes a mediated device; when this returns its directory is complete.
    ///
    /// Locks: the parent's for reading, tried; below it the device's, and what the driver's `probe` takes.
    ///
    /// - Throws: `EEXIST` where the UUID is taken, `EUSERS` where no instance is left, `ENODEV` while the parent goes; `ENODEV`
    ///   or `ENOENT` where the tree is being taken apart.
    ///
    /// Kernel: drivers/vfio/mdev/mdev_core.c, mdev_device_create.
    func create(_ uuid: MdevUUID, after held: borrowing Held<Unlocked>) throws(Errno) {
        guard core.uuids.withLock({ $0.insert(uuid).inserted }) else { throw .EEXIST }
        do throws(Errno) {
            try takeInstance()
        } catch {
            core.uuids.withLock { _ = $0.remove(uuid) }
            throw error
        }
        do throws(Errno) {
            try whileRegistered(after: held) { (held) throws(Errno) in
                let mdev = try MdevDevice(uuid, parent: self, table: core.deviceTable)
                core.bus.add(mdev, after: held)
                do throws(Errno) {
                    try core.bus.attach(mdev, to: driver.name, after: held)
                } catch {
                    core.bus.remove(mdev, after: held)
                    throw error
                }
                devicesDirectory.addLink(uuid.description, to: mdev.device.directory)
                mdev.device.directory.addLink("mdev_type", to: typeDirectory)
                mdev.activate()
            }
        } catch {
            release(uuid)
            throw error
        }
    }

    /// Runs `body` while the parent cannot go.
    ///
    /// - Throws: what `body` throws, and `ENODEV` while the parent goes: nobody waits for that.
    private func whileRegistered(
        after held: borrowing Held<Unlocked>, _ body: (borrowing Held<MdevParentRank>) throws(Errno) -> Void
    ) throws(Errno) {
        let isDone: Void? = try unregistration.withReadLockIfAvailable(after: held) { (isGone, held) throws(Errno) in
            guard !isGone else { throw .ENODEV }
            try body(held)
        }
        if isDone == nil { throw .ENODEV }
    }

    private func takeInstance() throws(Errno) {
        try available.withLock { available throws(Errno) in
            guard available > 0 else { throw .EUSERS }
            available -= 1
        }
    }

    /// The last reference is gone: the UUID is free, and so is the instance.
    private func release(_ uuid: MdevUUID) {
        core.uuids.withLock { _ = $0.remove(uuid) }
        available.withLock { $0 += 1 }
    }

    // MARK: - Remove

    /// Takes a device away; waits for its user. The caller has made it inactive, so that this happens once.
    ///
    /// - Throws: `ENODEV` while the parent goes.
    func remove(_ mdev: MdevDevice, after held: borrowing Held<Unlocked>) throws(Errno) {
        try whileRegistered(after: held) { (held) throws(Errno) in tearDown(mdev, held) }
    }

    /// Kernel: drivers/vfio/mdev/mdev_core.c, mdev_device_remove_common.
    private func tearDown(_ mdev: MdevDevice, _ held: borrowing Held<MdevParentRank>) {
        mdev.device.directory.removeLink("mdev_type")
        devicesDirectory.removeLink(mdev.uuid.description)
        core.bus.remove(mdev, after: held)
        release(mdev.uuid)
    }

    /// Takes the parent away, and all its devices before; waits for the users of these.
    ///
    /// Locks: the parent's for writing; below it each device's, and what the driver's `remove` takes.
    ///
    /// Kernel: drivers/vfio/mdev/mdev_core.c, mdev_unregister_parent.
    public func unregister(after held: borrowing Held<Unlocked>) {
        core.kernel.removeLink(device.name, from: "class", "mdev_bus")
        unregistration.withWriteLock(after: held) { (isGone, held) in
            isGone = true
            for mdev in core.bus.devices where mdev.parent === self {
                tearDown(mdev, held)
            }
        }
        typesDirectory.remove()
        device.sendUevent(.change, [UeventVariable("MDEV_STATE", "unregistered")])
    }
}
