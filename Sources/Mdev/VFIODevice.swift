public import DriverCore
public import KernelLocks
internal import Kernels
public import LockOrder
internal import Sysfs
internal import SystemAdditions
public import SystemPackage

/// What a driver does for the users of a vfio device.
public protocol VFIODriver: AnyObject, Sendable {
    /// Asks the user to let go: at once with 0, and then every ten seconds with the next number. Called on a thread of the clock.
    ///
    /// Kernel: include/linux/vfio.h, struct vfio_device_ops, request.
    func request(_ count: Int, after held: borrowing Held<Unlocked>)
}

/// A device that user space may drive: its IOMMU group, its group node, its device node, its user.
///
/// Kernel: drivers/vfio/vfio_main.c, struct vfio_device.
public final class VFIODevice: Sendable {
    private let core: VFIOCore
    private let parent: Device
    let index: Int
    let group: Int
    let minor: Int
    private let iommuGroup: Directory
    private let groupNode: Device
    private let deviceNode: Device
    private let glue: Directory
    private let use = Leaf("vfio users", Use())

    private struct Use {
        var isRegistered = true
        var isOpen = false
        /// The request that comes next, and how many have come before it.
        var next: (count: Int, work: any ScheduledWork)?
    }

    /// How long a remover waits before it asks again.
    static let requestInterval = Duration.seconds(10)

    /// Makes the group and the nodes of a device, and tells of them.
    ///
    /// - Throws: `EEXIST` where the parent has a vfio device already, `ENODEV` or `ENOENT` where the tree is being taken apart.
    ///
    /// Kernel: drivers/vfio/vfio_main.c, vfio_register_emulated_iommu_dev.
    public init(_ parent: Device, core: VFIOCore) throws(Errno) {
        self.core = core
        self.parent = parent
        let kernel = core.kernel
        let (index, group, minor) = (core.indexes.take(), core.groups.take(), core.minors.take())
        (self.index, self.group, self.minor) = (index, group, minor)

        iommuGroup = try kernel.directory("kernel", "iommu_groups", "\(group)")
        try iommuGroup.directory("devices").addLink(parent.name, to: parent.directory)
        parent.directory.addLink("iommu_group", to: iommuGroup)

        let groupClass = try kernel.directory("class", "vfio")
        groupNode = try kernel.makeVirtualDevice(
            "\(group)", class: "vfio",
            identity: DeviceIdentity(node: DeviceNode(major: VFIOCore.groupMajor, minor: minor, name: "vfio/\(group)")))
        groupClass.addLink("\(group)", to: groupNode.directory)

        let deviceClass = try kernel.directory("class", "vfio-dev")
        glue = try parent.directory.makeDirectory("vfio-dev")
        let node = DeviceNode(major: VFIOCore.deviceMajor, minor: index, name: "vfio/devices/vfio\(index)")
        deviceNode = try Device(
            "vfio\(index)", in: glue, subsystem: ("vfio-dev", deviceClass),
            identity: DeviceIdentity(node: kernel.release.has(.vfioDevicesHaveNodes) ? node : nil), kernel: kernel)
        deviceClass.addLink("vfio\(index)", to: deviceNode.directory)
        deviceNode.directory.addLink("device", to: parent.directory)

        iommuGroup.addAttributes(core.iommuTable, of: self)
        groupNode.sendUevent(.add)
        deviceNode.sendUevent(.add)
    }

    // MARK: - Its user

    /// Takes the device for a user.
    ///
    /// - Throws: `EBUSY` where it has one, `ENODEV` where it is going.
    public func open() throws(Errno) {
        try use.withLock { use throws(Errno) in
            guard use.isRegistered else { throw .ENODEV }
            guard !use.isOpen else { throw .EBUSY }
            use.isOpen = true
        }
    }

    /// The user lets go: a remover that waits goes on, and the device can be opened again unless it is being removed.
    public func close() {
        use.withLock { $0.isOpen = false }
        use.notifyAll()
    }

    package var isOpen: Bool { use.withLock { $0.isOpen } }

    // MARK: - Its end

    /// Takes the device from user space: nobody can open it any more; a user that has it is asked to let go until it has.
    ///
    /// Waits without any lock but the device's. 6.1 takes the node away after the wait, the others before.
    ///
    /// Kernel: drivers/vfio/vfio_main.c, vfio_unregister_group_dev.
    public func unregister(_ driver: any VFIODriver, after held: borrowing Held<DeviceRank>) {
        use.withLock { $0.isRegistered = false }
        let kernel = core.kernel
        if kernel.release.has(.vfioDeviceGoesBeforeTheWait) { removeDeviceNode() }
        if use.withLock({ $0.isOpen }) {
            requestRelease(driver, 0)
            kernel.clock.wait(on: use) { $0.isOpen ? nil : () }
            use.withLock { use in
                use.next?.work.cancel()
                use.next = nil
            }
        }
        if !kernel.release.has(.vfioDeviceGoesBeforeTheWait) { removeDeviceNode() }
        parent.directory.removeLink("iommu_group")
        kernel.removeLink(groupNode.name, from: "class", "vfio")
        groupNode.sendUevent(.remove)
        kernel.removeVirtualDevice(groupNode)
        iommuGroup.remove()
        core.groups.give(group)
        core.minors.give(minor)
    }

    /// The driver is done with the device, which has been unregistered: only now the number of `vfioN` is free. That of the group
    /// was before.
    ///
    /// Kernel: drivers/vfio/vfio_main.c, vfio_device_release.
    public func free() {
        core.indexes.give(index)
    }

    private func removeDeviceNode() {
        core.kernel.removeLink(deviceNode.name, from: "class", "vfio-dev")
        deviceNode.sendUevent(.remove)
        deviceNode.remove()
        glue.remove()
    }

    /// Asks on a thread of the clock, which holds nothing: the remover may hold the device's lock, and the driver's `request`
    /// takes its own.
    private func requestRelease(_ driver: any VFIODriver, _ count: Int) {
        let work = core.kernel.schedule(after: count == 0 ? .zero : VFIODevice.requestInterval) { [weak self] held in
            guard let self, use.withLock({ $0.isOpen }) else { return }
            driver.request(count, after: held)
            requestRelease(driver, count + 1)
        }
        // this request may have been made already, and the next one be planned
        let isOver = use.withLock { use in
            guard use.isOpen, use.next.map({ $0.count < count }) ?? true else { return true }
            use.next = (count, work)
            return false
        }
        if isOver { work.cancel() }
    }
}
