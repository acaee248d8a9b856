public import DriverCore
public import KernelLocks
public import LockOrder
internal import Sysfs
internal import SystemAdditions
public import SystemPackage

/// The mediated device core: its bus, and the UUIDs that are taken.
///
/// Kernel: drivers/vfio/mdev/mdev_core.c.
public final class MdevCore: Sendable {
    /// The Linux whose tree has the bus.
    public let kernel: Kernel
    /// The bus mdev: all mediated devices of all parents, and their drivers.
    public let bus: Bus<MdevDevice>
    /// A UUID is taken from the start of a create to the very end of a removal.
    let uuids = Leaf<Set<MdevUUID>>("mdev_list_lock", [])
    let deviceTable: AttributeTable<MdevDevice>
    let typeTable: AttributeTable<MdevParent>

    /// - Throws: `ENODEV` where the tree is being taken apart.
    public init(kernel: Kernel) throws(Errno) {
        self.kernel = kernel
        bus = try Bus("mdev", kernel: kernel)
        _ = try kernel.directory("class", "mdev_bus")
        deviceTable = AttributeTable(
            [
                .writeOnly("remove") { device, input, held throws(Errno) in
                    try device.storeRemove(input, after: held)
                }
            ], release: kernel.release)
        typeTable = AttributeTable(
            [
                .writeOnly("create") { parent, input, held throws(Errno) in
                    try parent.create(MdevUUID(input), after: held)
                },
                .readOnly("device_api") { "\($0.type.deviceAPI)\n" },
                .readOnly("name") { "\($0.type.prettyName)\n" },
                .readOnly("available_instances") { "\($0.availableInstances)\n" },
            ], release: kernel.release)
    }

    /// Takes the bus away, and the class of parents. No device, driver or parent may be left.
    public func remove() {
        bus.unregister()
        kernel.removeClass("mdev_bus")
    }
}

/// A driver of mediated devices, bound by the core and never by matching.
public protocol MdevDriver: BusDriver<MdevDevice> {}

extension MdevDriver {
    /// True: the driver has `bind` and `unbind`, although no name can be bound.
    public var bindsByHand: Bool { true }

    /// Never: that is why `bind` always answers ENODEV.
    public func matches(_ element: MdevDevice) -> Bool { false }
    /// True: the core chooses the driver when it makes the device.
    public func mayHave(_ element: MdevDevice, _ held: borrowing Held<DeviceRank>) -> Bool { true }
}

extension MdevDevice {
    /// Removes the device if a number other than 0 was written. The file itself goes first; of several writers at once one
    /// removes, and the others wait for it.
    ///
    /// - Throws: `EINVAL` for what is no number; `EAGAIN` while it is being created or removed; `ENODEV` while its parent goes.
    ///
    /// Kernel: drivers/vfio/mdev/mdev_sysfs.c, remove_store; mdev_core.c, mdev_device_remove.
    func storeRemove(_ input: Input, after held: borrowing Held<Unlocked>) throws(Errno) {
        let value: UInt64
        do throws(Errno) {
            value = try KernelText.unsignedLong(input.text)
        } catch {
            throw .EINVAL
        }
        guard value != 0 else { return }
        try device.directory.removeSelf("remove") { () throws(Errno) in
            guard deactivate() else { throw .EAGAIN }
            try parent.remove(self, after: held)
        }
    }
}
