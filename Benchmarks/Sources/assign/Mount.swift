import DriverCore
import Emulator
import Machine
import Sysfs
import SystemPackage
import VFS

/// A machine whose adapters are all vfio_ap's, and the system calls on its tree.
struct Mount: Sendable {
    let computer: Computer
    private let calls: TreeCalls

    /// Time is virtual: resets wait for nothing, so what is measured is what the calls cost.
    init() throws {
        let clock = VirtualClock()
        computer = try Computer(clock: clock)
        calls = TreeCalls(tree: computer.tree)
        clock.advance(by: .seconds(1))
        try write("0x0\n", to: "bus/ap/apmask")
    }

    func write(_ text: String, to path: String) throws(Errno) {
        try open(path).write(text)
    }

    func open(_ path: String) throws(Errno) -> File {
        File(calls: calls, file: try calls.open(SysfsPath(path.utf8), .writeOnly))
    }

    /// An attribute that is open for writing.
    struct File: Sendable {
        fileprivate let calls: TreeCalls
        fileprivate let file: TreeCalls.File

        func write(_ text: String) throws(Errno) {
            _ = try calls.write(file, Array(text.utf8), at: 0)
        }
    }

    // MARK: - Mediated devices

    /// Makes a mediated matrix device with a domain.
    func makeDevice(_ number: Int, domain: UInt8) throws -> MatrixDevice {
        let digits = String(number, radix: 16)
        let uuid = "00000000-0000-0000-0000-" + String(repeating: "0", count: 12 - digits.count) + digits
        let matrix = "devices/vfio_ap/matrix"
        try write(uuid, to: "\(matrix)/mdev_supported_types/vfio_ap-passthrough/create")
        let device = MatrixDevice(
            uuid: uuid, assign: try open("\(matrix)/\(uuid)/assign_adapter"),
            unassign: try open("\(matrix)/\(uuid)/unassign_adapter"))
        try write("\(domain)", to: "\(matrix)/\(uuid)/assign_domain")
        return device
    }

    /// Starts a guest with a device.
    func startGuest(_ name: String, with device: MatrixDevice) throws {
        try write("start \(name) \(device.uuid)\n", to: "kernel/debug/apmatrix/guests")
    }
}

/// A mediated matrix device with its files open.
struct MatrixDevice: Sendable {
    let uuid: String
    let assign: Mount.File
    let unassign: Mount.File

    /// Assigns an adapter and takes it away again.
    func assignAndUnassign(_ adapter: String) throws(Errno) {
        try assign.write(adapter)
        try unassign.write(adapter)
    }
}
