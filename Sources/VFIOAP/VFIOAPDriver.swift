internal import AdjunctProcessor
internal import APBus
internal import DriverCore
internal import KernelLocks
internal import Kernels
internal import LockOrder
internal import SystemAdditions
internal import SystemPackage
internal import Sysfs

/// The driver of queues that guests may have.
///
/// Kernel: drivers/s390/crypto/vfio_ap_drv.c.
final class VFIOAPDriver: APDriver {
    let name = "vfio_ap"
    let module: Module?
    let isDefault = false
    private let matrixDevice: MatrixDevice
    private let table: AttributeTable<QueueView>

    private struct QueueView: Sendable {
        let matrixDevice: MatrixDevice
        let apqn: APQN
    }

    init(matrixDevice: MatrixDevice, module: Module) {
        self.matrixDevice = matrixDevice
        self.module = module
        table = AttributeTable(
            [
                Attribute("status", .readOnly) { queue, page, held in
                    page.emit(queue.matrixDevice.status(of: queue.apqn, after: held))
                }
            ], release: matrixDevice.release)
    }

    func matches(_ device: APDevice) -> Bool { device.queue != nil }

    /// Gives the queue the file `status`, and then the queue to the guest that it is assigned to. The file comes when all locks are
    /// had for the rest; 6.12 makes it before, and who reads it waits for them, too.
    ///
    /// - Throws: `ENODEV` for a card.
    ///
    /// Kernel: drivers/s390/crypto/vfio_ap_ops.c, vfio_ap_mdev_probe_queue.
    func probe(_ device: APDevice, _ held: borrowing Held<DeviceRank>) throws(Errno) {
        guard let queue = device.queue else { throw .ENODEV }
        let object = QueueView(matrixDevice: matrixDevice, apqn: queue.apqn)
        let addStatus = { [table] in queue.device.directory.addAttributes(table, of: object, by: .driver) }
        let isBefore = matrixDevice.release.has(.statusComesBeforeItsQueue)
        if isBefore { addStatus() }
        matrixDevice.queueBound(queue.apqn, after: held) { if !isBefore { addStatus() } }
    }

    /// Removes the file `status` before it takes any lock: the removal waits for readers of the file, and they wait for the
    /// locks.
    func remove(_ device: APDevice, _ held: borrowing Held<DeviceRank>) {
        guard let queue = device.queue else { return }
        queue.device.directory.removeAttributes(by: .driver)
        matrixDevice.queueUnbound(queue.apqn, after: held)
    }

    func isUsing(adapters: APMask, domains: APMask, after held: borrowing Held<APAttributesRank>) -> Bool {
        matrixDevice.isUsing(adapters: adapters, domains: domains, after: held)
    }

    func configurationChanged(from old: ConfigurationInfo, to new: ConfigurationInfo, after held: borrowing Held<ScanRank>) {
        matrixDevice.configurationChanged(from: old, to: new, after: held)
    }

    func scanCompleted(from old: ConfigurationInfo, to new: ConfigurationInfo, after held: borrowing Held<ScanRank>) {
        matrixDevice.scanCompleted(after: held)
    }
}
