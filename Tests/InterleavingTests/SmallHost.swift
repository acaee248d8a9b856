import APBus
import AdjunctProcessor
import DriverCore
import Emulator
import Interleavings
import Kernels
import Machine
import Sysfs
import SystemAdditions
import SystemPackage
import VFS

/// The smallest host on which everything can happen: two adapters and two domains, vfio_ap's queues but for 02.0001, which nobody
/// has. Device A has queue 01.0001 and the guest `one`, and adapter 3 if ever there is one; device B has adapter 2 and no
/// domain yet.
final class SmallHost: Sendable {
    static let a = "aaaaaaaa-0000-4000-8000-000000000001"
    static let b = "bbbbbbbb-0000-4000-8000-000000000002"
    static let c = "cccccccc-0000-4000-8000-000000000003"
    static let type = "devices/vfio_ap/matrix/mdev_supported_types/vfio_ap-passthrough"
    static let guests = "kernel/debug/apmatrix/guests"
    static let machine = "kernel/debug/apmatrix/machine"

    let computer: Computer
    private let calls: TreeCalls

    private static let description = MachineDescription(
        adapters: [1: "CEX8C", 2: "CEX7C"].reduce(into: [:]) { adapters, card in
            adapters[AdapterID(UInt8(card.key))] = CardType(card.value).map { Adapter(type: $0) }
        },
        usageDomains: APMask([1, 2]), controlDomains: APMask([1, 2, 3]), maxAdapter: 3, maxDomain: 3)

    init(clock: any KernelClock, release: KernelRelease = .v7_2) throws {
        computer = try Computer(Self.description, release: release, clock: clock)
        calls = TreeCalls(tree: computer.tree)
        computer.bus?.stop()
        for (path, text) in Self.preparation {
            let outcome = write(path, text)
            if outcome != "ok" { throw Unprepared(path: path, outcome: outcome) }
        }
    }

    struct Unprepared: Error {
        let path: String
        let outcome: String
    }

    private static let preparation = [
        ("bus/ap/apmask", "-1,-2,-3"), ("\(type)/create", a), ("\(type)/create", b),
        ("bus/ap/drivers/vfio_ap/unbind", "02.0001"),
        (file(a, "assign_adapter"), "1"), (file(a, "assign_adapter"), "3"), (file(a, "assign_domain"), "1"),
        (file(a, "assign_control_domain"), "2"),
        (file(b, "assign_adapter"), "2"), (guests, "start one \(a)"),
    ]

    static func file(_ uuid: String, _ name: String) -> String { "devices/vfio_ap/matrix/\(uuid)/\(name)" }

    // MARK: - System calls

    /// - Returns: `ok`, or the name of the error.
    @discardableResult
    func write(_ path: String, _ text: String) -> String {
        do throws(Errno) {
            let file = try calls.open(SysfsPath(path.utf8), OpenFlags.writeOnly)
            _ = try calls.write(file, Array(text.utf8), at: 0)
            return "ok"
        } catch {
            return error.name
        }
    }

    /// - Returns: the text in one line, or the name of the error.
    func read(_ path: String) -> String {
        do throws(Errno) {
            let file = try calls.open(SysfsPath(path.utf8), OpenFlags.readOnly)
            let bytes = try calls.read(file, at: 0, count: 4096)
            return String(decoding: bytes, as: UTF8.self).split(separator: "\n").joined(separator: " ")
        } catch {
            return error.name
        }
    }

    // MARK: - At the end

    /// What is wrong; afterwards the host is gone.
    func finish() -> [String] {
        let defects = computer.inspect()
        computer.shutDown()
        computer.dismantle()
        return defects
    }
}
