import DriverCore
import Emulator
import Kernels
import Machine
import Testing

/// Linux on each of the built-in machines.
@Suite struct NamedMachineTests {
    private func host(_ named: NamedMachine, _ release: KernelRelease) throws -> Host {
        let host = try Host(MachineDescription(file: named.rawValue), release: release)
        host.clock.advance(by: .seconds(1))
        return host
    }

    /// How many queues there are, and what bus, cards and queues show.
    @Test(
        arguments: KernelRelease.allCases,
        [
            (.default, 16, "250000", 1), (.z15, 10, "250000", 1), (.z16, 18, "250000", 1), (.z17, 12, "250000", 1),
            (.linuxone, 240, "250000", 1), (.zvm, 4, "1500000", 0), (.secureGuest, 3, "250000", 1),
        ] as [(NamedMachine, Int, String, Int)])
    func eachBootsOnEveryRelease(
        _ release: KernelRelease, _ machine: (named: NamedMachine, queues: Int, pollTimeout: String, interrupts: Int)
    ) throws {
        let host = try host(machine.named, release)
        #expect(host.read("bus/ap/bindings") == "\(machine.queues)/\(machine.queues) (complete)\n")
        #expect(host.read("bus/ap/poll_timeout") == machine.pollTimeout + "\n")
        #expect(host.read("bus/ap/ap_interrupts") == "\(machine.interrupts)\n")
        #expect(host.read("\(Host.control)/log") == "")
        #expect(host.computer.inspect() == [])
    }

    @Test(arguments: KernelRelease.allCases) func cardsOfAZ16AnswerWithNumbersKeysAndLevels(_ release: KernelRelease) throws {
        let host = try host(.z16, release)
        #expect(host.read("devices/ap/card00/ap_functions") == "0x6B800000\n")
        #expect(host.read("devices/ap/card02/ap_functions") == "0x93800000\n")
        #expect(host.read("devices/ap/card02/serialnr") == "93AADF3V\n")
        #expect(host.read("devices/ap/card02/02.000c/mkvps").hasPrefix("AES NEW: full 0x27a9e3614fd8b05c\nAES CUR: valid 0x"))
        #expect(host.read("devices/ap/card05/ap_functions") == "0x07800000\n")
        #expect(host.read("devices/ap/card05/serialnr") == "93AADFZU42082261\n")
        #expect(host.read("devices/ap/card05/API_ordinalnr") == "6\n")
        #expect(host.read("devices/ap/card05/FW_version") == "8.9\n")
        #expect(host.read("devices/ap/card05/05.000b/mkvps").hasPrefix("WK CUR: valid 0x25249b7f968b0e98"))
        #expect(host.read("devices/ap/card0a/type") == "CEX7C\n")
        #expect(host.read("bus/ap/ap_max_domain_id") == "84\n")
    }

    @Test(arguments: KernelRelease.allCases.dropFirst()) func queuesOfASecureGuestAreBoundFirst(_ release: KernelRelease) throws {
        let host = try host(.secureGuest, release)
        let queue = "devices/ap/card02/02.0001"
        #expect(host.read("devices/ap/card02/serialnr") == "\n")
        #expect(host.read("\(queue)/se_bind") == "unbound\n")
        #expect(host.write("1", to: "\(queue)/se_bind") == "ok")
        #expect(host.read("\(queue)/se_bind") == "bound\n")
        #expect(host.read("devices/ap/card02/serialnr") == "93AADFZU42082261\n")
        #expect(host.read("devices/ap/card03/03.0001/se_bind") == "ENOENT")
    }

    @Test func aGuestOfZVMIsOneWithoutInterruptsToo() throws {
        var machine = try MachineDescription(file: "zvm")
        try machine.boot.append("ap.useirq=0")
        #expect(try Host(machine).read("bus/ap/poll_timeout") == "1500000\n")
    }

    @Test func aChangeOfAZ17IsNoticedAtOnce() throws {
        let host = try host(.z17, .v7_2)
        #expect(host.write("adapter 09 unplug", to: "\(Host.control)/machine") == "ok")
        #expect(host.read("devices/ap/card09/type") == "ENOENT")
    }
}
