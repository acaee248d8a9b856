@testable import APBus
import AdjunctProcessor
import DriverCore
import KernelTesting
import Kernels
import Machine
import Testing

/// What becomes of a queue that is checkstopped, in standby, in error, or without a driver: docs/kernel/ap-bus.md, "Resets of a queue".
@Suite struct QueueConditionTests {
    private static let queue = "devices/ap/card05/05.0004"
    private static let other = "devices/ap/card06/06.0004"
    private static let resets = "Reset in progress.\n"
    private static let rests = "No Reset Timer set.\n"
    private static let on = "Interrupts enabled.\n"
    private static let off = "Interrupts disabled.\n"

    /// At rest, a second after boot.
    private static func host(_ release: KernelRelease = .v7_2, _ description: MachineDescription = Host.description) throws
        -> Host
    {
        let host = try Host(description, release: release)
        host.clock.advance(by: .seconds(1))
        return host
    }

    // MARK: - Checkstop and standby

    @Test(arguments: KernelRelease.allCases) func theSecondScanThatSeesACheckstopStartsTheQueueInVain(_ release: KernelRelease)
        throws
    {
        let it = try Self.host(release)
        try it.change("adapter 05 chkstop=1")
        #expect(it.kernel.read("\(Self.queue)/reset") == Self.rests)
        it.scan()
        #expect(it.kernel.read("\(Self.queue)/reset") == Self.resets)
        it.scan()
        it.kernel.write("\(Self.queue)/reset", "1")
        it.clock.advance(by: .seconds(1))
        #expect(it.kernel.read("\(Self.queue)/reset") == Self.resets)
    }

    @Test(arguments: KernelRelease.allCases) func aQueueInStandbyIsLeftAlone(_ release: KernelRelease) throws {
        let it = try Self.host(release)
        try it.change("adapter 05 config=0")
        it.scan()
        it.scan()
        #expect(it.kernel.read("\(Self.queue)/reset") == Self.rests)
    }

    @Test func oneScanSeesOneChangeOfAQueueTheCheckstopFirst() throws {
        let it = try Self.host()
        try it.change("adapter 05 config=0 chkstop=1")
        #expect(it.kernel.read("\(Self.queue)/config") == "0\n")
        #expect(it.kernel.read("\(Self.queue)/chkstop") == "0\n")
        try it.change("adapter 05 config=1")
        #expect(it.kernel.read("\(Self.queue)/config") == "0\n")
        #expect(it.kernel.read("\(Self.queue)/chkstop") == "1\n")
        it.scan()
        #expect(it.kernel.read("\(Self.queue)/config") == "1\n")
        #expect(it.kernel.read("\(Self.queue)/reset") == Self.resets)
    }

    @Test(arguments: ["chkstop", "config"], KernelRelease.allCases)
    func itsEndResetsTheQueueAtOnceOrWhenOthersAreLookedAt(key: String, _ release: KernelRelease) throws {
        let it = try Self.host(release)
        try it.change("adapter 05 \(key)=\(key == "chkstop" ? 1 : 0)")
        try it.change("adapter 05 \(key)=\(key == "chkstop" ? 0 : 1)")
        it.clock.advance(by: .seconds(1))
        #expect(it.kernel.read("\(Self.queue)/reset") == (release == .v6_1 ? Self.resets : Self.rests))
        it.kernel.write("\(Self.other)/reset", "1")
        it.clock.advance(by: .seconds(1))
        #expect(it.kernel.read("\(Self.queue)/reset") == Self.rests)
        #expect(it.kernel.read("\(Self.queue)/interrupt") == Self.on)
    }

    @Test func aRequestHasThemLookedAt() throws {
        let it = try Self.host(.v6_1)
        try it.change("adapter 05 chkstop=1")
        try it.change("adapter 05 chkstop=0")
        _ = it.kernel.read("\(Self.other)/mkvps")
        it.clock.advance(by: .seconds(1))
        #expect(it.kernel.read("\(Self.queue)/reset") == Self.rests)
    }

    // MARK: - Error

    @Test(arguments: KernelRelease.allCases, ["1", "3", "4", "5"])
    func aResetThatFailedIsTriedAgainButTheQueueTakesNoRequests(_ release: KernelRelease, code: String) throws {
        let it = try Self.host(release)
        try it.machine.execute("queue 06.0004 reset-rc=\(code)")
        for _ in 0..<2 {
            it.kernel.write("\(Self.other)/reset", "1")
            #expect(it.kernel.read("\(Self.other)/reset") == Self.resets)
        }
        #expect(it.kernel.read("\(Self.other)/interrupt") == Self.on)
        try it.machine.execute("queue 06.0004 reset-rc=0")
        it.kernel.write("\(Self.other)/reset", "1")
        it.clock.advance(by: .seconds(1))
        #expect(it.kernel.read("\(Self.other)/reset") == Self.rests)
        #expect(it.kernel.read("\(Self.other)/interrupt") == Self.on)
        _ = it.kernel.read("devices/ap/card06/serialnr")
        #expect(it.kernel.read("\(Self.other)/request_count") == "0\n")
        it.scan()
        _ = it.kernel.read("\(Self.other)/mkvps")
        #expect(it.kernel.read("\(Self.other)/request_count") == "1\n")
    }

    // MARK: - Without a driver

    @Test(arguments: [KernelRelease.v6_12, .v7_2]) func nobodyLooksAtAQueueWithoutADriver(_ release: KernelRelease) throws {
        let it = try Host(release: release, drivesOthers: false)
        it.clock.advance(by: .seconds(1))
        it.kernel.write("bus/ap/apmask", "-5")
        #expect(it.driver("05.0004") == "nobody")
        #expect(it.kernel.read("\(Self.queue)/reset") == Self.rests, "it keeps the state that it had")
        try it.change("adapter 05 unplug")
        try it.change("adapter 05 type=CEX8C")
        for file in [Self.queue, Self.other] {
            it.kernel.write("\(file)/reset", "1")
            it.clock.advance(by: .seconds(1))
        }
        #expect(it.kernel.read("\(Self.queue)/reset") == Self.resets)
        #expect(it.kernel.read("\(Self.queue)/interrupt") == Self.off)
        #expect(it.kernel.read("\(Self.queue)/request_count") == "0\n")
        #expect(it.bus.queuesAreAtRest)
        it.kernel.write("bus/ap/apmask", "+5")
        it.kernel.write("bus/ap/drivers_probe", "05.0004")
        it.clock.advance(by: .seconds(1))
        #expect(it.kernel.read("\(Self.queue)/reset") == Self.rests)
        #expect(it.kernel.read("\(Self.queue)/interrupt") == Self.on)
    }

    /// Any other driver does not start it, but has it looked at when others are.
    @Test func aQueueThatAnyDriverTakesIsLookedAtWithTheOthers() throws {
        let it = try Host(drivesOthers: false)
        it.kernel.write("bus/ap/apmask", "-5")
        try it.change("adapter 05 unplug")
        try it.change("adapter 05 type=CEX8C")
        it.clock.advance(by: .seconds(1))
        it.registerOther()
        it.clock.advance(by: .seconds(1))
        #expect(it.driver("05.0004") == "other")
        #expect(it.kernel.read("\(Self.queue)/reset") == Self.resets)
        it.kernel.write("\(Self.other)/reset", "1")
        it.clock.advance(by: .seconds(1))
        #expect(it.kernel.read("\(Self.queue)/reset") == Self.rests)
    }

    @Test(arguments: KernelRelease.allCases) func interruptIsWhatTheHardwareSaysOrWhatWasSeenLast(_ release: KernelRelease) throws
    {
        let it = try Self.host(release)
        it.kernel.write("bus/ap/drivers/cex4queue/unbind", "05.0004")
        #expect(it.kernel.read("\(Self.queue)/interrupt") == (release == .v6_1 ? Self.on : Self.off))
    }

    // MARK: - Cards that no driver takes

    @Test func linux6_1ShowsCardsOlderThanCEX4WithoutDrivers() throws {
        let it = try Self.host(.v6_1)
        try it.change("adapter 07 type=CEX3C")
        let card = "devices/ap/card07"
        #expect(it.kernel.read("\(card)/hwtype") == "9\n")
        #expect(it.kernel.read("\(card)/raw_hwtype") == "9\n")
        #expect(it.kernel.read("\(card)/uevent") == "DEVTYPE=ap_card\nDEV_TYPE=0009\nMODALIAS=ap:t09\nMODE=cca\n")
        #expect(!it.kernel.exists("\(card)/online"))
        #expect(it.kernel.read("\(card)/07.0004/reset") == Self.resets)
        #expect(it.kernel.read("\(card)/07.0004/interrupt") == Self.off)
        #expect(it.kernel.read("\(card)/07.0004/request_count") == "-\n")
        #expect(it.kernel.read("bus/ap/bindings") == "4/6\n")
        #expect(it.kernel.write("bus/ap/drivers/cex4card/bind", "card07") == "ENODEV")
        #expect(it.kernel.write("bus/ap/drivers/cex4queue/bind", "07.0004") == "ENODEV")
        it.kernel.write("bus/ap/apmask", "-7")
        #expect(it.kernel.write("bus/ap/drivers/other/bind", "07.0004") == "ENODEV")
        #expect(it.kernel.write("\(card)/config", "0") == "ok")
    }

    /// The bits of the functions: none of accelerator, CCA and EP11.
    private static var withoutFunctions: MachineDescription {
        var description = Host.description
        description.adapters[AdapterID(6)]?.functions = 0
        return description
    }

    @Test func aProbeThatFailsArmsBindingsCompleteAgain() throws {
        let it = try Self.host(.v7_2, Self.withoutFunctions)
        #expect(it.kernel.read("bus/ap/bindings") == "2/4\n")
        it.kernel.write("bus/ap/apmask", "-6")
        #expect(it.driver("06.0004") == "other")
        it.scan()
        #expect(it.kernel.uevents { it.scan() } == [])
        #expect(it.kernel.write("bus/ap/drivers/cex4card/bind", "card06") == "ENODEV")
        #expect(it.kernel.uevents { it.scan() } == ["change@/devices/ap"])
        #expect(it.kernel.write("bus/ap/drivers_probe", "card06") == "ok")
        #expect(it.kernel.uevents { it.scan() } == ["change@/devices/ap"])
    }

    @Test func aCardWithoutAModeHasNoDriverAndItsQueuesAreNotLookedAt() throws {
        let it = try Self.host(.v7_2, Self.withoutFunctions)
        #expect(it.driver("06.0004") == "nobody")
        #expect(it.kernel.read("\(Self.other)/reset") == Self.resets)
        #expect(it.kernel.read("\(Self.other)/uevent") == "DEVTYPE=ap_queue\n")
    }
}
