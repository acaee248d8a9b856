import AdjunctProcessor
@testable import KVM
import LockOrder
import Machine
import Testing

/// The AP instructions through a guest's masks: what the guest's own kernel would see.
@Suite struct GuestInstructionsTests {
    private let machine = Machine(.default)
    private let guest = Guest(name: "one", events: NoEvents())
    private let instructions: GuestInstructions

    /// The guest has 05.0004 and 05.0047 and controls 10; 06 and 00ab are the host's alone, 07 nobody's.
    init() {
        instructions = GuestInstructions(of: guest, on: machine)
        guest.lock.withoutOthers {
            $0.set(APCB(adapters: APMask([5, 7]), domains: APMask([4, 0x47, 0x50]), controlDomains: APMask([0x10, 0x20])))
        }
    }

    @Test(arguments: [
        ("05.0004", ResponseCode.normal), ("05.0047", .normal), ("06.0004", .queueNotAvailable), ("05.00ab", .queueNotAvailable),
        ("07.0004", .queueNotAvailable), ("05.0050", .queueNotAvailable),
    ])
    func aQueueIsThereIfTheGuestHasItAndTheHostToo(name: String, code: ResponseCode) throws {
        let apqn = try #require(APQN(name))
        let (status, info) = instructions.tapq(apqn)
        #expect(status.responseCode == code)
        #expect((info == .none) == (code == .queueNotAvailable))
        #expect(instructions.rapq(apqn).responseCode == code)
        #expect(instructions.zapq(apqn).responseCode == code)
        #expect(instructions.qact(apqn, type: 15) == (code == .normal ? 14 : nil))
    }

    @Test(arguments: [("config=0", ResponseCode.deconfigured), ("chkstop=1", .checkstopped)])
    func theGuestSeesTheHostsTrouble(change: String, code: ResponseCode) throws {
        try machine.execute("adapter 05 \(change)")
        #expect(instructions.tapq(try #require(APQN("05.0004"))).0.responseCode == code)
    }

    @Test func resetsReachTheHostsQueueOnlyIfTheGuestHasIt() throws {
        for name in ["05.0004", "06.0004", "05.00ab"] {
            _ = instructions.zapq(try #require(APQN(name)))
            _ = instructions.rapq(try #require(APQN(name)))
        }
        #expect(machine.journal.text() == "ZAPQ 05.0004 rc=00\nRAPQ 05.0004 rc=00\n")
    }

    @Test func qciIsTheHostsWithTheGuestsMasks() throws {
        let (own, hosts) = (try #require(instructions.qci()), try #require(machine.qci()))
        #expect(own.adapters == APMask([5]))
        #expect(own.usageDomains == APMask([4, 0x47]))
        #expect(own.controlDomains == APMask([0x10]))
        #expect(own.featuresText == hosts.featuresText)
        #expect(own.maxAdapter == hosts.maxAdapter)
        #expect(own.maxDomain == hosts.maxDomain)
    }

    @Test func newMasksHoldAtOnce() throws {
        let apqn = try #require(APQN("06.00ab"))
        #expect(instructions.tapq(apqn).0.responseCode == .queueNotAvailable)
        guest.lock.withoutOthers { $0.set(APCB(adapters: APMask([6]), domains: APMask([0xab]))) }
        #expect(instructions.tapq(apqn).0.responseCode == .normal)
        #expect(instructions.tapq(try #require(APQN("05.0004"))).0.responseCode == .queueNotAvailable)
        guest.lock.withoutOthers { $0.set(.none) }
        #expect(instructions.qci()?.adapters == APMask.none)
        #expect(instructions.qci()?.usageDomains == APMask.none)
    }

    /// Interrupts a guest gets through the hook alone.
    @Test func aqicIsNotAmongThem() throws {
        let apqn = try #require(APQN("05.0004"))
        #expect(!instructions.hasInterrupts)
        #expect(machine.hasInterrupts)
        #expect(instructions.aqic(apqn, enable: true).responseCode == .queueNotAvailable)
        #expect(!machine.tapq(apqn).0.interruptsEnabled)
        #expect(machine.journal.count == 0)
    }

    @Test func aGuestCannotConfigureTheHostsAdapters() {
        #expect(instructions.configure(AdapterID(5), false) == .notSupported)
        #expect(machine.description.adapters[AdapterID(5)]?.config == true)
        #expect(machine.journal.count == 0)
    }

    @Test func onlyItsOwnQueuesAnswerQuestions() throws {
        var description = MachineDescription.default
        description.adapters[AdapterID(5)]?.serialNumber = "93AABJ45"
        let instructions = GuestInstructions(of: guest, on: Machine(description))
        #expect(instructions.ask(try #require(APQN("05.0004")), .ccaSerialNumber) == .ccaSerialNumber("93AABJ45"))
        #expect(instructions.ask(try #require(APQN("05.00ab")), .ccaSerialNumber) == nil)
    }

    @Test func onAMachineWithoutQCITheGuestHasNoneEither() {
        var description = MachineDescription.default
        description.features = nil
        #expect(GuestInstructions(of: guest, on: Machine(description)).qci() == nil)
    }
}
