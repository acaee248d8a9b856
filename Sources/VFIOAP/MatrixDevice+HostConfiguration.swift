internal import AdjunctProcessor
internal import APBus
internal import KernelLocks
internal import Kernels
internal import LockOrder

extension MatrixDevice {
    /// The host's configuration has changed; its devices have neither come nor gone yet. Guests lose now what the host has lost;
    /// what is new is remembered until the scan has finished.
    ///
    /// The driver knows the new configuration before it looks at the first guest: other holders of the list of active guests for
    /// reading filter meanwhile, and must not give back what has just been taken out.
    ///
    /// Held: the scan. Locks: the active guests for reading throughout; for each device its guest's and the matrix device's.
    ///
    /// Kernel: drivers/s390/crypto/vfio_ap_ops.c, vfio_ap_on_cfg_changed.
    func configurationChanged(
        from old: ConfigurationInfo, to new: ConfigurationInfo, after held: borrowing Held<ScanRank>
    ) {
        let removed = old.subtracting(new)
        var added = new.subtracting(old)
        added.adapters = added.adapters.subtracting(unsuitableAdapters(added))
        guestsLock.withReadLock(after: held) { guests, held in
            inTurn(after: held) { state, _ in state.host = new }
            for number in mdevs(held) {
                withGuestLocked(of: number, guests, held) { state, plug, _ in
                    guard let mdev = state.mdevs[number] else { return }
                    if take(removed, from: mdev) { plug.give(mdev.shadow) }
                    mdev.added = mdev.matrix.intersection(added)
                }
            }
        }
    }

    /// Takes out of a shadow what the host has lost.
    ///
    /// 6.12 takes those control domains that are *not* assigned, so none. And it asks what is left instead of what has changed: what was the
    /// last of its kind stays in the guest.
    ///
    /// - Returns: whether the guest is given its masks anew.
    ///
    /// Kernel: drivers/s390/crypto/vfio_ap_ops.c, vfio_ap_mdev_cfg_remove, vfio_ap_mdev_hot_unplug_cfg.
    private func take(_ removed: APMatrix, from mdev: MdevState) -> Bool {
        var lost = removed.intersection(mdev.matrix)
        if release.has(.lostControlDomainsStay) {
            lost.controlDomains = removed.controlDomains.subtracting(mdev.matrix.controlDomains)
        }
        let before = mdev.shadow
        mdev.shadow = before.subtracting(lost)
        guard release.has(.lastOfAKindStays) else { return mdev.shadow != before }
        return [\APMatrix.adapters, \.domains, \.controlDomains].contains { kind in
            !lost[keyPath: kind].isEmpty && !mdev.shadow[keyPath: kind].isEmpty
        }
    }

    /// The scan that has noticed a change has finished: guests get what is new.
    ///
    /// Held: the scan. Locks: as `configurationChanged`.
    ///
    /// Kernel: drivers/s390/crypto/vfio_ap_ops.c, vfio_ap_on_scan_complete.
    func scanCompleted(after held: borrowing Held<ScanRank>) {
        guestsLock.withReadLock(after: held) { guests, held in
            for number in mdevs(held) {
                withGuestLocked(of: number, guests, held) { state, plug, held in
                    guard let mdev = state.mdevs[number] else { return }
                    let added = mdev.added
                    mdev.added = APMatrix()
                    let controlDomainsChanged = !added.controlDomains.isEmpty && state.filterControlDomains(of: mdev)
                    if !added.adapters.isEmpty || !added.domains.isEmpty {
                        refilter(mdev, alsoChanged: controlDomainsChanged, state, plug, held)
                    } else if controlDomainsChanged {
                        plug.give(mdev.shadow)
                    }
                }
            }
        }
    }

    /// The mediated devices, newest first.
    private func mdevs(_ held: borrowing Held<GuestsRank>) -> [MdevNumber] {
        lock.withLock(after: held) { state, _ in state.newestFirst.map(\.0) }
    }

    /// New adapters that are too old to be passed through, or of which a queue of a new domain cannot be tested.
    ///
    /// Kernel: drivers/s390/crypto/vfio_ap_ops.c, vfio_ap_filter_apid_by_qtype.
    private func unsuitableAdapters(_ added: APMatrix) -> APMask {
        var unsuitable = APMask.none
        for apqn in added.queues where !unsuitable.contains(apqn.adapter) {
            let (status, info) = bus.hardware.tapq(apqn)
            switch status.responseCode {
            case .normal, .resetInProgress, .deconfigured, .checkstopped, .busy:
                if info.type < 10 { unsuitable[apqn.adapter] = true }
            default:
                unsuitable[apqn.adapter] = true
            }
        }
        return unsuitable
    }
}

extension ConfigurationInfo {
    /// What this configuration has and the other one has not.
    fileprivate func subtracting(_ other: ConfigurationInfo) -> APMatrix {
        APMatrix(
            adapters: adapters.subtracting(other.adapters), domains: usageDomains.subtracting(other.usageDomains),
            controlDomains: controlDomains.subtracting(other.controlDomains))
    }
}

extension APMatrix {
    fileprivate func subtracting(_ other: APMatrix) -> APMatrix {
        APMatrix(
            adapters: adapters.subtracting(other.adapters), domains: domains.subtracting(other.domains),
            controlDomains: controlDomains.subtracting(other.controlDomains))
    }

    fileprivate func intersection(_ other: APMatrix) -> APMatrix {
        APMatrix(
            adapters: adapters.intersection(other.adapters), domains: domains.intersection(other.domains),
            controlDomains: controlDomains.intersection(other.controlDomains))
    }
}
