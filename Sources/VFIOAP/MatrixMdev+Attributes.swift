internal import AdjunctProcessor
internal import DriverCore
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
                    try mdev.show(\.matrix, "matrix_show", into: &page, after: held)
                },
                Attribute("guest_matrix", .readOnly) { mdev, page, held throws(Errno) in
                    try mdev.show(\.shadow, "guest_matrix_show", into: &page, after: held)
                },
            ], release: release)
    }

    /// - Parameter function: what Linux calls the show; releases that do not cut the text off blame it when the text is too long.
    ///
    /// Kernel: drivers/base/core.c, dev_attr_show; fs/sysfs/file.c, sysfs_kf_seq_show.
    private func show(
        _ path: KeyPath<MdevState, APMatrix>, _ function: String, into page: inout Page, after held: borrowing Held<Unlocked>
    ) throws(Errno) {
        let matrix = try read(path, after: held)
        matrix.emit(into: &page)
        guard matrix.textLength >= Page.size, matrixDevice.release.has(.largeMatricesOverrunAPage) else { return }
        let log = matrixDevice.kernel.log
        log.print("dev_attr_show: \(function)+0x0/0x70 [vfio_ap] returned bad count")
        log.print("fill_read_buffer: dev_attr_show+0x0/0x78 returned bad count")
    }

    private func read(_ path: KeyPath<MdevState, APMatrix>, after held: borrowing Held<Unlocked>) throws(Errno) -> APMatrix {
        try matrixDevice.lock.withLock(after: held) { (state, _) throws(Errno) in
            guard let mdev = state.mdevs[number] else { throw .ENODEV }
            return mdev[keyPath: path]
        }
    }
}
