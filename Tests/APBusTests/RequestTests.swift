@testable import APBus
import AdjunctProcessor
import DriverCore
import KernelTesting
import Kernels
import LockOrder
import Machine
import Testing
import Waiting

/// What the files that ask a card send, and to whom: docs/kernel/ap-bus.md, "Requests".
@Suite(.bounded) struct RequestTests {
    private static let cca = "devices/ap/card05"
    private static let ep11 = "devices/ap/card06"
    private static let nothing = "WK CUR: - -\nWK NEW: - -\n"
    private static let fromLinux6_12: [KernelRelease] = [.v6_12, .v7_2]

    /// At rest, a second after boot.
    private static func host(_ release: KernelRelease = .v7_2, _ description: MachineDescription = Host.description) throws
        -> Host
    {
        let host = try Host(description, release: release)
        host.clock.advance(by: .seconds(1))
        return host
    }

    /// Cards that answer.
    private static var talkative: MachineDescription {
        var description = Host.description
        description.adapters[AdapterID(5)]?.serialNumber = "93AADDV8"
        description.adapters[AdapterID(6)]?.serialNumber = "0123456789ABCDEF"
        return description
    }

    // MARK: - Scans

    @Test(arguments: fromLinux6_12) func aRequestThatFindsNoUsableQueueScansBeforeTheReadReturns(_ release: KernelRelease) throws
    {
        let it = try Self.host(release)
        it.kernel.write("bus/ap/apmask", "-6")
        try it.machine.execute("adapter 07 type=CEX8A")
        #expect(it.kernel.read("\(Self.ep11)/serialnr") == "\n")
        #expect(it.kernel.read("bus/ap/scans") == "2\n")
        #expect(it.kernel.exists("devices/ap/card07"))
        // again each time
        #expect(it.kernel.read("\(Self.ep11)/FW_version") == "\n")
        #expect(it.kernel.read("bus/ap/scans") == "3\n")
        it.kernel.write("bus/ap/apmask", "+6")
        #expect(it.kernel.read("\(Self.ep11)/serialnr") == "\n")
        #expect(it.kernel.read("bus/ap/scans") == "3\n")
    }

    @Test func linux6_1DoesNotScanForARequest() throws {
        let it = try Self.host(.v6_1)
        it.kernel.write("\(Self.ep11)/online", "0")
        for file in ["serialnr", "op_modes", "06.0004/mkvps"] { _ = it.kernel.read("\(Self.ep11)/\(file)") }
        #expect(it.kernel.read("bus/ap/scans") == "1\n")
    }

    /// Of an EP11 queue the own switch is looked at first; of a CCA queue not.
    @Test(arguments: [
        ("card05/05.0047/online", "card05/05.0047/mkvps", 1), ("card05/online", "card05/serialnr", 1),
        ("card06/06.0047/online", "card06/06.0047/mkvps", 0), ("card06/06.0047/online", "card06/06.0047/op_modes", 0),
        ("card06/online", "card06/06.0047/mkvps", 0), ("card06/online", "card06/op_modes", 1),
    ])
    func whatIsSwitchedOffIsAskedInVain(switch file: String, asked: String, scans: Int) throws {
        let it = try Self.host()
        #expect(it.kernel.write("devices/ap/\(file)", "0") == "ok")
        _ = it.kernel.read("devices/ap/\(asked)")
        #expect(it.kernel.read("bus/ap/scans") == "\(1 + scans)\n")
    }

    @Test func theRequestIsSentOnceMoreWhereTheScanFindsAnotherConfiguration() throws {
        var description = Self.talkative
        description.usageDomains = APMask([4])
        let it = try Self.host(.v7_2, description)
        it.kernel.write("bus/ap/drivers/cex4queue/unbind", "06.0004")
        #expect(it.kernel.read("\(Self.ep11)/serialnr") == "\n")
        try it.machine.execute("domain 47 both")
        #expect(it.kernel.read("\(Self.ep11)/serialnr") == "0123456789ABCDEF\n")
    }

    /// The file that is read goes with its card while the read waits for the scan: Linux hangs there.
    @Test func aScanMayRemoveTheFileThatIsRead() throws {
        let it = try Self.host()
        it.kernel.write("\(Self.ep11)/online", "0")
        try it.machine.execute("adapter 06 unplug")
        #expect(it.kernel.read("\(Self.ep11)/serialnr") == "ENODEV", "behind what was read")
        #expect(!it.kernel.exists(Self.ep11))
    }

    // MARK: - Counts

    @Test func anEP11RequestIsCountedByCardAndQueueAndGoesToTheIdlest() throws {
        let it = try Self.host()
        _ = it.kernel.read("\(Self.ep11)/06.0004/mkvps")
        _ = it.kernel.read("\(Self.ep11)/serialnr")
        _ = it.kernel.read("\(Self.ep11)/serialnr")
        #expect(it.kernel.read("\(Self.ep11)/request_count") == "3\n")
        #expect(it.kernel.read("\(Self.ep11)/06.0004/request_count") == "2\n", "the older one of equals")
        #expect(it.kernel.read("\(Self.ep11)/06.0047/request_count") == "1\n")
    }

    @Test func aCCACardIsSentTheSecondHalfWhenItAnswersTheFirst() throws {
        let mute = try Self.host()
        #expect(mute.kernel.read("\(Self.cca)/request_count") == "1\n", "of the random number generator")
        _ = mute.kernel.read("\(Self.cca)/serialnr")
        #expect(mute.kernel.read("\(Self.cca)/request_count") == "2\n")
        let talkative = try Self.host(.v7_2, Self.talkative)
        #expect(talkative.kernel.read("\(Self.cca)/serialnr") == "93AADDV8\n")
        #expect(talkative.kernel.read("\(Self.cca)/request_count") == "3\n")
    }

    @Test func clearingACardClearsItsQueuesThatHaveADriver() throws {
        let it = try Self.host()
        for queue in ["06.0004", "06.0047"] { _ = it.kernel.read("\(Self.ep11)/\(queue)/mkvps") }
        it.kernel.write("bus/ap/drivers/cex4queue/unbind", "06.0004")
        it.kernel.write("\(Self.ep11)/request_count", "x")
        it.kernel.write("bus/ap/drivers/cex4queue/bind", "06.0004")
        #expect(it.kernel.read("\(Self.ep11)/06.0004/request_count") == "1\n")
        #expect(it.kernel.read("\(Self.ep11)/06.0047/request_count") == "0\n")
    }

    /// 6.1 asks two, or the only one twice; what cannot be used is passed over where a release asks again.
    @Test(arguments: [
        (KernelRelease.v7_2, "", "1 0"), (.v6_12, "", "1 0"), (.v6_1, "", "1 1"),
        (.v7_2, "queue 05.0004 reset-rc=4", "0 0"), (.v6_12, "queue 05.0004 reset-rc=4", "0 1"),
        (.v6_1, "queue 05.0004 reset-rc=4", "0 1"), (.v6_1, "domain 47 none", "2 ENOENT"), (.v7_2, "domain 47 none", "1 ENOENT"),
    ])
    func theRandomNumberGeneratorAsksWhoIsUsableWhenTheDriverComes(
        _ release: KernelRelease, machine command: String, counts: String
    ) throws {
        var description = Host.description
        if !command.isEmpty { description = try Machine(description).changed(by: command) }
        let it = try Self.host(release, description)
        let seen = ["05.0004", "05.0047"].map { it.kernel.read("\(Self.cca)/\($0)/request_count").replacing("\n", with: "") }
        #expect(seen.joined(separator: " ") == counts)
    }

    /// As the recorded machine of 7.2 of which the first CCA queue is checkstopped.
    @Test(arguments: [
        (KernelRelease.v7_2, "queue 05.0004 chkstop=1", "2\n"), (.v7_2, "queue 05.0004 reset-rc=4", "2\n"),
        (.v7_2, "adapter 05 chkstop=1", "2\n"), (.v6_12, "adapter 05 chkstop=1", "2\n"), (.v6_1, "adapter 05 chkstop=1", "1\n"),
        (.v7_2, "queue 05.0047 chkstop=1", "1\n"), (.v6_12, "queue 05.0004 reset-rc=4", "1\n"),
        (.v6_1, "queue 05.0004 chkstop=1", "1\n"),
    ]) func theRandomNumberGeneratorScansWhereItCannotAsk(_ release: KernelRelease, machine command: String, scans: String) throws
    {
        let it = try Self.host(release, Machine(Host.description).changed(by: command))
        #expect(it.kernel.read("bus/ap/scans") == scans)
    }

    /// As recorded (7.2/walk-24), where the card was put into standby meanwhile.
    @Test(arguments: fromLinux6_12) func aCCAQueueThatComesBackOnACardInStandbyMakesAScan(_ release: KernelRelease) throws {
        let it = try Self.host(release)
        it.kernel.write("bus/ap/apmask", "-5")
        it.kernel.write("\(Self.cca)/config", "0")
        #expect(it.kernel.read("\(Self.cca)/05.0047/config") == "1\n")
        it.kernel.write("bus/ap/apmask", "+5")
        it.clock.advance(by: .seconds(1))
        #expect(it.kernel.read("bus/ap/scans") == "2\n")
        #expect(it.kernel.read("\(Self.cca)/05.0047/config") == "0\n")
    }

    /// As recorded (7.2/branches-rescan).
    @Test(arguments: fromLinux6_12) func aCCAQueueThatComesBackAndCanBeAskedMakesNoScan(_ release: KernelRelease) throws {
        let it = try Self.host(release)
        it.kernel.write("bus/ap/apmask", "-5")
        it.kernel.write("bus/ap/apmask", "+5")
        it.clock.advance(by: .seconds(1))
        #expect(it.kernel.read("bus/ap/scans") == "1\n")
    }

    // MARK: - A card that comes again

    @Test func aCardThatIsBoundAgainHasNoQueuesUntilTheyAre() throws {
        let it = try Self.host()
        let (card, queue) = (Self.ep11, "\(Self.ep11)/06.0004")
        it.kernel.write("bus/ap/drivers/cex4card/unbind", "card06")
        #expect(it.kernel.exists("\(queue)/online"))
        it.kernel.write("bus/ap/drivers/cex4card/bind", "card06")
        #expect(it.kernel.uevents { it.kernel.write("\(card)/online", "0") } == ["change@/\(card)"])
        #expect(it.kernel.read("\(queue)/online") == "1\n")
        #expect(it.kernel.write("\(queue)/online", "0") == "ok")
        #expect(it.kernel.write("\(queue)/online", "1") == "ok", "the old card is online for ever")
        it.kernel.write("\(card)/online", "1")
        _ = it.kernel.read("\(queue)/mkvps")
        #expect(it.kernel.read("\(queue)/request_count") == "0\n")

        it.kernel.write("bus/ap/drivers/cex4queue/unbind", "06.0004")
        it.kernel.write("bus/ap/drivers/cex4queue/bind", "06.0004")
        _ = it.kernel.read("\(queue)/mkvps")
        #expect(it.kernel.read("\(queue)/request_count") == "1\n")
        #expect(it.kernel.uevents { it.kernel.write("\(card)/online", "0") } == ["change@/\(card)", "change@/\(queue)"])
        #expect(it.kernel.write("\(queue)/online", "1") == "EINVAL")
    }

    @Test func aQueueOfACardThatWasOffWhenItLeftCannotBeSwitchedOnUntilItIsBoundAgain() throws {
        let it = try Self.host()
        let queue = "\(Self.cca)/05.0047"
        it.kernel.write("\(Self.cca)/online", "0")
        it.kernel.write("bus/ap/drivers/cex4card/unbind", "card05")
        it.kernel.write("bus/ap/drivers/cex4card/bind", "card05")
        #expect(it.kernel.read("\(Self.cca)/online") == "1\n")
        #expect(it.kernel.write("\(queue)/online", "1") == "EINVAL")
        it.kernel.write("bus/ap/drivers/cex4queue/unbind", "05.0047")
        it.kernel.write("bus/ap/drivers/cex4queue/bind", "05.0047")
        #expect(it.kernel.read("\(queue)/online") == "1\n")
    }

    // MARK: - What is remembered

    @Test(arguments: KernelRelease.allCases) func whatWasAnsweredIsShownWhileTheCardIsOff(_ release: KernelRelease) throws {
        let it = try Self.host(release, Self.talkative)
        let serials = { ["\(Self.cca)/serialnr", "\(Self.ep11)/serialnr"].map { it.kernel.read($0) } }
        #expect(serials() == ["93AADDV8\n", "0123456789ABCDEF\n"])
        for card in [Self.cca, Self.ep11] { it.kernel.write("\(card)/online", "0") }
        let counts = it.kernel.read("\(Self.cca)/request_count")
        #expect(serials() == (release == .v7_2 ? ["\n", "\n"] : ["93AADDV8\n", "0123456789ABCDEF\n"]))
        #expect(it.kernel.read("\(Self.cca)/request_count") == counts)
        #expect(it.kernel.read("bus/ap/scans") == (release == .v7_2 ? "3\n" : "1\n"))
    }

    @Test func anEP11RequestThatFindsNoQueueForgetsTheCard() throws {
        let it = try Self.host(.v6_12, Self.talkative)
        _ = it.kernel.read("\(Self.ep11)/serialnr")
        it.kernel.write("bus/ap/apmask", "-6")
        #expect(it.kernel.read("\(Self.ep11)/serialnr") == "\n")
        it.kernel.write("\(Self.ep11)/online", "0")
        #expect(it.kernel.read("\(Self.ep11)/serialnr") == "\n")
    }

    // MARK: - Requests that wait

    /// A read waits on a thread of its own; `end` ends the wait.
    private func waitingRead(_ file: String, _ end: (Host) throws -> Void) throws -> (text: String?, scans: String) {
        let it = try Host(Self.talkative, clock: RealClock())
        waitUntil("the queues are at rest") { it.bus.queuesAreAtRest }
        let queue = "\(Self.ep11)/06.0004"
        it.kernel.write("bus/ap/drivers/cex4queue/unbind", "06.0047")
        try it.machine.execute("queue 06.0004 reset-busy=255")
        it.kernel.write("\(queue)/reset", "1")
        let (text, isRead) = (Answer(), Event("the read of \(file)"))
        TestThread {
            text.set(it.kernel.read("\(Self.ep11)/\(file)"))
            isRead.happens()
        }.detach()
        waitUntil("the request waits") { it.kernel.read("\(queue)/requestq_count") == "1\n" }
        for path in [queue, Self.ep11] {
            #expect(it.kernel.read("\(path)/load") == "80\n")
            #expect(it.kernel.read("\(path)/requestq_count") == "1\n")
            #expect(it.kernel.read("\(path)/pendingq_count") == "0\n")
        }
        try end(it)
        isRead.wait()
        for file in ["load", "requestq_count"] where it.kernel.exists("\(queue)/\(file)") {
            #expect(it.kernel.read("\(queue)/\(file)") == "0\n")
        }
        it.bus.stop()
        return (text.value, it.kernel.read("bus/ap/scans"))
    }

    @Test(arguments: ["serialnr", "FW_version", "06.0004/mkvps", "06.0004/op_modes"])
    func aRequestWaitsUntilTheQueueIsReset(_ file: String) throws {
        let (text, scans) = try waitingRead(file) { try $0.machine.execute("queue 06.0004 reset-busy=0") }
        let empty = file.hasSuffix("mkvps") ? Self.nothing : "\n"
        #expect(text == (file == "serialnr" ? "0123456789ABCDEF\n" : empty))
        #expect(scans == "1\n")
    }

    @Test(arguments: ["06.0004/online", "online"]) func aQueueThatIsSwitchedOffThrowsItsRequestsAway(_ file: String) throws {
        let (text, scans) = try waitingRead("serialnr") { #expect($0.kernel.write("\(Self.ep11)/\(file)", "0") == "ok") }
        #expect(text == "\n")
        #expect(scans == "2\n", "another queue was looked for, in vain")
    }

    @Test func aQueueThatLosesItsDriverThrowsItsRequestsAway() throws {
        let (text, _) = try waitingRead("06.0004/mkvps") {
            #expect($0.kernel.write("bus/ap/drivers/cex4queue/unbind", "06.0004") == "ok")
        }
        #expect(text == "ENODEV", "behind what was read")
    }

    /// The reader scans in turn when its request is thrown away, and waits for the scan that wants the file gone: Linux hangs there.
    @Test func aScanMayRemoveTheQueueThatIsWaitedFor() throws {
        let (text, _) = try waitingRead("06.0004/mkvps") { try $0.change("adapter 06 unplug") }
        #expect(text == "ENODEV", "behind what was read")
    }

    @Test func theEndOfTheMachineEndsTheWait() throws {
        let (text, _) = try waitingRead("serialnr") { $0.kernel.halt() }
        #expect(text == "\n")
    }
}

/// What a thread has read.
private final class Answer: Sendable {
    private let text = Leaf<String?>("answer", nil)

    func set(_ text: String) { self.text.withLock { $0 = text } }
    var value: String? { text.withLock { $0 } }
}

extension Machine {
    /// The description of the machine after a command.
    fileprivate func changed(by command: String) throws -> MachineDescription {
        try execute(command)
        return description
    }
}
