public import DriverCore
internal import LockOrder
internal import SystemPackage
internal import Sysfs

/// A mediated device.
///
/// Kernel: include/linux/mdev.h, struct mdev_device.
public final class MdevDevice: BusDevice {
    /// The name of its directory and of its links.
    public let uuid: MdevUUID
    /// The driver core's part; its directory is in that of the parent.
    public let device: Device
    let parent: MdevParent
    /// It is complete, and nobody has begun to remove it.
    private let active = Leaf("mdev active", false)

    /// Makes the device's directory with `remove`; it is on no bus yet, and not active.
    ///
    /// - Throws: `EEXIST` where the parent has something of that name, `ENOENT` where the parent's directory is gone.
    init(_ uuid: MdevUUID, parent: MdevParent, table: AttributeTable<MdevDevice>) throws(Errno) {
        self.uuid = uuid
        self.parent = parent
        let bus = parent.core.bus
        device = try Device(
            uuid.description, in: parent.device.directory, subsystem: (bus.name, bus.directory), kernel: bus.kernel)
        device.directory.addAttributes(table, of: self)
    }

    func activate() {
        active.withLock { $0 = true }
    }

    /// - Returns: whether it was active, and is not any more.
    func deactivate() -> Bool {
        active.withLock { isActive in
            defer { isActive = false }
            return isActive
        }
    }
}
