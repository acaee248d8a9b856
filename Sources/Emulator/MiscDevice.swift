internal import DriverCore
internal import Sysfs
internal import SystemPackage

/// A device of the class misc: a node in /dev, and the directory that tells of it.
///
/// Kernel: drivers/char/misc.c, misc_register.
struct MiscDevice: Sendable {
    private let device: Device

    private static let major = 10

    /// Makes the device, and tells of it.
    ///
    /// - Parameters:
    ///   - name: of its directory.
    ///   - node: below /dev.
    ///   - mode: DEVMODE, what the node's permissions shall be; nil: not said.
    /// - Throws: `EEXIST` where the name is taken, `ENODEV` where the tree is being taken apart.
    init(_ name: String, minor: Int, node: String, mode: String? = nil, kernel: Kernel) throws(Errno) {
        let identity = DeviceIdentity(
            node: DeviceNode(major: Self.major, minor: minor, name: node),
            variables: mode.map { [UeventVariable("DEVMODE", $0)] } ?? [])
        device = try kernel.makeVirtualDevice(name, class: "misc", identity: identity)
        try kernel.directory("class", "misc").addLink(name, to: device.directory)
        device.sendUevent(.add)
    }

    /// Takes the device away, and tells of it.
    func remove() {
        device.kernel.removeLink(device.name, from: "class", "misc")
        device.sendUevent(.remove)
        device.kernel.removeVirtualDevice(device)
    }
}
