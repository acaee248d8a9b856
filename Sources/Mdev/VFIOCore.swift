public import DriverCore
internal import LockOrder
internal import Sysfs
internal import SystemAdditions
public import SystemPackage

/// The numbers that vfio and the IOMMU layer give out: always the lowest one that is free.
///
/// Kernel: drivers/vfio/vfio_main.c, group.c; drivers/iommu/iommu.c.
public final class VFIOCore: Sendable {
    let kernel: Kernel
    let indexes = NumberPool()
    let groups = NumberPool()
    let minors = NumberPool()
    let iommuTable: AttributeTable<VFIODevice>

    /// Major numbers of /dev/vfio/GROUP and /dev/vfio/devices/vfioN.
    static let groupMajor = 252
    static let deviceMajor = 251
    /// The two of them; nothing else in /sys/dev/char may have these.
    public static let majors = [groupMajor, deviceMajor]

    /// - Throws: `ENODEV` where the tree is being taken apart.
    public init(kernel: Kernel) throws(Errno) {
        self.kernel = kernel
        for name in VFIOCore.classes {
            _ = try kernel.directory("class", name)
            kernel.tellOfClass(.add, name)
        }
        _ = try kernel.directory("kernel", "iommu_groups")
        iommuTable = AttributeTable(
            [
                .readOnly("name") { _ in "vfio-noiommu\n" },
                .readOnly("reserved_regions") { _ in "" },
                // a group without a default domain has no type to change
                .readWrite("type") { _ in
                    "unknown\n"
                } store: { _, _, _ throws(Errno) in
                    throw .EINVAL
                },
            ], release: kernel.release)
    }

    private static let classes = ["vfio", "vfio-dev"]

    /// Takes its classes away. No device of it may be left.
    public func remove() {
        for name in VFIOCore.classes.reversed() {
            kernel.tellOfClass(.remove, name)
            kernel.removeClass(name)
        }
    }
}

/// Numbers from 0 on.
package final class NumberPool: Sendable {
    private struct State {
        /// Given back, all below `next`.
        var free: Set<Int> = []
        var next = 0
    }
    /// What the lock is called, for a scheduler.
    package static let lockName: StaticString = "number pool"
    private let state = Leaf(NumberPool.lockName, State())

    func take() -> Int {
        state.withLock { state in
            if let lowest = state.free.min() {
                state.free.remove(lowest)
                return lowest
            }
            defer { state.next += 1 }
            return state.next
        }
    }

    func give(_ number: Int) {
        state.withLock { _ = $0.free.insert(number) }
    }
}
