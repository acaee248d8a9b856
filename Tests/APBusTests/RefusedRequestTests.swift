@testable import APBus
import AdjunctProcessor
import DriverCore
import KernelTesting
import Kernels
import Machine
import Testing
import Waiting

/// Requests that a queue does not take, and who waits for it then: docs/kernel/ap-bus.md, "Requests".
@Suite(.bounded) struct RefusedRequestTests {
    private static let card = "devices/ap/card06"
    private static let queue = "\(card)/06.0004"
    private static let answer = "0123456789ABCDEF\n"
    private static let patterns = "WK CUR: - -\nWK NEW: - -\n"

    /// A card that tells its number; at rest, and with a fault of its older queue.
    private func host(_ fault: String, _ release: KernelRelease = .v7_2, clock: RealClock? = nil) throws -> Host {
        var description = Host.description
        description.adapters[AdapterID(6)]?.serialNumber = "0123456789ABCDEF"
        let host = try Host(description, release: release, clock: clock)
        if clock == nil {
            host.clock.advance(by: .seconds(1))
        } else {
            waitUntil("the queues are at rest") { host.bus.queuesAreAtRest }
        }
        try host.machine.execute("queue 06.0004 \(fault)")
        return host
    }

    private func counts(_ host: Host) -> [String] {
        ["06.0004", "06.0047"].map { String(host.kernel.read("\(Self.card)/\($0)/request_count").dropLast()) }
    }

    @Test(arguments: KernelRelease.allCases) func aRequestThatTheCardCannotExecuteIsCountedAndOver(_ release: KernelRelease)
        throws
    {
        let it = try host("nqap-rc=16", release)
        #expect(it.kernel.read("\(Self.card)/serialnr") == "\n")
        #expect(it.kernel.read("\(Self.queue)/mkvps") == Self.patterns)
        #expect(counts(it) == ["2", "0"])
        #expect(it.kernel.read("bus/ap/scans") == "1\n")
    }

    @Test(arguments: KernelRelease.allCases) func aQueueThatFailsIsInErrorUntilTheNextScanAsksAnother(_ release: KernelRelease)
        throws
    {
        let it = try host("nqap-rc=4", release)
        #expect(it.kernel.read("\(Self.card)/serialnr") == Self.answer)
        #expect(counts(it) == ["1", "1"])
        #expect(it.kernel.read("bus/ap/scans") == "2\n", "the scan of the timer")
        #expect(
            it.machine.journal.text().contains("NQAP 06.0004 rc=04\nRAPQ 06.0004 rc=00\n"), "which has started the queue anew")
    }

    @Test(arguments: KernelRelease.allCases) func aRequestIsSentTenTimes(_ release: KernelRelease) throws {
        let it = try host("nqap-rc=1", release)
        #expect(it.kernel.read("\(Self.queue)/mkvps") == Self.patterns)
        #expect(counts(it) == ["10", "0"])
        #expect(it.kernel.read("bus/ap/scans") == "11\n")
        let codes = it.machine.journal.text().split(separator: "\n").filter { $0.hasPrefix("NQAP") }
        #expect(codes.count >= 10 && codes.allSatisfy { $0 == "NQAP 06.0004 rc=01" })
    }

    @Test(arguments: KernelRelease.allCases) func aResetOfSomebodyElseIsWaitedForAndTheRequestSentAgain(_ release: KernelRelease)
        throws
    {
        let it = try host("nqap-rc=2 nqap-n=2", release)
        let start = it.machine.journal.count
        #expect(it.kernel.read("\(Self.card)/serialnr") == Self.answer)
        #expect(counts(it) == ["1", "0"])
        #expect(it.kernel.read("bus/ap/scans") == "1\n")
        let again = "NQAP 06.0004 rc=02\nAQIC-on 06.0004 rc=07\n"
        #expect(it.machine.journal.text(from: start) == again + again + "NQAP 06.0004 rc=00\n")
    }

    /// Somebody reads on a thread of its own, and `end` ends the wait.
    private func waitingRead(_ fault: String, _ end: (Host) throws -> Void) throws {
        let it = try host(fault, clock: RealClock())
        let isRead = Event("the read")
        TestThread {
            #expect(it.kernel.read("\(Self.queue)/mkvps") == Self.patterns)
            isRead.happens()
        }.detach()
        waitUntil("the request waits") { it.kernel.read("\(Self.queue)/requestq_count") == "1\n" }
        #expect(it.kernel.read("\(Self.queue)/load") == "80\n")
        #expect(it.kernel.read("\(Self.queue)/pendingq_count") == "0\n")
        try end(it)
        isRead.wait()
        #expect(it.kernel.read("\(Self.queue)/requestq_count") == "0\n")
        it.bus.stop()
    }

    @Test func aFullQueueIsSentTheRequestAgainAtTheSecondLook() throws {
        try waitingRead("nqap-rc=10 nqap-n=1") { it in
            #expect(it.kernel.read("\(Self.queue)/reset") == "Reset Timer armed.\n")
            // the answer of another queue has all be looked at
            _ = it.kernel.read("\(Self.card)/06.0047/mkvps")
            #expect(it.kernel.read("\(Self.queue)/reset") == "No Reset Timer set.\n")
            #expect(it.kernel.read("\(Self.queue)/requestq_count") == "1\n")
            _ = it.kernel.read("\(Self.card)/06.0047/mkvps")
        }
    }

    @Test func aQueueInErrorIsSentTheRequestAgainButTakesNoOther() throws {
        try waitingRead("nqap-rc=4 nqap-n=1") { it in
            _ = it.kernel.read("\(Self.card)/06.0047/mkvps")
            waitUntil("the request is sent") { it.kernel.read("\(Self.queue)/requestq_count") == "0\n" }
            #expect(it.kernel.read("bus/ap/scans") == "1\n")
            _ = it.kernel.read("\(Self.queue)/mkvps")
            #expect(it.kernel.read("bus/ap/scans") == "2\n", "nobody could be asked")
        }
    }

    @Test func aScanThatFindsAnErrorThrowsTheRequestsAway() throws {
        try waitingRead("nqap-rc=7 nqap-n=1") { $0.scan() }
    }

    @Test(arguments: ["online", "reset"]) func aQueueThatIsSwitchedOffOrResetThrowsTheRequestsAway(_ file: String) throws {
        try waitingRead("nqap-rc=10 nqap-n=1") { it in
            #expect(it.kernel.write("\(Self.queue)/\(file)", "0") == "ok")
        }
    }
}
