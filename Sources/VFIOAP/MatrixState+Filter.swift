internal import AdjunctProcessor
internal import Kernels

extension MatrixState {
    /// What filtering has done to a guest's masks.
    struct Filtering {
        /// The adapters or domains that the guest gets are others than before.
        var hasChanged: Bool
        /// Adapters that the guest had and loses because one of their queues is missing.
        var filtered: APMask
    }

    /// Derives what a guest gets from what is assigned: what the host has, without the adapters of which a queue is missing or
    /// cannot be passed through.
    ///
    /// Kernel: drivers/s390/crypto/vfio_ap_ops.c, vfio_ap_mdev_filter_matrix.
    func filterMatrix(of mdev: MdevState, release: KernelRelease) -> Filtering {
        let old = mdev.shadow
        mdev.shadow.adapters = mdev.matrix.adapters.intersection(host.adapters)
        mdev.shadow.domains = mdev.matrix.domains.intersection(host.usageDomains)
        var missing = APMask.none
        for apqn in mdev.shadow.queues where !(queues[apqn]?.isPassable(release) ?? false) {
            missing[apqn.adapter] = true
        }
        mdev.shadow.adapters = mdev.shadow.adapters.subtracting(missing)
        return Filtering(
            hasChanged: mdev.shadow.adapters != old.adapters || mdev.shadow.domains != old.domains,
            filtered: missing.intersection(old.adapters))
    }

    /// Derives the control domains that a guest gets.
    ///
    /// - Returns: whether they are others than before.
    ///
    /// Kernel: drivers/s390/crypto/vfio_ap_ops.c, vfio_ap_mdev_filter_cdoms.
    func filterControlDomains(of mdev: MdevState) -> Bool {
        let old = mdev.shadow.controlDomains
        mdev.shadow.controlDomains = mdev.matrix.controlDomains.intersection(host.controlDomains)
        return mdev.shadow.controlDomains != old
    }
}

extension QueueState {
    /// Whether a guest may have the queue after its last reset.
    fileprivate func isPassable(_ release: KernelRelease) -> Bool {
        switch resetStatus {
        case .normal: true
        case .deconfigured, .checkstopped: release.has(.passesDeconfiguredQueues)
        default: false
        }
    }
}
