public import AdjunctProcessor
internal import APBus
internal import DriverCore
internal import Hexadecimal
public import KVM
public import KernelLocks
internal import Kernels
public import LockOrder
internal import Mdev
internal import Sysfs
internal import SystemAdditions
public import SystemPackage

extension MatrixMdev {
    /// Gives the device to a guest: from now on what is plugged into the device is plugged into the guest.
    ///
    /// Locks: the list of active guests for writing, the guest's, its hook for writing, the matrix device's.
    ///
    /// - Throws: `EPERM` where the guest has a matrix device, `ENODEV` where this one is not there any more; nothing has changed
    ///   then.
    ///
    /// Kernel: drivers/s390/crypto/vfio_ap_ops.c, vfio_ap_mdev_set_kvm.
    public func setKVM(_ guest: Guest, after held: borrowing Held<Unlocked>) throws(Errno) {
        try matrixDevice.guestsLock.withWriteLock(after: held) { (guests, held) throws(Errno) in
            try guest.lock.withLock(after: held) { (masks, held) throws(Errno) in
                try guest.pqapHook.withWriteLock(after: held) { (hook, held) throws(Errno) in
                    guard hook == nil else { throw .EPERM }
                    try matrixDevice.lock.withLock(after: held) { (state, _) throws(Errno) in
                        guard let mdev = state.mdevs[number] else { throw .ENODEV }
                        mdev.guest = guest
                        masks.set(mdev.shadow.apcb)
                    }
                    hook = self
                }
            }
            guests.append(ActiveGuest(guest: guest, mdev: number))
        }
    }

    /// Takes the device from its guest, and resets its queues. Without a guest nothing happens.
    ///
    /// Locks: as `setKVM`.
    ///
    /// Kernel: drivers/s390/crypto/vfio_ap_ops.c, vfio_ap_mdev_unset_kvm.
    public func unsetKVM(after held: borrowing Held<Unlocked>) {
        matrixDevice.guestsLock.withWriteLock(after: held) { guests, held in
            guard let guest = guests.guest(of: number) else { return }
            guest.lock.withLock(after: held) { masks, held in
                guest.pqapHook.withWriteLock(after: held) { hook, held in
                    hook = nil
                    matrixDevice.lock.withLock(after: held) { state, held in
                        masks.set(.none)
                        guard let mdev = state.mdevs[number] else { return }
                        matrixDevice.reset(
                            state.boundQueues(adapters: mdev.matrix.adapters, domains: mdev.matrix.domains), held)
                        mdev.guest = nil
                    }
                }
            }
            guests.removeAll { $0.mdev == number }
        }
    }

    /// Resets the device's queues, as VFIO_DEVICE_RESET does.
    ///
    /// Locks: the matrix device's.
    ///
    /// - Throws: `EIO` where the reset of any queue was not answered with 00, with 6.1 also `EBUSY`; `ENODEV` where the device is
    ///   not there any more.
    ///
    /// Kernel: drivers/s390/crypto/vfio_ap_ops.c, vfio_ap_mdev_ioctl.
    public func reset(after held: borrowing Held<Unlocked>) throws(Errno) {
        try matrixDevice.lock.withLock(after: held) { (state, held) throws(Errno) in
            guard let mdev = state.mdevs[number] else { throw .ENODEV }
            let queues = state.boundQueues(adapters: mdev.matrix.adapters, domains: mdev.matrix.domains)
            if let error = matrixDevice.reset(queues, held) { throw error }
        }
    }

    /// The device is to be removed and its user asked to let go. 7.2 takes the queues from the guest at once.
    ///
    /// Locks: the list of active guests for reading; with 7.2 also the guest's and the matrix device's. 6.1 does not ask.
    ///
    /// Kernel: drivers/s390/crypto/vfio_ap_ops.c, vfio_ap_mdev_request.
    public func request(_ count: Int, after held: borrowing Held<Unlocked>) {
        let release = matrixDevice.release
        guard release.has(.asksUserToLetGo) else { return }
        matrixDevice.guestsLock.withReadLock(after: held) { guests, held in
            guard let guest = guests.guest(of: number) else { return }
            if release.has(.askingTakesQueues) {
                matrixDevice.withGuestLocked(of: number, guests, held) { _, plug, _ in plug.give(APMatrix()) }
            }
            if guest.events.releaseRequested(uuid.description) {
                if count % 10 == 0 { print("Relaying device request to user (#\(count))") }
            } else if count == 0 {
                print("No device request registered, blocked until released by user")
            }
        }
    }
}

extension MatrixMdev: PQAPHook {
    /// Handles PQAP(AQIC) of the guest that has the device.
    ///
    /// Held: the guest's hook for reading. Locks: the matrix device's.
    ///
    /// Kernel: drivers/s390/crypto/vfio_ap_ops.c, handle_pqap.
    public func aqic(_ apqn: APQN, _ request: InterruptRequest, after held: borrowing Held<PQAPHookRank>) -> QueueStatus {
        matrixDevice.lock.withLock(after: held) { state, _ in
            guard let mdev = state.mdevs[number], mdev.guest != nil, mdev.matrix.contains(apqn),
                let queue = state.queues[apqn]
            else { return QueueStatus(.queueNotAvailable) }
            switch request {
            case .enable(let indicator):
                guard indicator != 0 else { return QueueStatus(.invalidAddress) }
                let status = matrixDevice.bus.hardware.aqic(apqn, enable: true)
                if ![.normal, .otherwiseChanged].contains(status.responseCode) {
                    let numbers = apqn.adapter.rawValue.hex(2) + apqn.domain.rawValue.hex(2)
                    matrixDevice.kernel.log.print(
                        "vfio_ap_irq_enable: apqn \(numbers): response: \(status.responseCode.rawValue.hex(2))")
                    _ = matrixDevice.disableInterrupts(of: queue)
                }
                return status
            case .disable:
                return matrixDevice.disableInterrupts(of: queue)
            }
        }
    }
}

extension MatrixDevice {
    /// Turns the interrupts of a queue off; tries up to six times while the queue is busy. That it cannot be done is told once.
    ///
    /// Kernel: drivers/s390/crypto/vfio_ap_ops.c, vfio_ap_irq_disable.
    fileprivate func disableInterrupts(of queue: QueueState) -> QueueStatus {
        var status = bus.hardware.aqic(queue.apqn, enable: false)
        for _ in 0..<5 where [.resetInProgress, .busy].contains(status.responseCode) {
            kernel.sleep(.milliseconds(20))
            status = bus.hardware.aqic(queue.apqn, enable: false)
        }
        if ![.normal, .otherwiseChanged].contains(status.responseCode) { warnOfInterrupts(status.responseCode) }
        return status
    }

    private func warnOfInterrupts(_ code: ResponseCode) {
        let isFirst = hasWarnedOfInterrupts.withLock { hasWarned in
            defer { hasWarned = true }
            return !hasWarned
        }
        if isFirst { kernel.warn("vfio_ap_irq_disable: ap_aqic status \(code.rawValue)") }
    }
}
