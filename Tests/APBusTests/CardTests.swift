@testable import APBus
import AdjunctProcessor
import DriverCore
import KernelTesting
import Kernels
import Machine
import Testing

/// What a card shows of what the machine says: docs/kernel/ap-bus.md, "Cards".
@Suite struct CardTests {
    private static let card = "devices/ap/card05"

    private static func host(_ functions: UInt32, _ release: KernelRelease = .v7_2) throws -> Host {
        var description = Host.description
        description.adapters[AdapterID(5)]?.functions = functions
        let host = try Host(description, release: release)
        host.clock.advance(by: .seconds(1))
        return host
    }

    /// One that can be CCA as well has the files of that, but takes no requests.
    @Test(
        arguments: [
            (0x0800_0000, "CEX8A accel", ""), (0x1800_0000, "CEX8A accel", "serialnr"), (0x1c00_0000, "CEX8A accel", "serialnr"),
            (0x0c00_0000, "CEX8A accel", "API_ordinalnr"), (0x1400_0000, "CEX8C cca", "serialnr"),
            (0x0400_0000, "CEX8P ep11", "API_ordinalnr"),
        ] as [(UInt32, String, String)])
    func theModeIsTheFirstOfAcceleratorCCAAndEP11(_ functions: UInt32, mode: String, file: String) throws {
        let it = try Self.host(functions)
        let type = it.kernel.read("\(Self.card)/type").replacing("\n", with: "")
        let uevent = it.kernel.read("\(Self.card)/uevent").split(separator: "\n").last?.replacing("MODE=", with: "") ?? ""
        #expect("\(type) \(uevent)" == mode)
        let files = ["serialnr", "API_ordinalnr"].filter { it.kernel.exists("\(Self.card)/\($0)") }
        #expect(files == (file == "API_ordinalnr" ? ["serialnr", "API_ordinalnr"] : file.isEmpty ? [] : [file]))
        #expect(it.kernel.exists("\(Self.card)/05.0004/mkvps") == !file.isEmpty)
        guard mode.hasSuffix("accel"), !file.isEmpty else { return }
        _ = it.kernel.read("\(Self.card)/05.0004/mkvps")
        #expect(it.kernel.read("\(Self.card)/05.0004/request_count") == "0\n")
    }

    @Test(arguments: KernelRelease.allCases) func theLowerHalfOfTheFunctionsIsLeftOutLate(_ release: KernelRelease) throws {
        let it = try Self.host(0x9300_1234, release)
        #expect(it.kernel.read("\(Self.card)/ap_functions") == (release == .v6_1 ? "0x93001234\n" : "0x93000000\n"))
        if release != .v6_1 { #expect(it.kernel.read("\(Self.card)/05.0004/ap_functions") == "0x93001234\n") }
    }

    @Test func aConfigurationThatTheMachineRefusesIsLogged() throws {
        let it = try Self.host(0x9300_0000)
        try it.machine.execute("adapter 05 unplug")
        let log = it.kernel.log { #expect(it.kernel.write("\(Self.card)/config", "0") == "EIO") }
        #expect(log == ["sclp_cmd: configure AP adapter 5 failed: cmd=0x001e0501 response=0x09f0"])
        #expect(it.kernel.read("\(Self.card)/config") == "1\n")
        #expect(it.kernel.log { it.kernel.write("\(Self.card)/config", "1") } == [], "it has that value")
    }

    /// docs/kernel/ap-bus.md, "Cards"
    @Test(arguments: KernelRelease.allCases) func withoutSCLPACardStaysAsItIs(_ release: KernelRelease) throws {
        var description = Host.description
        description.reconfiguration = false
        let it = try Host(description, release: release)
        let log = it.kernel.log {
            let events = it.kernel.uevents { #expect(it.kernel.write("\(Self.card)/config", "0") == "EOPNOTSUPP") }
            #expect(events == [])
            #expect(it.kernel.write("\(Self.card)/config", "2") == "EINVAL")
        }
        #expect(log == [])
        #expect(it.kernel.read("\(Self.card)/config") == "1\n")
        #expect(it.kernel.write("\(Self.card)/config", "1") == "ok", "it has that value")
    }

    // MARK: - The machine's configuration

    @Test func aMaximumOfZeroIsNone() throws {
        let it = try Host { Configured($0) { ($0.maxAdapter, $0.maxDomain) = (0, 0) } }
        #expect(it.kernel.read("bus/ap/ap_max_adapter_id") == "63\n")
        #expect(it.kernel.read("bus/ap/ap_max_domain_id") == "15\n")
    }

    @Test(arguments: KernelRelease.allCases) func aConfigurationWithoutFacilitiesIsNone(_ release: KernelRelease) throws {
        let it = try Host(release: release) {
            Configured($0) { ($0.apsc, $0.apxa, $0.qact, $0.rc8a) = (false, false, false, false) }
        }
        let isShown = release == .v6_1
        #expect(it.kernel.read("bus/ap/ap_adapter_mask").hasPrefix("0x06") == isShown)
        #expect((it.kernel.read("bus/ap/ap_usage_domain_mask") == "not supported\n") != isShown)
        if !isShown { #expect(it.kernel.read("bus/ap/features") == "-\n") }
        #expect(it.queues == ["05.0004", "06.0004"])
        try it.change("adapter 05 unplug")
        #expect(it.other.takeHeard().isEmpty != isShown)
    }
}

/// The machine, but with another configuration.
private final class Configured: APInstructions {
    private let machine: Machine
    private let change: @Sendable (inout ConfigurationInfo) -> Void

    init(_ machine: Machine, _ change: @escaping @Sendable (inout ConfigurationInfo) -> Void) {
        self.machine = machine
        self.change = change
    }

    func qci() -> ConfigurationInfo? {
        guard var configuration = machine.qci() else { return nil }
        change(&configuration)
        return configuration
    }

    func tapq(_ apqn: APQN) -> (QueueStatus, QueueInfo) { machine.tapq(apqn) }
    func rapq(_ apqn: APQN, unbinding: Bool) -> QueueStatus { machine.rapq(apqn, unbinding: unbinding) }
    func zapq(_ apqn: APQN) -> QueueStatus { machine.zapq(apqn) }
    func aqic(_ apqn: APQN, enable: Bool) -> QueueStatus { machine.aqic(apqn, enable: enable) }
    func qact(_ apqn: APQN, type: UInt8) -> UInt8? { machine.qact(apqn, type: type) }
    func configure(_ adapter: AdapterID, _ on: Bool) -> SCLPResponse { machine.configure(adapter, on) }
    func nqap(_ apqn: APQN) -> QueueStatus { machine.nqap(apqn) }
    func ask(_ apqn: APQN, _ query: DeviceQuery) -> DeviceAnswer? { machine.ask(apqn, query) }
}
