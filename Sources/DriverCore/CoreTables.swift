internal import Kernels
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
                .readWrite("uevent") { device in
                    device.environment.map { "\($0.key)=\($0.value)\n" }.joined()
                } store: { device, input, _ throws(Errno) in
                    let uevent = try device.kernel.synthesize(input, for: device.name)
                    device.sendUevent(uevent.action, uevent.variables)
                }
            ], release: release)
        node = AttributeTable([.readOnly("dev") { "\($0.number)\n" }], release: release)
        kobject = AttributeTable(
            [
                .writeOnly("uevent") { kobject, input, _ throws(Errno) in
                    let uevent = try kobject.kernel.synthesize(input, for: kobject.name)
                    kobject.sendUevent(uevent.action, uevent.variables)
                }
            ], release: release)
    }
}

extension Kernel {
    /// Reads what was written to an `uevent` file; a text that is none is also reported in the kernel log.
    ///
    /// - Throws: `EINVAL` or `ENOMEM`, as `SyntheticUevent`.
    fileprivate func synthesize(_ input: Input, for name: String) throws(Errno) -> SyntheticUevent {
        do throws(Errno) {
            return try SyntheticUevent(input)
        } catch {
            log.print("synth uevent: \(name): failed to send uevent: \(error.rawValue)")
            throw error
        }
    }
}

/// A directory that is no device and yet sends uevents: a bus, a driver, a module.
struct Kobject: Sendable {
    let kernel: Kernel
    let name: String
    let directory: Directory
    /// SUBSYSTEM: bus, drivers or module.
    let subsystem: String

    func sendUevent(_ action: UeventAction, _ extra: [UeventVariable] = []) {
        kernel.uevents.send(action, path: directory.path, subsystem: subsystem, extra)
    }

    /// Adds the directory's `uevent` file.
    func addUeventFile() {
        directory.addAttributes(kernel.tables.kobject, of: self)
    }
}
