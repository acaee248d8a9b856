internal import AdjunctProcessor
internal import DriverCore
internal import KernelLocks
internal import Kernels
internal import LockOrder
internal import Mdev
internal import SystemPackage
internal import Sysfs

/// The driver of mediated matrix devices.
///
/// Kernel: drivers/s390/crypto/vfio_ap_ops.c, vfio_ap_mdev_probe, vfio_ap_mdev_remove.
final class VFIOAPMdevDriver: MdevDriver {
    let name = "vfio_ap_mdev"
    let module: Module?
    private let matrixDevice: MatrixDevice
    private let vfio: VFIOCore
    /// The module, which has a reference more while there is any device.
    private let vfioModule: Module?
    private let table: AttributeTable<MatrixMdev>
    private let mdevs = Leaf<[MdevUUID: MatrixMdev]>("vfio_ap mdevs", [:])

    init(matrixDevice: MatrixDevice, vfio: VFIOCore, module: Module, vfioModule: Module?) {
        self.matrixDevice = matrixDevice
        self.vfio = vfio
        self.vfioModule = matrixDevice.release.has(.devicesHoldVFIO) ? vfioModule : nil
        self.module = module
        table = MatrixMdev.attributes(matrixDevice.release)
    }

    /// The device of that UUID, nil where there is none or the driver does not have it.
    func mdev(_ uuid: MdevUUID) -> MatrixMdev? {
        mdevs.withLock { $0[uuid] }
    }

    /// Makes the vfio device and an empty matrix, and then the files.
    ///
    /// - Throws: what `VFIODevice.init` throws.
    func probe(_ element: MdevDevice, _ held: borrowing Held<DeviceRank>) throws(Errno) {
        let device = try VFIODevice(element.device, core: vfio)
        let config = Leaf(MatrixMdev.configLockName, APMatrix())
        let number = matrixDevice.lock.withLock(after: held) { state, _ in state.addMdev(element.uuid, config: config) }
        let mdev = MatrixMdev(element, number: number, matrixDevice: matrixDevice, vfio: device, config: config)
        let isFirst = mdevs.withLock { mdevs in
            mdevs[element.uuid] = mdev
            return mdevs.count == 1
        }
        if isFirst { try? vfioModule?.get() }
        element.device.directory.addAttributes(table, of: mdev, by: .driver)
    }

    /// Waits for the device's user, if it has one, before it takes any lock; then resets the queues and forgets the device.
    func remove(_ element: MdevDevice, _ held: borrowing Held<DeviceRank>) {
        guard let mdev = mdev(element.uuid) else { return }
        element.device.directory.removeAttributes(by: .driver)
        mdev.vfio.unregister(mdev, after: held)
        let isLast = mdevs.withLock { mdevs in
            mdevs[element.uuid] = nil
            return mdevs.isEmpty
        }
        if isLast { vfioModule?.put() }
        matrixDevice.guestsLock.withReadLock(after: held) { _, held in
            matrixDevice.inTurn(after: held) { state, held in
                guard let removed = state.mdevs[mdev.number] else { return }
                matrixDevice.reset(
                    state.boundQueues(adapters: removed.matrix.adapters, domains: removed.matrix.domains), held)
                state.removeMdev(mdev.number)
            }
        }
        mdev.vfio.free()
    }
}
