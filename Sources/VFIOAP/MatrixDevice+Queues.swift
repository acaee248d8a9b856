internal import AdjunctProcessor
internal import APBus
internal import DriverCore
internal import KernelLocks
internal import Kernels
internal import LockOrder

extension MatrixDevice {
    // MARK: - A queue comes

    /// Takes a queue that was bound to vfio_ap, and gives it to the guest that it is assigned to. While a scan adds to the
    /// host's configuration, the guest gets it when the scan has finished.
    ///
    /// - Parameter publish: makes the queue's file. Called once, with the locks held, before the driver has the queue; it takes no lock.
    ///
    /// Held: the lock of the queue's device. Locks: the active guests for reading, the guest's, the matrix device's.
    ///
    /// Kernel: drivers/s390/crypto/vfio_ap_ops.c, vfio_ap_mdev_probe_queue.
    func queueBound(_ apqn: APQN, after held: borrowing Held<DeviceRank>, publish: () -> Void) {
        withOwnerLocked(of: apqn, after: held) { state, number, plug, held in
            publish()
            state.queues[apqn] = QueueState(apqn)
            guard let number, let mdev = state.mdevs[number] else { return }
            guard mdev.added.adapters.isEmpty, mdev.added.domains.isEmpty else { return }
            refilter(mdev, state, plug, held)
        }
    }

    // MARK: - A queue goes

    /// Lets go of a queue. If a guest has it, the guest loses the whole adapter, and its queues are reset; else the queue alone
    /// is, if the host still has it. 6.1 always resets the queue alone.
    ///
    /// Held: the lock of the queue's device. Locks: the active guests for reading, the guest's, the matrix device's.
    ///
    /// Kernel: drivers/s390/crypto/vfio_ap_ops.c, vfio_ap_mdev_remove_queue.
    func queueUnbound(_ apqn: APQN, after held: borrowing Held<DeviceRank>) {
        withOwnerLocked(of: apqn, after: held) { state, number, plug, held in
            guard let queue = state.queues[apqn] else { return }
            if let number, let mdev = state.mdevs[number], mdev.shadow.contains(apqn) {
                let adapter = APMask(CollectionOfOne(apqn.adapter.rawValue))
                let lost = state.boundQueues(adapters: adapter, domains: mdev.shadow.domains)
                mdev.shadow.adapters = mdev.shadow.adapters.subtracting(adapter)
                plug.give(mdev.shadow)
                reset(release.has(.unbindResetsAdapter) ? lost : [queue], held)
            } else if !release.has(.goneQueuesAreNotReset) {
                reset([queue], held)
            } else if state.host.adapters.contains(apqn.adapter), state.host.usageDomains.contains(apqn.domain) {
                reset([queue], held)
            }
            state.queues[apqn] = nil
        }
    }

    /// Takes the locks with which a queue can be plugged into the guest, or out of the guest, that it is assigned to.
    ///
    /// The owner of the queue can only be read with `lock` held, and the guest's lock comes before that one. So this reads the
    /// owner and gives `lock` back, takes the lock of the owner's guest, and then `lock` again. Meanwhile the list of guests is
    /// held, so no guest gets or gives back a device; but the queue may have got another owner: then it begins all over again.
    ///
    /// Kernel: drivers/s390/crypto/vfio_ap_ops.c, get_update_locks_by_apqn, get_update_locks_for_queue.
    private func withOwnerLocked(
        of apqn: APQN, after held: borrowing Held<DeviceRank>,
        _ body: (inout MatrixState, MdevNumber?, borrowing Plug, borrowing Held<MatrixRank>) -> Void
    ) {
        guestsLock.withReadLock(after: held) { guests, held in
            var isDone = false
            while !isDone {
                let owner = lock.withLock(after: held) { state, _ in state.owner(apqn) }
                isDone = withGuestLocked(of: owner, guests, held) { state, plug, held in
                    guard state.owner(apqn) == owner else { return false }
                    body(&state, owner, plug, held)
                    return true
                }
            }
        }
    }

    // MARK: - What becomes of a queue

    /// What `status` says of a queue. Of one that the driver does not have yet, which with 6.12 can be asked: what it would say of
    /// queue 00.0000, whose number Linux reads there through a null pointer.
    ///
    /// Locks: the active guests for reading (not 6.12), the matrix device's.
    ///
    /// Kernel: drivers/s390/crypto/vfio_ap_ops.c, status_show.
    func status(of apqn: APQN, after held: borrowing Held<Unlocked>) -> String {
        if release.has(.statusLeavesGuestsLock) { return lock.withLock(after: held) { state, _ in state.status(of: apqn) } }
        return guestsLock.withReadLock(after: held) { _, held in
            inTurn(after: held) { state, _ in state.status(of: apqn) }
        }
    }

    /// Whether a mediated device has any queue of these adapters and domains. The log says which ones the newest of them has.
    ///
    /// Held: the bus's masks. Locks: the active guests for reading, the matrix device's.
    ///
    /// Kernel: drivers/s390/crypto/vfio_ap_ops.c, vfio_ap_mdev_resource_in_use.
    func isUsing(adapters: APMask, domains: APMask, after held: borrowing Held<APAttributesRank>) -> Bool {
        guestsLock.withReadLock(after: held) { _, held in
            inTurn(after: held) { state, _ in
                guard let owner = state.newestOwner(adapters: adapters, domains: domains), let mdev = state.mdevs[owner]
                else { return false }
                let shared = APMatrix(
                    adapters: adapters.intersection(mdev.matrix.adapters), domains: domains.intersection(mdev.matrix.domains))
                for apqn in shared.queues {
                    kernel.log.print(
                        "vfio_ap_mdev \(mdev.uuid): Can not reserve queue \(apqn) for host driver: in use by mdev")
                }
                return true
            }
        }
    }
}

extension MatrixState {
    fileprivate func status(of asked: APQN) -> String {
        let apqn = queues[asked] == nil ? APQN(adapter: AdapterID(0), domain: DomainID(0)) : asked
        guard let owner = owner(apqn), let mdev = mdevs[owner] else { return "unassigned\n" }
        return mdev.guest != nil && mdev.shadow.contains(apqn) ? "in use\n" : "assigned\n"
    }
}
