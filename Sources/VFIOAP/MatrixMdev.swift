internal import AdjunctProcessor
internal import DriverCore
internal import KernelLocks
internal import LockOrder
public import Mdev
internal import Sysfs
internal import SystemAdditions
internal import SystemPackage

/// A mediated matrix device: what its files and its vfio device speak of. `matrixDevice.lock` guards what it has.
public final class MatrixMdev: VFIODriver {
    /// Of the mediated device; the name of its directory.
    public let uuid: MdevUUID
    let number: MdevNumber
    let matrixDevice: MatrixDevice
    /// Its IOMMU group, its nodes, and whether a program has it open.
    public let vfio: VFIODevice
    /// What is assigned, for readers without a lock.
    let config: Leaf<APMatrix>
    /// What its lock is called, for a scheduler.
    package static let configLockName: StaticString = "ap_config"

    init(
        _ mdev: MdevDevice, number: MdevNumber, matrixDevice: MatrixDevice, vfio: VFIODevice, config: Leaf<APMatrix>
    ) {
        uuid = mdev.uuid
        self.number = number
        self.matrixDevice = matrixDevice
        self.vfio = vfio
        self.config = config
    }

    /// Puts a line into the kernel log as the device's driver does.
    func print(_ message: String) {
        matrixDevice.kernel.log.print("vfio_ap_mdev \(uuid): \(message)")
    }

    /// Takes the locks with which the device may be changed and its guest plugged: the list of active guests for reading, the
    /// guest's, the matrix device's.
    ///
    /// - Throws: what `body` throws; `ENODEV` where the device is not there any more.
    func withPlugLocks<Outer: OutsideGuests, Result>(
        after held: borrowing Held<Outer>,
        _ body: (inout MatrixState, MdevState, borrowing MatrixDevice.Plug, borrowing Held<MatrixRank>) throws(Errno) -> Result
    ) throws(Errno) -> Result {
        try matrixDevice.guestsLock.withReadLock(after: held) { (guests, held) throws(Errno) in
            try matrixDevice.withGuestLocked(of: number, guests, held) { (state, plug, held) throws(Errno) in
                guard let mdev = state.mdevs[number] else { throw .ENODEV }
                return try body(&state, mdev, plug, held)
            }
        }
    }
}
