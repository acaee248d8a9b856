public import DriverCore
internal import LockOrder
internal import SystemPackage
internal import Sysfs

/// A mediated device.
///
/// Kernel: include/linux/mdev.h, struct mdev_device.
public final class MdevDevice: BusDevice {
    public let uuid: MdevUUID
    public let device: Device
    let parent: MdevParent
    /// It is complete, and nobody has begun to remove it.
    private let active = Leaf("mdev active", false)

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
