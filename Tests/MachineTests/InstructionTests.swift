import AdjunctProcessor
import Machine
import Testing

/// A machine without the ceremony.
func queue(_ name: String) throws -> APQN { try #require(APQN(name)) }

@Suite struct InstructionTests {
    private let machine = Machine(.default)

    @Test func qciIsThatOfTheRecordings() throws {
        let info = try #require(machine.qci())
        #expect(info.adapters.description == "0x1620000000000000000000000000000000000000000000000000000000000000")
        #expect(info.usageDomains.description == "0x0800000000000000010000000000000000000000001000000000000000000001")
        #expect(info.controlDomains.description == "0x0800800000000000010000000000000000000000001000000000000000000001")
        #expect(info.featuresText == "APSC APXA QACT RC8A")
        #expect(info.maxAdapter == 255)
        #expect(info.maxDomain == 255)
        #expect(machine.hasInterrupts)
    }

    @Test(
        arguments: [
            ("03.0004", 14, 0x6B00_0000), ("05.0047", 14, 0x9300_0000), ("06.00ab", 14, 0x0700_0000),
            ("0a.00ff", 13, 0x9300_0000),
        ] as [(String, UInt8, UInt32)])
    func tapqTellsTypeAndFunctions(name: String, type: UInt8, functions: UInt32) throws {
        let (status, info) = machine.tapq(try queue(name))
        #expect(status == QueueStatus(.normal))
        #expect(info == QueueInfo(type: type, functions: functions))
        #expect(info.capacity == 8)
        #expect(info.maximumMessageSize == 12288)
    }

    @Test(arguments: ["04.0004", "05.0010", "05.0005", "ff.00ff"])
    func noQueueAnswersOne(name: String) throws {
        let apqn = try queue(name)
        #expect(machine.tapq(apqn) == (QueueStatus(.queueNotAvailable), .none))
        #expect(machine.zapq(apqn).responseCode == .queueNotAvailable)
        #expect(machine.rapq(apqn).responseCode == .queueNotAvailable)
        #expect(machine.aqic(apqn, enable: true).responseCode == .queueNotAvailable)
        #expect(machine.qact(apqn, type: 15) == nil)
    }

    @Test(arguments: [
        ("adapter 05 config=0", ResponseCode.deconfigured), ("adapter 05 chkstop=1", .checkstopped),
        ("adapter 05 config=0 chkstop=1", .deconfigured), ("queue 05.0047 absent=1", .queueNotAvailable),
        ("adapter 05 unplug", .queueNotAvailable), ("domain 47 control", .queueNotAvailable),
    ])
    func everyInstructionIsRefusedAlike(command: String, code: ResponseCode) throws {
        let apqn = try queue("05.0047")
        #expect(machine.aqic(apqn, enable: true).responseCode == .normal)
        try machine.execute(command)
        let (status, info) = machine.tapq(apqn)
        #expect(status == QueueStatus(code))
        #expect((info == .none) == (code == .queueNotAvailable))
        #expect(machine.zapq(apqn).responseCode == code)
        #expect(machine.rapq(apqn).responseCode == code)
        #expect(machine.aqic(apqn, enable: true).responseCode == code)
    }

    @Test func resetsAndTroubleTakeTheInterruptAway() throws {
        let (apqn, other) = (try queue("05.0047"), try queue("05.0004"))
        func enable() { _ = machine.aqic(apqn, enable: true) }
        func isEnabled() -> Bool { machine.tapq(apqn).0.interruptsEnabled }
        #expect(!isEnabled())
        #expect(machine.aqic(apqn, enable: true) == QueueStatus(.normal, interruptsEnabled: true))
        #expect(machine.aqic(apqn, enable: true).responseCode == .otherwiseChanged)
        #expect(isEnabled())
        #expect(!machine.tapq(other).0.interruptsEnabled)
        #expect(machine.aqic(apqn, enable: false) == QueueStatus(.normal))
        #expect(machine.aqic(apqn, enable: false).responseCode == .otherwiseChanged)
        enable()
        #expect(machine.zapq(apqn) == QueueStatus(.normal))
        #expect(!isEnabled())
        enable()
        #expect(machine.rapq(apqn) == QueueStatus(.normal))
        #expect(!isEnabled())
        for trouble in [
            ["adapter 05 config=0", "adapter 05 config=1"], ["adapter 05 chkstop=1", "adapter 05 chkstop=0"],
            ["queue 05.0047 absent=1", "queue 05.0047 absent=0"], ["domain 47 none", "domain 47 both"],
            ["adapter 05 unplug", "adapter 05 type=CEX8C"], ["adapter 05 type=CEX7C", "adapter 05 type=CEX8C"],
        ] {
            enable()
            #expect(isEnabled())
            for command in trouble { try machine.execute(command) }
            #expect(!isEnabled(), "\(trouble)")
        }
        enable()
        try machine.execute("adapter 06 unplug")
        try machine.execute("domain 10 both")
        #expect(isEnabled())
    }

    /// Tests/Recordings/7.2/resets.txt: `reset-busy=5` was waited for four times.
    @Test func aSlowResetEndsAtItsLastPoll() throws {
        let apqn = try queue("05.0004")
        try machine.execute("queue 05.0004 reset-busy=5")
        for _ in 0..<2 {
            #expect(machine.zapq(apqn).responseCode == .normal)
            let codes = (0..<6).map { _ in machine.tapq(apqn).0.responseCode.rawValue }
            #expect(codes == [2, 2, 2, 2, 0, 0])
        }
        #expect(machine.tapq(try queue("05.0047")).0.responseCode == .normal)
    }

    @Test func aQueueInResetRefusesTheNextOne() throws {
        let apqn = try queue("05.0004")
        try machine.execute("queue 05.0004 reset-busy=3")
        #expect(machine.rapq(apqn).responseCode == .normal)
        #expect(machine.zapq(apqn).responseCode == .resetInProgress)
        #expect(machine.aqic(apqn, enable: true).responseCode == .resetInProgress)
        #expect(machine.ask(apqn, .ccaMasterKeys) == nil)
        #expect((0..<3).map { _ in machine.tapq(apqn).0.responseCode.rawValue } == [2, 2, 0])
    }

    /// Tests/Recordings/6.1/resets.txt: without a poll in between, ZAPQ keeps answering 02.
    @Test func anEndlessResetEndsWhenTheFaultIsMended() throws {
        let apqn = try queue("05.0004")
        try machine.execute("queue 05.0004 reset-busy=255")
        #expect(machine.zapq(apqn).responseCode == .normal)
        for _ in 0..<1000 { #expect(machine.tapq(apqn).0.responseCode == .resetInProgress) }
        try machine.execute("queue 05.0004 reset-busy=0")
        #expect(machine.zapq(apqn).responseCode == .resetInProgress)
        #expect(machine.tapq(apqn).0.responseCode == .normal)
        #expect(machine.zapq(apqn).responseCode == .normal)
        #expect(machine.tapq(apqn).0.responseCode == .normal)
    }

    @Test func aSmallerFaultShortensAResetAndAGreaterOneDoesNotLengthenIt() throws {
        let apqn = try queue("05.0004")
        try machine.execute("queue 05.0004 reset-busy=255")
        _ = machine.zapq(apqn)
        try machine.execute("queue 05.0004 reset-busy=2")
        #expect((0..<2).map { _ in machine.tapq(apqn).0.responseCode.rawValue } == [2, 0])
        _ = machine.zapq(apqn)
        try machine.execute("queue 05.0004 reset-busy=255")
        #expect((0..<2).map { _ in machine.tapq(apqn).0.responseCode.rawValue } == [2, 0])
    }

    @Test(arguments: ["adapter 05 unplug", "adapter 05 type=CEX7C", "adapter 05 config=0", "domain 04 none"])
    func aResetDiesWithItsQueue(command: String) throws {
        let apqn = try queue("05.0004")
        try machine.execute("queue 05.0004 reset-busy=255")
        _ = machine.zapq(apqn)
        try machine.execute(command)
        try machine.execute("adapter 05 type=CEX8C config=1")
        try machine.execute("domain 04 both")
        #expect(machine.tapq(apqn).0.responseCode == .normal)
    }

    @Test func aFailingResetAnswersItsCodeAndLeavesTheQueue() throws {
        let apqn = try queue("05.0004")
        _ = machine.aqic(apqn, enable: true)
        try machine.execute("queue 05.0004 reset-rc=3 reset-busy=5")
        #expect(machine.zapq(apqn) == QueueStatus(.deconfigured, interruptsEnabled: true))
        #expect(machine.rapq(apqn) == QueueStatus(.deconfigured, interruptsEnabled: true))
        #expect(machine.tapq(apqn).0 == QueueStatus(.normal, interruptsEnabled: true))
        try machine.execute("queue 05.0004 reset-rc=0 reset-busy=0")
        #expect(machine.zapq(apqn) == QueueStatus(.normal))
    }

    @Test func configuringTellsWhatWasDone() throws {
        let (card, nowhere, apqn) = (AdapterID(5), AdapterID(7), try queue("05.0047"))
        #expect(machine.configure(card, false) == .ok)
        #expect(machine.tapq(apqn).0.responseCode == .deconfigured)
        #expect(machine.description.adapters[card]?.config == false)
        #expect(machine.configure(card, false) == .ok)
        #expect(machine.configure(card, true) == .ok)
        #expect(machine.tapq(apqn).0.responseCode == .normal)
        #expect(machine.configure(nowhere, true) == .refused(code: 0x09f0))
        #expect(
            machine.journal.text() == """
                SCLP-DECONF 05 rc=0020
                SCLP-DECONF 05 rc=0120
                SCLP-CONF 05 rc=0020
                SCLP-CONF 07 rc=09f0

                """)
        let old = Machine(MachineDescription(adapters: machine.description.adapters, reconfiguration: false))
        #expect(old.configure(card, false) == .notSupported)
        #expect(old.journal.count == 0)
    }

    @Test func compatibleTypesEndAtTheNewestKnown() throws {
        let apqn = try queue("05.0047")
        #expect(machine.qact(apqn, type: 12) == 12)
        #expect(machine.qact(apqn, type: 14) == 14)
        #expect(machine.qact(apqn, type: 15) == 14)
        #expect(machine.qact(apqn, type: 9) == nil)
    }

    @Test func aMachineWithoutQCIOrInterrupts() throws {
        var description = MachineDescription.default
        description.features = nil
        description.interrupts = false
        let machine = Machine(description)
        #expect(machine.qci() == nil)
        #expect(!machine.hasInterrupts)
        // Without APXA, sixteen domains can be named.
        #expect(machine.tapq(try queue("05.0004")).0.responseCode == .normal)
        #expect(machine.tapq(try queue("05.0047")).0.responseCode == .queueNotAvailable)
        #expect(machine.aqic(try queue("05.0004"), enable: true).responseCode == .queueNotAvailable)
        #expect(machine.qact(try queue("05.0004"), type: 15) == nil)
    }

    @Test func cardsOfTheDefaultMachineAreMute() throws {
        for query in [DeviceQuery.ccaSerialNumber, .ccaMasterKeys, .ep11CardInfo, .ep11DomainInfo] {
            for adapter in ["03", "05", "06", "0a"] { #expect(machine.ask(try queue("\(adapter).0004"), query) == nil) }
        }
    }

    @Test func cardsAnswerWhatTheirDescriptionTells() throws {
        let keys = CCAMasterKeys(aes: .init(new: .partial))
        let domain = EP11DomainInfo(new: .committed(VerificationPattern(bytes: Array(0..<32))))
        var description = MachineDescription.default
        description.adapters[AdapterID(5)]?.serialNumber = "93AABJ45"
        description.adapters[AdapterID(5)]?.masterKeys = [DomainID(4): keys]
        description.adapters[AdapterID(6)]?.apiOrdinal = 6
        description.adapters[AdapterID(6)]?.wrappingKeys = [DomainID(4): domain]
        let machine = Machine(description)
        let (cca, ep11) = (try queue("05.0004"), try queue("06.0004"))
        #expect(machine.ask(cca, .ccaSerialNumber) == .ccaSerialNumber("93AABJ45"))
        #expect(machine.ask(cca, .ccaMasterKeys) == .ccaMasterKeys(keys))
        #expect(machine.ask(cca, .ep11CardInfo) == nil)
        #expect(machine.ask(try queue("05.0047"), .ccaMasterKeys) == nil)
        #expect(machine.ask(ep11, .ep11CardInfo) == .ep11CardInfo(EP11CardInfo(apiOrdinal: 6)))
        #expect(machine.ask(ep11, .ep11DomainInfo) == .ep11DomainInfo(domain))
        try machine.execute("adapter 05 chkstop=1")
        #expect(machine.ask(cca, .ccaSerialNumber) == nil)
    }

    @Test func instructionsFromManyThreadsAreAllWrittenDown() async throws {
        let apqns = machine.description.usageDomains.domains.map { APQN(adapter: AdapterID(5), domain: $0) }
        await withTaskGroup { group in
            for apqn in apqns {
                group.addTask { [machine] in
                    for _ in 0..<500 {
                        _ = machine.aqic(apqn, enable: true)
                        _ = machine.zapq(apqn)
                    }
                }
            }
        }
        #expect(machine.journal.count == apqns.count * 1000)
        for apqn in apqns {
            let lines = machine.journal.text().split(separator: "\n").filter { $0.contains("\(apqn)") }
            let pair: [Substring] = ["AQIC-on \(apqn) rc=00", "ZAPQ \(apqn) rc=00"]
            #expect(lines == Array(repeating: pair, count: 500).flatMap { $0 })
        }
    }
}

/// What a secure-execution guest does to its queues.
@Suite struct SecureInstructionTests {
    private let apqn = APQN(adapter: AdapterID(6), domain: DomainID(4))

    private func machine() -> Machine {
        var description = MachineDescription.default
        description.secureExecution = true
        return Machine(description)
    }

    @Test func anotherCardIsNotBound() throws {
        let machine = machine()
        #expect(machine.bapq(apqn).responseCode == .normal)
        #expect(machine.tapq(apqn).1.bindState == .boundNotAssociated)
        try machine.execute("adapter 06 unplug")
        try machine.execute("adapter 06 type=CEX7P")
        #expect(machine.tapq(apqn).1.bindState == .unbound)
    }

    @Test func nothingIsAssociatedWhileAResetRuns() throws {
        let machine = machine()
        #expect(machine.bapq(apqn).responseCode == .normal)
        try machine.execute("queue 06.0004 reset-busy=2")
        #expect(machine.rapq(apqn, unbinding: false).responseCode == .normal)
        #expect(machine.aapq(apqn, secret: 1).responseCode == .resetInProgress)
        for _ in 0..<2 { _ = machine.tapq(apqn) }
        #expect(machine.aapq(apqn, secret: 1).responseCode == .normal)
    }
}
