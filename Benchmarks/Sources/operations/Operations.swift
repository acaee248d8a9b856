import DriverCore
import Emulator
import Machine
import Sysfs
import SystemPackage
import VFS

/// Does one thing so many times, without a mount and in virtual time: for a program that counts instructions. What the start costs is the
/// difference between two counts of times.
@main
struct Operations {
    static func main() throws {
        guard CommandLine.arguments.count == 3, let times = Int(CommandLine.arguments[2]),
            let operation = operations[CommandLine.arguments[1]]
        else {
            throw Usage()
        }
        try operation(times)
    }

    /// Wrong use.
    struct Usage: Error, CustomStringConvertible {
        let description = "usage: operations \(Operations.operations.keys.sorted().joined(separator: "|")) TIMES"
    }

    static let operations: [String: @Sendable (Int) throws -> Void] = [
        "boot": { times in
            let machine = try MachineDescription(yaml: "adapters: {00-ff: CEX8C}\ndomains: [00-ff]\n")
            for _ in 0..<times { try Computer(machine, clock: VirtualClock()).shutDown() }
        },
        // what is read is there, and the place is behind it, as for the second read of `cat`
        "read-on": { times in
            let (calls, file) = try open("bus/ap/ap_max_domain_id", .readOnly)
            let length = try calls.read(file, at: 0, count: 4096).count
            for _ in 0..<times { _ = try calls.read(file, at: length, count: 4096) }
        },
        "read": { times in
            let (calls, file) = try open("bus/ap/ap_max_domain_id", .readOnly)
            for _ in 0..<times { _ = try calls.read(file, at: 0, count: 4096) }
        },
        "open": { times in
            let (calls, _) = try open("bus/ap/ap_max_domain_id", .readOnly)
            for _ in 0..<times { _ = try calls.open(SysfsPath("bus/ap/ap_max_domain_id".utf8), .readOnly) }
        },
        "assign-domain": { times in
            let (calls, _) = try open("bus/ap/ap_max_domain_id", .readOnly)
            let uuid = "00000000-0000-0000-0000-000000000001"
            let matrix = "devices/vfio_ap/matrix"
            try calls.write("0x0\n", to: SysfsPath("bus/ap/apmask".utf8))
            try calls.write(uuid, to: SysfsPath("\(matrix)/mdev_supported_types/vfio_ap-passthrough/create".utf8))
            try calls.write("5", to: SysfsPath("\(matrix)/\(uuid)/assign_adapter".utf8))
            let assign = try calls.open(SysfsPath("\(matrix)/\(uuid)/assign_domain".utf8), .writeOnly)
            let unassign = try calls.open(SysfsPath("\(matrix)/\(uuid)/unassign_domain".utf8), .writeOnly)
            let text = Array("0x47".utf8)
            for _ in 0..<times {
                _ = try calls.write(assign, text, at: 0)
                _ = try calls.write(unassign, text, at: 0)
            }
        },
    ]

    private static func open(_ path: String, _ flags: OpenFlags) throws -> (TreeCalls, TreeCalls.File) {
        let clock = VirtualClock()
        let calls = TreeCalls(tree: try Computer(clock: clock).tree)
        clock.advance(by: .seconds(1))
        return (calls, try calls.open(SysfsPath(path.utf8), flags))
    }
}
