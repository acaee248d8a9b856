import AdjunctProcessor
import Glibc
import Machine
import SystemAdditions
import SystemPackage
import Testing
import Waiting

@Suite struct CommandTests {
    private let machine = Machine(.default)

    /// Executes and gives the YAML lines that are new.
    private func change(_ command: String) throws -> [Substring] {
        let before = Set(machine.description.yaml.split(separator: "\n"))
        try machine.execute(command)
        return machine.description.yaml.split(separator: "\n").filter { !before.contains($0) }
    }

    @Test func adaptersArePluggedChangedAndUnplugged() throws {
        #expect(try change("adapter 07 type=CEX6P") == ["  07: CEX6P"])
        #expect(machine.description.adapters[AdapterID(7)]?.condition == .normal)
        #expect(try change("adapter 0x07 config=0") == ["  07:", "    type: CEX6P", "    config: 0"])
        #expect(try change("adapter 7 chkstop=1\n") == ["    chkstop: 1"])
        #expect(try change("  adapter 07  type=CEX8A config=1 ") == ["    type: CEX8A"])
        #expect(machine.description.adapters[AdapterID(7)] == Adapter(type: try #require(CardType("CEX8A")), chkstop: true))
        #expect(try change("adapter 07 unplug") == [])
        #expect(machine.description == .default)
    }

    @Test func anAdapterThatIsNotPluggedIsPluggedByAChange() throws {
        #expect(try change("adapter 07 chkstop=1") == ["  07:", "    type: CEX8C", "    chkstop: 1"])
        try machine.execute("adapter 07 unplug")
        #expect(try change("adapter 07 type=CEX4A") == ["  07: CEX4A"])
    }

    @Test func anotherTypeIsAnotherCard() throws {
        var description = MachineDescription.default
        description.adapters[AdapterID(5)]?.serialNumber = "93AABJ45"
        description.adapters[AdapterID(5)]?.functions = 0x1000_0000
        let machine = Machine(description)
        try machine.execute("adapter 05 type=CEX8C config=0")
        #expect(machine.description.adapters[AdapterID(5)]?.serialNumber == "93AABJ45")
        #expect(machine.description.adapters[AdapterID(5)]?.functions == nil)
        try machine.execute("adapter 05 type=CEX8P")
        #expect(machine.description.adapters[AdapterID(5)] == Adapter(type: try #require(CardType("CEX8P")), config: false))
    }

    @Test func domainsTakeTheUseThatIsNamed() throws {
        func use() -> [Bool] {
            [
                machine.description.usageDomains.contains(0x20 as UInt8),
                machine.description.controlDomains.contains(0x20 as UInt8),
            ]
        }
        for (word, expected) in [
            ("usage", [true, false]), ("control", [false, true]), ("both", [true, true]), ("none", [false, false]),
        ] {
            try machine.execute("domain 20 \(word)")
            #expect(use() == expected)
        }
        #expect(machine.description == .default)
    }

    @Test func maximaAreDecimal() throws {
        try machine.execute("domain ab none")
        try machine.execute("domain ff none")
        try machine.execute("maxima 63 84")
        let info = try #require(machine.qci())
        #expect(info.maxAdapter == 0x3f)
        #expect(info.maxDomain == 0x54)
        try machine.execute("maxima 0x40 0xff")
        #expect(machine.qci()?.maxAdapter == 64)
    }

    @Test func faultsAreSetOneByOneAndVanishWhenMended() throws {
        #expect(try change("queue 05.0047 reset-busy=10") == ["queues:", "  05.0047: {reset-busy: 10}"])
        #expect(try change("queue 5.47 reset-rc=a absent=1") == ["  05.0047: {absent: 1, reset-busy: 10, reset-rc: 0a}"])
        try machine.execute("queue 05.0047 reset-busy=0 reset-rc=0 absent=0")
        #expect(machine.description == .default)
    }

    @Test(arguments: [("adapter 05 unplug", "adapter 05 type=CEX8C"), ("domain 47 control", "domain 47 both")])
    func faultsGoAndComeWithTheirQueue(away: String, back: String) throws {
        try machine.execute("queue 05.0047 absent=1")
        let faults = machine.description.queues
        try machine.execute(away)
        #expect(machine.description.queues.isEmpty)
        try machine.execute(back)
        #expect(machine.description.queues == faults)
    }

    @Test func anotherCardHasTheFaultsOfTheQueuesThatItTakesOver() throws {
        try machine.execute("queue 05.0047 absent=1")
        try machine.execute("adapter 05 type=CEX7C config=0")
        #expect(machine.description.queues.count == 1)
    }

    @Test(
        arguments: [
            ("", .EINVAL, "the command is empty"),
            ("\n", .EINVAL, "the command is empty"),
            ("card 05", .EINVAL, "'card' is no command of a machine; adapter, domain, maxima and queue are"),
            ("adapter", .EINVAL, "an adapter is missing; say 06"),
            ("adapter 100 unplug", .EINVAL, "'100' is not an adapter; say 06"),
            ("adapter 05", .EINVAL, "nothing to change; unplug, type=, rawtype=, depth=, max_msg_size=, config= and chkstop= do"),
            (
                "adapter 05 unplug now", .EINVAL,
                "'unplug' means nothing here; unplug, type=, rawtype=, depth=, max_msg_size=, config= and chkstop= do"
            ),
            (
                "adapter 05 colour=red", .EINVAL,
                "'colour=red' means nothing here; unplug, type=, rawtype=, depth=, max_msg_size=, config= and chkstop= do"
            ),
            ("adapter 05 config=2", .EINVAL, "config=2 is not possible; 0 or 1"),
            ("adapter 05 config=0 chkstop=", .EINVAL, "chkstop= is not possible; 0 or 1"),
            (
                "adapter 05 type=CEX3P", .EINVAL,
                "type=CEX3P is not possible; CEX2A, CEX2C, CEX3A, CEX3C, CEX4A, CEX4C, CEX4P … CEX9A, CEX9C, CEX9P"
            ),
            ("domain 47", .EINVAL, "a use is missing; say usage, control, both or none"),
            ("domain 47 all", .EINVAL, "'all' is not a use; say usage, control, both or none"),
            ("domain 47 both none", .EINVAL, "'none' is one word too many"),
            ("maxima 256 255", .EINVAL, "'256' is not a maximum; say 255, decimal"),
            ("maxima 3f 255", .EINVAL, "'3f' is not a maximum; say 255, decimal"),
            ("maxima 255", .EINVAL, "a maximum is missing; say 255, decimal"),
            ("maxima 9 255", .EINVAL, "adapter 0a is plugged, which is above 09"),
            ("maxima 255 63", .EINVAL, "domain 00ff is in use, which is above 003f"),
            ("queue 05 absent=1", .EINVAL, "'05' is not a queue; say 05.0047"),
            (
                "queue 05.0047", .EINVAL,
                "nothing to change; absent=, chkstop=, reset-busy=, reset-rc=, reset-n=, tapq-rc=, tapq-n=, aqic-rc=, aqic-n=, nqap-rc= and nqap-n= do"
            ),
            (
                "queue 05.0047 absent=1 reset-busy=256", .EINVAL,
                "reset-busy=256 is not possible; 0 to 255, decimal; 255 never ends"
            ),
            ("queue 05.0047 reset-rc=100", .EINVAL, "reset-rc=100 is not possible; 00 to ff, hexadecimal"),
            (
                "queue 07.0047 absent=1", .ENOENT,
                "there is no queue 07.0047: adapter 07 is not plugged; there are 03 05 06 0a"
            ),
            (
                "queue 05.0010 absent=1", .ENOENT,
                "there is no queue 05.0010: domain 0010 is not a usage domain; there are 0004 0047 00ab 00ff"
            ),
        ] as [(String, Errno, String)])
    func aRefusedCommandSaysWhyAndChangesNothing(command: String, errno: Errno, reason: String) throws {
        let error = try #require(throws: MachineCommandError.self) { try machine.execute(command) }
        #expect(error.errno == errno)
        #expect(error.description == reason)
        #expect(machine.description == .default)
    }

    @Test func whatIsNotPluggedIsUnpluggedAlready() throws {
        #expect(try machine.execute("adapter 99 unplug") == "there is no adapter 99 to unplug; there are 03 05 06 0a")
        #expect(machine.description == .default)
        #expect(try machine.execute("adapter 05 unplug") == nil)
    }

    @Test func whatIsThereIsToldAsFarAsItFits() throws {
        func remark(_ adapters: ClosedRange<UInt8>?, _ command: String) throws -> String? {
            var description = MachineDescription(usageDomains: .all)
            let type = try #require(CardType("CEX8C"))
            for id in adapters.map(Array.init) ?? [] { description.adapters[AdapterID(id)] = Adapter(type: type) }
            do {
                return try Machine(description).execute(command)
            } catch {
                return error.reason
            }
        }
        #expect(try remark(nil, "adapter 05 unplug") == "there is no adapter 05 to unplug; none is plugged")
        #expect(try remark(nil, "queue 05.0004 absent=1") == "there is no queue 05.0004: adapter 05 is not plugged; no other is")
        #expect(try remark(3...3, "adapter 05 unplug") == "there is no adapter 05 to unplug; there is 03")
        #expect(
            try remark(0...0x20, "adapter 55 unplug")
                == "there is no adapter 55 to unplug; there are 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f …")
    }

    @Test func faultsAreChangedWithoutACommand() throws {
        try machine.execute("queue 05.0047 reset-busy=255 absent=1")
        try machine.execute("queue 06.0004 reset-rc=2")
        machine.updateFaults { $0 = .init(absent: $0.absent) }
        #expect(machine.description.queues == [try #require(APQN("05.0047")): .init(absent: true)])
    }

    /// As a command that takes the fault away.
    @Test func aResetEndsWhenItsFaultIsTakenAway() throws {
        try machine.execute("queue 05.0047 reset-busy=255")
        let queue = try #require(APQN("05.0047"))
        _ = machine.rapq(queue)
        #expect(machine.tapq(queue).0.responseCode == .resetInProgress)
        machine.updateFaults { $0 = .none }
        _ = machine.tapq(queue)
        #expect(machine.tapq(queue).0.responseCode == .normal)
    }

    @Test(arguments: ["reset", "tapq", "aqic", "nqap"])
    func anInstructionIsAnsweredWronglyForEverOrSoManyTimes(name: String) throws {
        let machine = Machine(
            MachineDescription(
                adapters: [AdapterID(5): Adapter(type: try #require(CardType("CEX8C")))],
                usageDomains: APMask([4])))
        let queue = try #require(APQN("05.0004"))
        func code() -> ResponseCode {
            switch name {
            case "reset": machine.zapq(queue).responseCode
            case "tapq": machine.tapq(queue).0.responseCode
            // the same again would be 07
            case "aqic": machine.aqic(queue, enable: !machine.tapq(queue).0.interruptsEnabled).responseCode
            default: machine.nqap(queue).responseCode
            }
        }
        #expect(code() == .normal)
        try machine.execute("queue 05.0004 \(name)-rc=0x42")
        #expect([code(), code(), code()].allSatisfy { $0.rawValue == 0x42 })
        try machine.execute("queue 05.0004 \(name)-n=1")
        #expect(machine.description.yaml.contains("{\(name)-rc: 42, \(name)-n: 1}"))
        #expect(code().rawValue == 0x42)
        #expect(code() == .normal)
        #expect(machine.description.queues.isEmpty)
        try machine.execute("queue 05.0004 \(name)-n=2 \(name)-rc=42")
        #expect([code(), code(), code()].map(\.rawValue) == [0x42, 0x42, 0])
        let error = #expect(throws: MachineCommandError.self) { try machine.execute("queue 05.0004 \(name)-n=1") }
        #expect(error?.reason == "\(name)-n= is how many times \(name)-rc= is answered, which is not said; say both")
    }

    @Test(arguments: [
        ("adapter 05 config=0", 3), ("adapter 05 chkstop=1", 4), ("queue 05.0047 absent=1", 1), ("queue 05.0047 reset-busy=9", 2),
        ("adapter 06 unplug", 0),
    ])
    func aQueueTakesRequestsWhereItIsInOrder(command: String, code: UInt8) throws {
        let queue = try #require(APQN("05.0047"))
        try machine.execute(command)
        _ = machine.zapq(queue)
        #expect(machine.nqap(queue).responseCode.rawValue == code)
        #expect(machine.journal.text().hasSuffix("NQAP 05.0047 rc=0\(code)\n"))
    }

    @Test func aQueueThatComesBackHasItsFaults() throws {
        try machine.execute("queue 05.0047 reset-rc=4")
        try machine.execute("queue 06.0047 absent=1")
        try machine.execute("adapter 05 unplug")
        try machine.execute("domain 47 none")
        #expect(machine.description.queues.isEmpty)
        try machine.execute("adapter 05 type=CEX7C")
        #expect(machine.description.queues.isEmpty)
        try machine.execute("domain 47 both")
        let (first, second) = (try #require(APQN("05.0047")), try #require(APQN("06.0047")))
        #expect(machine.zapq(first).responseCode == .checkstopped)
        #expect(machine.tapq(second).0.responseCode == .queueNotAvailable)
    }

    @Test func aQueueIsCheckstoppedOnACardThatIsNot() throws {
        try machine.execute("queue 05.0047 chkstop=1")
        #expect(machine.tapq(try #require(APQN("05.0047"))).0.responseCode == .checkstopped)
        #expect(machine.tapq(try #require(APQN("05.0004"))).0.responseCode == .normal)
        try machine.execute("adapter 05 config=0")
        #expect(machine.tapq(try #require(APQN("05.0047"))).0.responseCode == .deconfigured)
    }

    @Test func whatACardTellsOfItsQueuesCanBeSaid() throws {
        try machine.execute("adapter 05 rawtype=15 depth=16 max_msg_size=61440")
        let info = machine.tapq(try #require(APQN("05.0047"))).1
        #expect((info.type, info.capacity, info.maximumMessageSize) == (15, 16, 61440))
        #expect(machine.qact(try #require(APQN("05.0047")), type: 15) == 14)
        try machine.execute("adapter 05 type=CEX9P")
        #expect(machine.tapq(try #require(APQN("05.0047"))).1.type == 15)
        #expect(machine.description.adapters[AdapterID(5)] == Adapter(type: try #require(CardType("CEX9P"))))
        for (line, right) in [
            ("rawtype=256", "0 to 255, decimal"), ("depth=0", "1 to 16, decimal"), ("depth=+1", "1 to 16, decimal"),
            ("max_msg_size=4097", "0 or a multiple of 4096 up to 61440, decimal"),
        ] {
            let error = try #require(throws: MachineCommandError.self) { try machine.execute("adapter 05 \(line)") }
            #expect(error.reason == "\(line) is not possible; \(right)")
        }
    }

    @Test func numbersAboveTheMaximaAreRefused() throws {
        let machine = Machine(MachineDescription(maxAdapter: 0x3f, maxDomain: 0x54))
        let adapter = try #require(throws: MachineCommandError.self) { try machine.execute("adapter 40 type=CEX8C") }
        #expect(adapter.reason == "adapter 40 is above the greatest adapter 3f")
        let domain = try #require(throws: MachineCommandError.self) { try machine.execute("domain 55 both") }
        #expect(domain.reason == "domain 0055 is above the greatest domain 0054")
        try machine.execute("domain 55 none")
        try machine.execute("adapter 3f type=CEX8C")
        try machine.execute("domain 54 both")
    }

    /// Every change of the machine in the recordings is accepted, and keeps a machine that can be written and read again.
    @Test(arguments: ["7.2", "6.12", "6.1"])
    func everyRecordedChangeIsAccepted(release: String) throws {
        let folder = "\(Repository.recordings)/\(release)"
        let directory = try #require(opendir(folder), "\(folder)")
        defer { closedir(directory) }
        var commands = 0
        while let entry = readdir(directory) {
            let name: String = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard name.hasSuffix(".txt") else { continue }
            let machine = Machine(.default)
            for line in try contents("\(folder)/\(name)").split(separator: "\n") where line.hasPrefix("> hw ") {
                var command = String(line.dropFirst(5))
                if command == "events" { continue }
                if command.hasPrefix("remove-adapter ") {
                    command = "adapter \(command.dropFirst(15)) unplug"
                    // the recorded machine took it for removed if it was not there
                    do {
                        try machine.execute(command)
                    } catch {
                        #expect(error.errno == .ENODEV)
                    }
                } else {
                    try machine.execute(command)
                }
                #expect(try MachineDescription(yaml: machine.description.yaml) == machine.description)
                commands += 1
            }
        }
        #expect(commands > 30)
    }

    private func contents(_ path: String) throws -> String {
        let file = try #require(fopen(path, "r"))
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { bytes += chunk[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }
}
