internal import Kernels
internal import LockOrder
internal import Sysfs
internal import SystemPackage

/// The tables of the files that the driver core itself gives to directories.
struct CoreTables {
    /// `uevent` of a device.
    let device: AttributeTable<Device>
    /// `dev` of a device that has a node.
    let node: AttributeTable<DeviceNode>
    /// `uevent` of a directory that is no device: a bus, a driver, a module.
    let kobject: AttributeTable<Kobject>

    init(release: KernelRelease) {
        device = AttributeTable(
            [
                Attribute("uevent", .readWrite) { device, page, held in
                    page.emit(device.ueventText(after: held))
                } store: { device, input, _ throws(Errno) in
                    try device.synthesize(input)
                }
            ], release: release)
        node = AttributeTable([.readOnly("dev") { "\($0.number)\n" }], release: release)
        kobject = AttributeTable(
            [.writeOnly("uevent") { kobject, input, _ throws(Errno) in try kobject.synthesize(input) }], release: release)
    }
}

/// A directory that is no device and yet sends uevents: a bus, a driver, a module. It tells once that it is gone, be it that a user
/// has asked for that.
final class Kobject: Sendable {
    private let kernel: Kernel
    private let directory: Directory
    /// SUBSYSTEM: bus, drivers or module.
    private let subsystem: String
    private let hasToldItsEnd = Leaf("end of kobject", false)

    init(kernel: Kernel, directory: Directory, subsystem: String) {
        self.kernel = kernel
        self.directory = directory
        self.subsystem = subsystem
    }

    /// Tells that it is there.
    func announce() {
        kernel.uevents.send(.add, path: directory.path, subsystem: subsystem, [])
    }

    /// Tells that it is gone, unless that has been told.
    ///
    /// Kernel: lib/kobject.c, __kobject_del.
    func announceEnd() {
        guard !hasToldItsEnd.withLock({ $0 }) else { return }
        kernel.uevents.send(.remove, path: directory.path, subsystem: subsystem, [])
    }

    /// Sends the uevent that was asked for by a write to its file.
    ///
    /// - Throws: as `Kernel.synthesize`.
    fileprivate func synthesize(_ input: Input) throws(Errno) {
        try kernel.synthesize(
            input, path: directory.path, subsystem: subsystem,
            willSend: { action in
                if action == .remove { hasToldItsEnd.withLock { $0 = true } }
            })
    }

    /// Adds the directory's `uevent` file.
    func addUeventFile() {
        directory.addAttributes(kernel.tables.kobject, of: self)
    }
}
