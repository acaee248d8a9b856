import DriverCore
import Emulator
import Kernels
import Machine
import Sysfs
import SystemAdditions
import SystemPackage
import Testing
import VFS

/// A computer in this process, in virtual time, and system calls on its tree.
final class Host {
    static let control = "kernel/debug/apmatrix"
    static let matrix = "devices/vfio_ap/matrix"
    static let uuid = "69904b8e-2a56-4c2a-a5cb-d2bcc8a1e7a1"
    let clock = VirtualClock()
    let computer: Computer
    private let calls: TreeCalls

    init(_ machine: MachineDescription = .default, release: KernelRelease = .v7_2) throws {
        computer = try Computer(machine, release: release, clock: clock)
        calls = TreeCalls(tree: computer.tree)
    }

    deinit {
        computer.shutDown()
        computer.dismantle()
    }

    /// - Returns: the error's name, or "ok".
    @discardableResult
    func write(_ text: String, to path: String) -> String {
        do throws(Errno) {
            let file = try calls.open(SysfsPath(path.utf8), .writeOnly)
            _ = try calls.write(file, Array(text.utf8), at: 0)
            return "ok"
        } catch {
            return error.name
        }
    }

    /// - Returns: the text, or the error's name.
    func read(_ path: String) -> String {
        do throws(Errno) {
            let file = try calls.open(SysfsPath(path.utf8), .readOnly)
            var bytes: [UInt8] = []
            while true {
                let more = try calls.read(file, at: bytes.count, count: 65536)
                guard !more.isEmpty else { return String(decoding: bytes, as: UTF8.self) }
                bytes += more
            }
        } catch {
            return error.name
        }
    }

    /// The last line of the log.
    var complaint: String { read("\(Host.control)/log").split(separator: "\n").last.map(String.init) ?? "" }
}

@Suite struct ControlPlaneTests {
    /// What is refused answers an errno, changes nothing and says in the log what would be right.
    @Test func blanksAndCarriageReturnsBehindACommandMeanNothing() throws {
        let host = try Host()
        #expect(host.write("adapter 05 config=0 \r\n\r\nadapter 06 config=0\t\r\n", to: "\(Host.control)/machine") == "ok")
        #expect(host.computer.machine.description.adapters.values.count { !$0.config } == 2)
    }

    /// The end of what is cut off may be half a command: `reset-busy=2` of `reset-busy=255`.
    @Test func ofAWriteOverAPageNothingIsDone() throws {
        let host = try Host()
        let command = "queue 05.0004 reset-busy=255\n"
        let commands = String(repeating: command, count: 4096 / command.utf8.count + 1)
        #expect(host.write(commands, to: "\(Host.control)/machine") == "E2BIG")
        #expect(
            host.read("\(Host.control)/log").hasSuffix(
                "machine: a write of more than 4096 bytes; write fewer commands at a time\n"))
        #expect(!host.read("\(Host.control)/machine").contains("reset-busy"))
        let page = String(commands.prefix(4096 - 4096 % command.utf8.count))
        #expect(host.write(page, to: "\(Host.control)/machine") == "ok")
    }

    @Test(arguments: [
        ("machine", "adapter", "EINVAL", "an adapter"), ("machine", "adapter 06 type=CEX9Z", "EINVAL", "CEX9C"),
        ("machine", "queue 77.0047 reset-busy=3", "ENOENT", "77.0047"),
        ("machine", "fly", "EINVAL", "adapter, domain, maxima and queue"),
        ("guests", "start", "EINVAL", "start|start-deaf|start-silent|start-cdev NAME UUID"),
        ("guests", "start mary x", "EINVAL", "'x' is no UUID"),
        ("guests", "start mary \(Host.uuid)", "ENOENT", "no mediated device"),
        ("guests", "stop mary", "ENOENT", "no guest 'mary'"),
        ("modules", "load ap", "ENOENT", "built in"), ("modules", "load", "EINVAL", "load MODULE"),
        ("modules", "load vfio_pa", "ENOENT", "no module 'vfio_pa'; there are zcrypt"),
        ("modules", "unload zcrypt", "EAGAIN", "in use by zcrypt_cex4"),
        ("faults", "write x", "EINVAL", "read|write PATTERN"), ("faults", "write x errno=EFOO", "EINVAL", "'EFOO' is no errno"),
        ("faults", "write x delay=3", "EINVAL", "2s and 50ms"), ("faults", "write x errno=EIO nth=0", "EINVAL", "from 1 on"),
        ("faults", "write x nth=1", "EINVAL", "an errno, a delay, or both"),
    ])
    func whatIsRefusedIsSaid(_ file: String, _ line: String, _ errno: String, _ words: String) throws {
        let host = try Host()
        let before = host.read("\(Host.control)/\(file)")
        #expect(host.write(line + "\n", to: "\(Host.control)/\(file)") == errno)
        #expect(host.complaint.hasPrefix("apmatrix: \(file): '\(line)': "), "\(host.complaint)")
        #expect(host.complaint.contains(words), "\(host.complaint)")
        #expect(host.read("\(Host.control)/\(file)") == before)
    }

    @Test func aRefusedLineEndsTheWrite() throws {
        let host = try Host()
        #expect(host.write("adapter 03 unplug\nfly\nadapter 05 unplug\n", to: "\(Host.control)/machine") == "EINVAL")
        let machine = host.read("\(Host.control)/machine")
        #expect(!machine.contains("03:"))
        #expect(machine.contains("05:"))
    }

    @Test(arguments: ["uevents", "log", "hardware", "locks"]) func whatOnlyGrowsCannotBeWritten(_ file: String) throws {
        #expect(try Host().write("x", to: "\(Host.control)/\(file)") == "EINVAL")
    }

    // MARK: - Bounds

    @Test(arguments: ["uevents", "log", "hardware"]) func aJournalKeepsNoMoreThanItIsTold(_ file: String) throws {
        let host = try Host()
        let path = "\(Host.control)/\(file)"
        #expect(host.write("limit 64K\n", to: path) == "ok")
        for number in 0..<2000 {
            switch file {
            case "uevents": host.write("change", to: "devices/ap/card05/uevent")
            case "hardware": host.computer.machine.journal.append(line: String(repeating: "\(number % 10)", count: 100))
            default: host.write("line \(number)", to: "\(Host.control)/machine")
            }
        }
        let lines = host.read(path).split(separator: "\n")
        #expect(lines.first?.hasPrefix("lost ") == true, "\(lines.first ?? "")")
        #expect(lines.dropFirst().reduce(0) { $0 + $1.utf8.count + 1 } <= 64 << 10)
        #expect(lines.count { $0.hasPrefix("lost ") } == 1)
    }

    @Test(arguments: [
        "limit", "limit 63K", "limit 1025M", "limit 2G", "limit x", "limit -1", "limit 99999999999999999999", "clear",
    ])
    func aLimitThatIsNoneIsRefused(_ command: String) throws {
        let host = try Host()
        #expect(host.write(command, to: "\(Host.control)/log") == "EINVAL")
        #expect(host.complaint.hasPrefix("apmatrix: log: '\(command)': "))
    }

    @Test func thereAreOnlySoManyGuests() throws {
        let host = try Host()
        for number in 0..<4096 { #expect(host.write("start g\(number)", to: "\(Host.control)/guests") == "ok") }
        #expect(host.write("start g4096", to: "\(Host.control)/guests") == "ENOSPC")
        #expect(host.complaint.hasSuffix("4096 guests run, and more cannot"))
        #expect(host.write("stop g7\nstart g4096", to: "\(Host.control)/guests") == "ok")
    }

    @Test func theNameOfAGuestIsNotLongerThanAFiles() throws {
        let host = try Host()
        let name = String(repeating: "n", count: 255)
        #expect(host.write("start \(name)", to: "\(Host.control)/guests") == "ok")
        #expect(host.write("start \(name)n", to: "\(Host.control)/guests") == "ENAMETOOLONG")
        #expect(host.complaint.hasSuffix("at most 255 bytes"))
    }

    @Test func thereAreOnlySoManyFaults() throws {
        let host = try Host()
        let fault = "read status delay=1ms nth=1000\n"
        for _ in 0..<1024 / 64 { #expect(host.write(String(repeating: fault, count: 64), to: "\(Host.control)/faults") == "ok") }
        #expect(host.write(fault, to: "\(Host.control)/faults") == "ENOSPC")
        #expect(host.complaint.contains("'clear' removes all"))
        #expect(host.write("clear\n\(fault)", to: "\(Host.control)/faults") == "ok")
    }
}
