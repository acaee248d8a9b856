internal import AdjunctProcessor
internal import APBus
internal import DriverCore
internal import KernelLocks
internal import Kernels
internal import LockOrder
internal import Sysfs
internal import SystemAdditions
internal import SystemPackage

extension MatrixDevice {
    /// Between two looks at queues that reset.
    private static let resetInterval = Duration.milliseconds(20)

    /// Zeroizes queues, all of them at once, and waits until every one of them is done, or the machine is switched off. Everybody
    /// who needs `lock` waits too.
    ///
    /// - Returns: nil where all of them were answered with 00, else `EIO`; 6.1: `EBUSY` or `EIO`.
    ///
    /// Kernel: drivers/s390/crypto/vfio_ap_ops.c, vfio_ap_mdev_reset_qlist, apq_reset_check.
    @discardableResult
    func reset(_ queues: [QueueState], _ held: borrowing Held<MatrixRank>) -> Errno? {
        guard release.has(.resetsQueuesTogether) else { return resetOneByOne(queues) }
        var waiting = queues.filter { queue in
            askForReset(queue)
            return queue.resetNeedsCheck
        }
        var elapsed = Duration.zero
        while !waiting.isEmpty {
            let isOn = kernel.sleep(MatrixDevice.resetInterval)
            elapsed += MatrixDevice.resetInterval
            waiting = waiting.filter { !isDone($0, elapsed) }
            // nobody waits for a machine that is switched off
            guard isOn else { break }
        }
        return queues.allSatisfy { $0.resetStatus == .normal } ? nil : .EIO
    }

    /// Asks a queue for a reset. An answer that no release expects is told.
    ///
    /// Kernel: drivers/s390/crypto/vfio_ap_ops.c, vfio_ap_mdev_reset_queue.
    private func askForReset(_ queue: QueueState) {
        queue.resetStatus = bus.hardware.zapq(queue.apqn).responseCode
        switch queue.resetStatus {
        case _ where queue.resetNeedsCheck: break
        case .deconfigured, .checkstopped: break
        case .queueNotAvailable where release.has(.goneQueueEndsResetSilently): break
        default: warnOfReset(queue)
        }
    }

    private func warnOfReset(_ queue: QueueState) {
        kernel.warn("PQAP/ZAPQ for \(queue.apqn) failed with invalid rc=\(queue.resetStatus.rawValue)")
    }

    /// How 6.1 resets: one queue after the other, with a second attempt while another reset runs, and two looks at the most.
    ///
    /// - Returns: the error of the last queue that could not be reset.
    ///
    /// Kernel: drivers/s390/crypto/vfio_ap_ops.c, vfio_ap_mdev_reset_queue of 6.1.
    private func resetOneByOne(_ queues: [QueueState]) -> Errno? {
        var error: Errno?
        for queue in queues {
            var status = bus.hardware.zapq(queue.apqn)
            if status.responseCode == .resetInProgress {
                kernel.sleep(MatrixDevice.resetInterval)
                status = bus.hardware.zapq(queue.apqn)
            }
            queue.resetStatus = status.responseCode
            switch status.responseCode {
            case .normal:
                for _ in 0..<2 where !status.queueEmpty || status.interruptsEnabled {
                    kernel.sleep(MatrixDevice.resetInterval)
                    status = bus.hardware.tapq(queue.apqn).0
                }
            case .resetInProgress, .queueNotAvailable, .deconfigured, .checkstopped: error = .EBUSY
            default:
                warnOfReset(queue)
                error = .EIO
            }
        }
        return error
    }

    /// Looks at a queue that resets. (35 and 36, which ask for another reset, are of secure-execution guests, which have no vfio_ap.)
    private func isDone(_ queue: QueueState, _ elapsed: Duration) -> Bool {
        let (status, _) = bus.hardware.tapq(queue.apqn)
        switch status.responseCode {
        case .normal, .deconfigured, .checkstopped:
            // what was asked for while another reset was running has not been done yet
            guard queue.resetStatus != .normal, queue.resetNeedsCheck else { return true }
            queue.resetStatus = bus.hardware.zapq(queue.apqn).responseCode
            return false
        case .resetInProgress, .busy:
            let flags = "\(status.responseCode.rawValue), \(status.queueEmpty ? 1 : 0), \(status.interruptsEnabled ? 1 : 0)"
            resetMessages.print("Waited \(elapsed.milliseconds)ms for reset of queue \(queue.apqn) (\(flags))", to: kernel)
            return false
        case .queueNotAvailable where release.has(.goneQueueEndsResetSilently):
            return true
        default:
            kernel.warn("failed to verify reset of queue \(queue.apqn): TAPQ rc=\(status.responseCode.rawValue)")
            return true
        }
    }
}

extension QueueState {
    /// Whether the answer to ZAPQ says that a reset runs, or is still to be done.
    fileprivate var resetNeedsCheck: Bool {
        switch resetStatus {
        case .normal, .resetInProgress, .busy, .stateChangeInProgress: true
        default: false
        }
    }
}

extension Duration {
    fileprivate var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}
