@testable import APBus
import AdjunctProcessor
import DriverCore
import KernelTesting
import Kernels
import LockOrder
import Machine
import Sysfs
import SystemPackage
import Testing
import Waiting

/// What a scan finds, and what it makes of it: docs/kernel/ap-bus.md, "Scans".
@Suite(.bounded) struct ScanTests {
    private let it: Host

    init() throws {
        it = try Host()
    }

    private static func coming(_ path: String) -> [String] { ["add@/devices/ap/\(path)", "bind@/devices/ap/\(path)"] }
    private static func going(_ path: String) -> [String] { ["unbind@/devices/ap/\(path)", "remove@/devices/ap/\(path)"] }
    private static let told = "change@/devices/ap"
    private static let card05 = ["card05", "card05/05.0004", "card05/05.0047"]
    private static let gone05 = ["card05/05.0004", "card05/05.0047", "card05"]

    @Test func theFirstScanFindsCardsAndQueuesInOrderAndIsToldOnce() throws {
        let it = try Host(starts: false)
        it.scan()
        #expect(it.queues == [])
        #expect(it.kernel.read("bus/ap/scans") == "0\n", "nobody forces the first scan")
        let sent = it.kernel.uevents { it.start() }
        let devices = Self.card05 + Self.card05.map { $0.replacing("05", with: "06").replacing(".0006", with: ".0005") }
        #expect(sent == devices.flatMap(Self.coming) + [Self.told, Self.told])
        let lines = it.kernel.ueventLines.suffix(2)
        #expect(lines.first?.contains("INITSCAN=done") == true)
        #expect(lines.last?.contains("BINDINGS=complete COMPLETECOUNT=1") == true)
        #expect(it.kernel.uevents { it.scan() } == [])
        #expect(it.kernel.read("bus/ap/scans") == "2\n")
    }

    @Test func anAdapterThatGoesTakesItsQueuesFirst() throws {
        #expect(try it.kernel.uevents { try it.change("adapter 05 unplug") } == Self.gone05.flatMap(Self.going))
        #expect(it.queues == ["06.0004", "06.0047"])
        #expect(it.kernel.names("devices/ap") == ["card06", "uevent"])
        #expect(it.kernel.read("bus/ap/bindings") == "2/2 (complete)\n")
    }

    @Test func anAdapterThatIsBackIsNew() throws {
        it.kernel.write("devices/ap/card05/05.0004/driver_override", "other")
        try it.change("adapter 05 unplug")
        #expect(
            try it.kernel.uevents { try it.change("adapter 05 type=CEX8C") } == Self.card05.flatMap(Self.coming) + [Self.told])
        #expect(it.queues == ["06.0004", "06.0047", "05.0004", "05.0047"], "in the order in which they came")
        #expect(it.kernel.read("devices/ap/card05/05.0004/driver_override") == "\n")
        // Linux forgets to count it down
        #expect(it.kernel.write("bus/ap/apmask", "-9") == "EINVAL")
    }

    @Test(arguments: ["CEX7C", "CEX8A", "CEX8P"]) func anAdapterOfAnotherTypeIsAnotherCard(type: String) throws {
        let sent = try it.kernel.uevents { try it.change("adapter 05 type=\(type)") }
        #expect(sent == Self.gone05.flatMap(Self.going) + Self.card05.flatMap(Self.coming) + [Self.told])
        #expect(it.kernel.read("devices/ap/card05/type") == "\(type)\n")
    }

    @Test func whatHasNotChangedIsLeftAlone() throws {
        #expect(try it.kernel.uevents { try it.change("adapter 05 type=CEX8C", "domain 20 control") } == [])
    }

    @Test func aDomainThatGoesTakesItsQueueFromEachAdapter() throws {
        let queues = ["card05/05.0047", "card06/06.0047"]
        #expect(try it.kernel.uevents { try it.change("domain 47 none") } == queues.flatMap(Self.going))
        #expect(it.queues == ["05.0004", "06.0004"])
        #expect(try it.kernel.uevents { try it.change("domain 47 both") } == queues.flatMap(Self.coming) + [Self.told])
    }

    @Test func aQueueThatDoesNotAnswerIsRemoved() throws {
        #expect(try it.kernel.uevents { try it.change("queue 05.0004 absent=1") } == Self.going("card05/05.0004"))
        #expect(
            try it.kernel.uevents { try it.change("queue 05.0047 absent=1") } == Self.going("card05/05.0047")
                + Self.going("card05"))
    }

    @Test func deconfiguringIsToldByCardAndQueues() throws {
        let sent = try it.kernel.uevents { try it.change("adapter 05 config=0") }
        #expect(sent == Self.card05.map { "change@/devices/ap/\($0)" })
        #expect(it.kernel.ueventLines.suffix(3).allSatisfy { $0.contains(" CONFIG=0 ") })
        for path in Self.card05 { #expect(it.kernel.read("devices/ap/\(path)/config") == "0\n") }
        #expect(it.driver("05.0004") == "cex4queue")
        #expect(it.kernel.uevents { it.scan() } == [])
        let back = try it.kernel.uevents { try it.change("adapter 05 config=1") }
        #expect(back == sent)
        #expect(it.kernel.ueventLines.suffix(3).allSatisfy { $0.contains(" CONFIG=1 ") })
    }

    @Test func aCheckstopIsNotTold() throws {
        #expect(try it.kernel.uevents { try it.change("adapter 05 chkstop=1") } == [])
        for path in Self.card05 { #expect(it.kernel.read("devices/ap/\(path)/chkstop") == "1\n") }
        #expect(try it.kernel.uevents { try it.change("adapter 05 chkstop=0") } == [])
        for path in Self.card05 { #expect(it.kernel.read("devices/ap/\(path)/chkstop") == "0\n") }
    }

    /// But for the configuration, which has something new: "complete" is told again.
    @Test func oldCardsAreIgnored() throws {
        #expect(try it.kernel.uevents { try it.change("adapter 07 type=CEX3C") } == [Self.told])
        #expect(it.kernel.names("devices/ap") == ["card05", "card06", "uevent"])
    }

    @Test(arguments: [true, false]) func newCardsAreDrivenAsTheMachineSays(knowsTypes: Bool) throws {
        var description = Host.description
        if !knowsTypes { description.features?.remove(.qact) }
        let it = try Host(description) { NewerCards($0) }
        #expect(it.kernel.names("devices/ap") == (knowsTypes ? ["card05", "card06", "uevent"] : ["uevent"]))
        guard knowsTypes else { return }
        #expect(it.kernel.read("devices/ap/card05/hwtype") == "14\n")
        #expect(it.kernel.read("devices/ap/card05/raw_hwtype") == "16\n")
    }

    // MARK: - What is told

    @Test func driversHearOfAChangeBeforeAndAfterTheDevices() throws {
        _ = it.other.takeHeard()
        try it.change("adapter 05 unplug")
        let heard = it.other.takeHeard()
        try #require(heard.count == 2)
        #expect(heard[0].hasPrefix("changed from 2 to 1 adapters"))
        #expect(!heard[0].contains("card05"))
        #expect(heard.last == "completed, last remove@/devices/ap/card05")
        // neither is what only TAPQ tells a change of the configuration
        try it.change("adapter 06 config=0")
        #expect(it.other.takeHeard() == [])
    }

    @Test func bindingsAreCompleteOnceUntilSomethingIsProbed() throws {
        #expect(it.kernel.read("bus/ap/bindings_complete_count") == "1\n")
        it.kernel.write("bus/ap/drivers/cex4queue/unbind", "05.0004")
        #expect(it.kernel.read("bus/ap/bindings") == "3/4\n")
        #expect(it.kernel.uevents { it.scan() } == [])
        it.kernel.write("bus/ap/drivers/cex4queue/bind", "05.0004")
        #expect(it.kernel.read("bus/ap/bindings") == "4/4 (complete)\n")
        #expect(it.kernel.uevents { it.scan() } == [Self.told])
        #expect(it.kernel.uevents { it.scan() } == [])
        #expect(it.kernel.read("bus/ap/bindings_complete_count") == "2\n")
    }

    /// docs/kernel/ap-bus.md, "Uevents"
    @Test(arguments: [(KernelRelease.v6_1, 1, 0), (.v6_12, 0, 1), (.v7_2, 0, 1)])
    func bindingsAreToldAtTheProbeOrAtTheScan(release: KernelRelease, atProbe: Int, atScan: Int) throws {
        let it = try Host(release: release)
        it.kernel.write("bus/ap/drivers/cex4queue/unbind", "05.0004")
        let probed = it.kernel.uevents { it.kernel.write("bus/ap/drivers/cex4queue/bind", "05.0004") }
        #expect(probed.count { $0 == Self.told } == atProbe)
        #expect(it.kernel.uevents { it.scan() }.count == atScan)
    }

    // MARK: - When

    @Test(arguments: [("4", "EINVAL"), ("5", "ok"), ("120\n", "ok"), ("121", "EINVAL"), ("x", "EINVAL"), ("-5", "EINVAL")])
    func configTimeIsFrom5To120(text: String, answer: String) {
        #expect(it.kernel.write("bus/ap/config_time", text) == answer)
        #expect((it.kernel.read("bus/ap/config_time") == "30\n") == (answer != "ok"))
    }

    @Test func aScanComesSoLongAfterTheLastOne() {
        func scans() -> String { it.kernel.read("bus/ap/scans") }
        it.clock.advance(by: .seconds(29))
        #expect(scans() == "1\n")
        it.scan()
        it.clock.advance(by: .seconds(29))
        #expect(scans() == "2\n")
        it.clock.advance(by: .seconds(1))
        #expect(scans() == "3\n")
        it.kernel.write("bus/ap/config_time", "5")
        it.clock.advance(by: .seconds(20))
        #expect(scans() == "7\n")
        it.bus.stop()
        it.clock.advance(by: .seconds(1000))
        #expect(scans() == "7\n")
    }

    @Test(arguments: KernelRelease.allCases) func underZVMQueuesArePolledMoreSlowly(_ release: KernelRelease) throws {
        var description = Host.description
        #expect(try Host(description, release: release).kernel.read("bus/ap/poll_timeout") == "250000\n")
        description.zVM = true
        #expect(try Host(description, release: release).kernel.read("bus/ap/poll_timeout") == "1500000\n")
    }

    /// docs/kernel/ap-bus.md, "Resets of a queue": 40 ms between two looks at a queue, with 6.1 poll_timeout.
    @Test(arguments: [(KernelRelease.v6_1, Duration.microseconds(250)), (.v6_12, .milliseconds(40)), (.v7_2, .milliseconds(40))])
    func aResetIsLookedAtAfterAWhile(release: KernelRelease, interval: Duration) throws {
        let it = try Host(release: release)
        let queue = "devices/ap/card05/05.0004"
        it.clock.advance(by: .seconds(1))
        #expect(it.kernel.read("\(queue)/reset") == "No Reset Timer set.\n")
        #expect(it.bus.queuesAreAtRest)
        #expect(it.kernel.write("\(queue)/reset", "1") == "ok")
        #expect(!it.bus.queuesAreAtRest)
        it.clock.advance(by: interval - .nanoseconds(1))
        #expect(it.kernel.read("\(queue)/reset") == "Reset in progress.\n")
        it.clock.advance(by: .nanoseconds(1))
        #expect(it.kernel.read("\(queue)/interrupt") == "Enable Interrupt pending.\n")
        it.clock.advance(by: interval)
        #expect(it.kernel.read("\(queue)/interrupt") == "Interrupts enabled.\n")
        #expect(it.bus.queuesAreAtRest)
    }

    /// The queue is looked at once in each interval, also where several have asked for a reset of it.
    @Test func aQueueIsPolledOnceHoweverOftenItsResetIsAskedFor() throws {
        let it = try Host()
        let queue = "devices/ap/card05/05.0004"
        it.clock.advance(by: .seconds(1))
        try it.machine.execute("queue 05.0004 reset-busy=20")
        for _ in 0..<4 { #expect(it.kernel.write("\(queue)/reset", "1") == "ok") }
        it.clock.advance(by: .milliseconds(40 * 19))
        #expect(it.kernel.read("\(queue)/reset") == "Reset in progress.\n")
        it.clock.advance(by: .milliseconds(40 * 2))
        #expect(it.kernel.read("\(queue)/reset") == "No Reset Timer set.\n")
    }

    /// 6.1 takes the timer back when somebody asks for a scan.
    @Test(arguments: KernelRelease.allCases)
    func aTimerThatRunsOutWhileAForcedScanWaitsMakesNoOther(_ release: KernelRelease) throws {
        let it = try Host(release: release)
        it.kernel.write("bus/ap/config_time", "5")
        let (isScanning, goesOn) = (Event("the scan has begun"), Event("the scan may go on"))
        it.other.during.withLock {
            $0 = {
                isScanning.happens()
                goesOn.wait()
            }
        }
        try it.machine.execute("adapter 07 type=CEX8A")
        let scanner = TestThread("the scan ends") { it.scan() }
        isScanning.wait()
        waiting(for: "the timer gives up") { it.clock.advance(by: .seconds(6)) }
        goesOn.happens()
        scanner.join()
        #expect(it.kernel.read("bus/ap/scans") == "2\n")
        it.clock.advance(by: .seconds(5) - .nanoseconds(1))
        #expect(it.kernel.read("bus/ap/scans") == "2\n")
        it.clock.advance(by: .nanoseconds(1))
        #expect(it.kernel.read("bus/ap/scans") == "3\n")
    }

    // MARK: - The machine

    @Test func withoutQCIEverythingIsTriedAndNothingIsToldOfTheMachine() throws {
        var description = Host.description
        description.features = nil
        let it = try Host(description)
        #expect(it.queues == ["05.0004", "06.0004"], "domain 47 is above the largest without APXA")
        for file in ["ap_adapter_mask", "ap_usage_domain_mask", "ap_control_domain_mask"] {
            #expect(it.kernel.read("bus/ap/\(file)") == "not supported\n")
        }
        #expect(it.kernel.read("bus/ap/ap_max_domain_id") == "15\n")
        #expect(it.kernel.read("bus/ap/ap_max_adapter_id") == "63\n")
        try it.change("adapter 05 unplug")
        #expect(it.queues == ["06.0004"])
        #expect(it.other.takeHeard() == [])
    }

    @Test(arguments: [
        ("0x47", "ok"), ("4", "ok"), ("5", "ok"), ("255", "ok"), ("256", "EINVAL"), ("-1", "EINVAL"), ("x", "EINVAL"),
        ("9", "EINVAL"),
    ])
    func theDefaultDomainIsOneOfTheHosts(text: String, answer: String) {
        #expect(it.kernel.read("bus/ap/ap_domain") == "4\n")
        it.kernel.write("bus/ap/aqmask", "-9")
        #expect(it.kernel.write("bus/ap/ap_domain", text) == answer)
    }
}

/// The machine, but with cards of a type that nobody knows yet.
private final class NewerCards: APInstructions {
    private let machine: Machine

    init(_ machine: Machine) {
        self.machine = machine
    }

    func tapq(_ apqn: APQN) -> (QueueStatus, QueueInfo) {
        var (status, info) = machine.tapq(apqn)
        if info.type == 14 { info.type = 16 }
        return (status, info)
    }

    func rapq(_ apqn: APQN, unbinding: Bool) -> QueueStatus { machine.rapq(apqn, unbinding: unbinding) }
    func zapq(_ apqn: APQN) -> QueueStatus { machine.zapq(apqn) }
    func aqic(_ apqn: APQN, enable: Bool) -> QueueStatus { machine.aqic(apqn, enable: enable) }
    func qci() -> ConfigurationInfo? { machine.qci() }
    func qact(_ apqn: APQN, type: UInt8) -> UInt8? { machine.qact(apqn, type: type) }
    func configure(_ adapter: AdapterID, _ on: Bool) -> SCLPResponse { machine.configure(adapter, on) }
    func nqap(_ apqn: APQN) -> QueueStatus { machine.nqap(apqn) }
    func ask(_ apqn: APQN, _ query: DeviceQuery) -> DeviceAnswer? { machine.ask(apqn, query) }
}
