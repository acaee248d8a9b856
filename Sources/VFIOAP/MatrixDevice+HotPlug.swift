internal import AdjunctProcessor
internal import KernelLocks
internal import Kernels
internal import LockOrder

// What every change of a matrix comes to: the guest's masks first, then the resets of what it has lost.
extension MatrixDevice {
    /// Derives anew what a guest gets, plugs it in, and resets what was filtered out of it.
    ///
    /// - Parameter alsoChanged: something else has changed that the guest must get.
    func refilter(
        _ mdev: MdevState, alsoChanged: Bool = false, _ state: borrowing MatrixState, _ plug: borrowing Plug,
        _ held: borrowing Held<MatrixRank>
    ) {
        let filtering = state.filterMatrix(of: mdev, release: release)
        if filtering.hasChanged || alsoChanged { plug.give(mdev.shadow) }
        guard release.has(.resetsFilteredQueues), filtering.hasChanged else { return }
        reset(state.boundQueues(adapters: filtering.filtered, domains: mdev.shadow.domains), held)
    }

    /// Takes adapters and then domains out of a guest, and resets the queues that it has lost.
    ///
    /// Kernel: drivers/s390/crypto/vfio_ap_ops.c, vfio_ap_mdev_hot_unplug_adapters, vfio_ap_mdev_hot_unplug_domains.
    func hotUnplug(
        adapters: APMask, domains: APMask, _ mdev: MdevState, _ state: borrowing MatrixState, _ plug: borrowing Plug,
        _ held: borrowing Held<MatrixRank>
    ) {
        let lostAdapters = mdev.shadow.adapters.intersection(adapters)
        if !lostAdapters.isEmpty {
            let lost = state.boundQueues(adapters: lostAdapters, domains: mdev.shadow.domains)
            mdev.shadow.adapters = mdev.shadow.adapters.subtracting(lostAdapters)
            plug.give(mdev.shadow)
            reset(lost, held)
        }
        let lostDomains = mdev.shadow.domains.intersection(domains)
        if !lostDomains.isEmpty {
            let lost = state.boundQueues(adapters: mdev.shadow.adapters, domains: lostDomains)
            mdev.shadow.domains = mdev.shadow.domains.subtracting(lostDomains)
            plug.give(mdev.shadow)
            reset(lost, held)
        }
    }
}
