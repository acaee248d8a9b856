internal import AdjunctProcessor
internal import KernelLocks
internal import Kernels
internal import LockOrder
internal import SystemAdditions
internal import SystemPackage
internal import Sysfs

extension MatrixMdev {
    /// /sys/devices/vfio_ap/matrix/UUID, while vfio_ap_mdev has the device
    ///
    /// Readers take only `matrixDevice.lock`, and wait for resets there; readers of `ap_config` take only a leaf, and wait for
    /// nothing.
    static func attributes(_ release: KernelRelease) -> AttributeTable<MatrixMdev> {
        AttributeTable(
            [
                .writeOnly("assign_adapter") { mdev, input, held throws(Errno) in
                    try mdev.assign(.adapter, input, after: held)
                },
                .writeOnly("unassign_adapter") { mdev, input, held throws(Errno) in
                    try mdev.unassign(.adapter, input, after: held)
                },
                .writeOnly("assign_domain") { mdev, input, held throws(Errno) in
                    try mdev.assign(.domain, input, after: held)
                },
                .writeOnly("unassign_domain") { mdev, input, held throws(Errno) in
                    try mdev.unassign(.domain, input, after: held)
                },
                .writeOnly("assign_control_domain") { mdev, input, held throws(Errno) in
                    try mdev.assignControlDomain(input, after: held)
                },
                .writeOnly("unassign_control_domain") { mdev, input, held throws(Errno) in
                    try mdev.unassignControlDomain(input, after: held)
                },
                Attribute("ap_config", .readWrite, since: .v6_12) { mdev, page, _ in
                    page.emit(mdev.config.withLock { $0.configText })
                } store: { mdev, input, held throws(Errno) in
                    try mdev.storeConfig(input, after: held)
                },
                Attribute("control_domains", .readOnly) { mdev, page, held throws(Errno) in
                    for domain in try mdev.read(\.matrix, after: held).controlDomains.domains { page.emit("\(domain)\n") }
                },
                Attribute("matrix", .readOnly) { mdev, page, held throws(Errno) in
                    try mdev.read(\.matrix, after: held).emit(into: &page)
                },
                Attribute("guest_matrix", .readOnly) { mdev, page, held throws(Errno) in
                    try mdev.read(\.shadow, after: held).emit(into: &page)
                },
            ], release: release)
    }

    private func read(_ path: KeyPath<MdevState, APMatrix>, after held: borrowing Held<Unlocked>) throws(Errno) -> APMatrix {
        try matrixDevice.lock.withLock(after: held) { (state, _) throws(Errno) in
            guard let mdev = state.mdevs[number] else { throw .ENODEV }
            return mdev[keyPath: path]
        }
    }
}
