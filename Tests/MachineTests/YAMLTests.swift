import AdjunctProcessor
import Machine
import Testing

@Suite struct YAMLTests {
    @Test func theDefaultMachineAsText() throws {
        #expect(
            MachineDescription.default.yaml == """
                adapters:
                  03: CEX8A
                  05: CEX8C
                  06: CEX8P
                  0a: CEX7C
                domains:
                  usage: [04, 47, ab, ff]
                  control: [04, 10, 47, ab, ff]
                maxima: {adapter: 255, domain: 255}
                features: [APSC, APXA, QACT, RC8A]
                interrupts: 1

                """)
        #expect(try MachineDescription(yaml: MachineDescription.default.yaml) == .default)
    }

    /// Everything that can be said, in the form in which it is written.
    private static let everything = """
        adapters:
          00-02: CEX2A
          03:
            type: CEX8C
            config: 0
            ap_functions: 0x93000000
            serialnr: "93\\"A\\\\J45"
            domains:
              04:
                AES NEW: full 0x0011223344556677
                AES CUR: valid 0x8899aabbccddeeff
                ASYM NEW: partial
                ASYM OLD: valid 0x00112233445566778899aabbccddeeff
              47-49: {}
          06-07:
            type: CEX8P
            chkstop: 1
            serialnr: "9876543210123456"
            API_ordinalnr: 6
            FW_version: 8.10
            op_modes: [FIPS2009, SIGG-IMPORT, FIPS2024]
            domains:
              04:
                WK CUR: valid 0x00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff
                WK NEW: committed 0x00112233445566778899aabbccddeeff00112233445566778899aabbccddee00
                op_modes: [BSI2009]
              ff:
                WK NEW: uncommitted 0x00112233445566778899aabbccddeeff00112233445566778899aabbccddee00
        domains:
          usage: [04, 05, 47-4a]
          control: [00-4a]
        maxima: {adapter: 63, domain: 84}
        features: [APXA, APSB]
        interrupts: 0
        reconfiguration: 0
        queues:
          03.0004: {absent: 1}
          06.0047: {reset-busy: 255, reset-rc: 0a}

        """

    @Test func everythingIsReadAndWrittenBack() throws {
        let machine = try MachineDescription(yaml: Self.everything)
        #expect(machine.yaml == Self.everything)
        #expect(machine.adapters.count == 6)
        #expect(machine.adapters[AdapterID(1)]?.queueInfo.type == 6)
        let cca = try #require(machine.adapters[AdapterID(3)])
        #expect(!cca.config)
        #expect(cca.serialNumber == "93\"A\\J45")
        #expect(cca.functions == 0x9300_0000)
        #expect(cca.masterKeys[DomainID(4)]?.asym.new == .partial)
        #expect(cca.masterKeys[DomainID(0x48)] == CCAMasterKeys())
        let ep11 = try #require(machine.adapters[AdapterID(7)])
        #expect(ep11.chkstop)
        #expect(ep11.apiOrdinal == 6)
        #expect(ep11.firmware == .init(major: 8, minor: 10))
        #expect(ep11.operationModes?.names == ["FIPS2009", "SIGG-IMPORT", "FIPS2024"])
        #expect(ep11.wrappingKeys[DomainID(4)]?.modes.names == ["BSI2009"])
        #expect(Array(machine.usageDomains) == [4, 5, 0x47, 0x48, 0x49, 0x4a])
        #expect(machine.controlDomains == .through(0x4a))
        #expect(machine.maxAdapter == 63)
        #expect(machine.maxDomain == 84)
        #expect(machine.features == [.apxa, .apsb])
        #expect(!machine.interrupts)
        #expect(!machine.reconfiguration)
        #expect(
            machine.queues[APQN(adapter: AdapterID(6), domain: DomainID(0x47))]?[.reset] == .init(.stateChangeInProgress))
        #expect(machine.queues[APQN(adapter: AdapterID(6), domain: DomainID(0x47))]?.resetBusy == 255)
    }

    @Test func linesOfMkvpsAreTakenAsTheTreeShowsThem() throws {
        let text = """
            adapters:
              05:
                type: CEX8C
                domains: {04: {AES NEW: empty 0x0000000000000000, AES CUR: "valid 0x8899AABBCCDDEEFF", AES OLD: invalid -}}
            """
        let keys = try MachineDescription(yaml: text).adapters[AdapterID(5)]?.masterKeys[DomainID(4)]
        #expect(
            keys?.aes == .init(current: .valid(VerificationPattern(bytes: [0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff]))))
    }

    @Test func whatIsLeftOutIsNotThere() throws {
        #expect(try MachineDescription(yaml: "{}") == MachineDescription())
        let machine = try MachineDescription(yaml: "domains: [04, 0x0f, '0e']\nfeatures: none")
        #expect(machine.usageDomains == APMask([0x04, 0x0f, 0x0e]))
        #expect(machine.controlDomains == machine.usageDomains)
        #expect(machine.configuration == nil)
        #expect(try MachineDescription(yaml: machine.yaml) == machine)
        let half = try MachineDescription(yaml: "domains: {usage: 00-0f}\nfeatures: []")
        #expect(half.usageDomains == .through(15))
        #expect(half.controlDomains == .none)
        #expect(half.configuration?.featuresText == "")
        #expect(try MachineDescription(yaml: half.yaml) == half)
    }

    @Test func numbersAreHexadecimalHoweverYAMLWouldReadThem() throws {
        let machine = try MachineDescription(yaml: "adapters: {010: CEX8C, 1e: CEX8A, '20': CEX8P, 0x3: CEX4C}\ndomains: [010]")
        #expect(machine.adapters.keys.sorted().map(\.rawValue) == [0x03, 0x10, 0x1e, 0x20])
        #expect(Array(machine.usageDomains) == [0x10])
    }

    @Test func aFullMachineFitsIntoTwoLines() throws {
        let machine = try MachineDescription(yaml: "adapters: {00-ff: CEX8C}\ndomains: [00-ff]")
        #expect(machine.adapters.count == 256)
        #expect(machine.configuration?.adapters == .all)
        #expect(machine.usageDomains == .all)
        #expect(machine.controlDomains == .all)
        #expect(machine.yaml.hasPrefix("adapters:\n  00-ff: CEX8C\ndomains:\n  usage: [00-ff]\n  control: [00-ff]\n"))
    }

    @Test(arguments: [
        ("", "m:1:1: the text is empty; a machine is a mapping such as 'adapters: {05: CEX8C}'"),
        ("[]", "m:1:1: a machine must be a mapping (key: value)"),
        (
            "adaptors: {}",
            "m:1:1: unknown key 'adaptors'; did you mean 'adapters'?"
        ),
        (
            "colour: red",
            "m:1:1: unknown key 'colour'; known are "
                + "adapters, domains, maxima, features, ap-instructions, interrupts, reconfiguration, secure-execution, zvm, "
                + "notification, machine-type, boot, queues"
        ),
        ("adapters:", "m:1:10: adapters must be a mapping (key: value)"),
        (
            "adapters:\n  05: CEX1C",
            "m:2:7: 'CEX1C' is not possible here; CEX2A, CEX2C, CEX3A, CEX3C, CEX4A, CEX4C, CEX4P … CEX9A, CEX9C, CEX9P"
        ),
        ("adapters:\n  100: CEX8C", "m:2:3: '100' is not possible here; adapters are hexadecimal, 05 or 00-1f"),
        ("adapters:\n  06-05: CEX8C", "m:2:3: '06-05' is not possible here; adapters are hexadecimal, 05 or 00-1f"),
        ("adapters:\n  05: CEX8C\n  00-0f: CEX8A", "m:3:3: adapter 05 is listed twice, first at line 2; once will do"),
        ("adapters:\n  05: CEX8C\n  5: CEX8A", "m:3:3: adapter 05 is listed twice, first at line 2; once will do"),
        ("adapters:\n  05: {config: 1}", "m:2:7: the type is missing; type: CEX8C, for example"),
        ("adapters:\n  05: {type: CEX8C, config: yes}", "m:2:29: 'yes' is not possible here; 0 or 1"),
        (
            "adapters:\n  05:\n    type: CEX8C\n    color: red",
            "m:4:5: unknown key 'color'; known are "
                + "type, rawtype, depth, max_msg_size, config, chkstop, ap_functions, serialnr, API_ordinalnr, FW_version, op_modes, domains"
        ),
        ("adapters:\n  05: {type: CEX8A, serialnr: '12345678'}", "m:2:21: a CEX8A has no 'serialnr'; CCA and EP11 cards have"),
        ("adapters:\n  05: {type: CEX8C, FW_version: 8.1}", "m:2:21: a CEX8C has no 'FW_version'; EP11 cards have"),
        (
            "adapters:\n  05: {type: CEX8C, serialnr: '123'}",
            "m:2:31: '123' is not possible here; 8 printable ASCII characters, of this card"
        ),
        ("adapters:\n  05: {type: CEX8P, FW_version: 8}", "m:2:33: '8' is not possible here; two decimal numbers, 8.1"),
        (
            "adapters:\n  05: {type: CEX8C, domains: {04: {AES CUR: valid}}}",
            "m:2:45: 'valid' is not possible here; invalid or valid 0x and 16 digits"
        ),
        (
            "adapters:\n  05: {type: CEX8C, domains: {04: {AES NEW: full 0x12}}}",
            "m:2:45: 'full 0x12' is not possible here; empty, partial or full 0x and 16 digits"
        ),
        (
            "adapters:\n  05: {type: CEX8C, domains: {04: {WK CUR: invalid}}}",
            "m:2:36: unknown key 'WK CUR'; known are "
                + "AES NEW, AES CUR, AES OLD, APKA NEW, APKA CUR, APKA OLD, ASYM NEW, ASYM CUR, ASYM OLD"
        ),
        (
            "adapters:\n  05: {type: CEX8C, domains: {00-0f: {}, 04: {}}}",
            "m:2:42: domain 0004 is listed twice, first at line 2; once will do"
        ),
        (
            "adapters:\n  05: {type: CEX8P, op_modes: [FIPS]}",
            "m:2:32: 'FIPS' is not possible here; "
                + "FIPS2009, BSI2009, FIPS2011, BSI2011, SIGG-IMPORT, SIGG, BSICC2017, FIPS2021, FIPS2024"
        ),
        ("adapters: {40: CEX8C}\nmaxima: {adapter: 63}", "m:1:12: adapter 40 is above the greatest, 3f"),
        ("adapters: {40: CEX8C}\nfeatures: none", "m:1:12: adapter 40 is above the greatest, 3f"),
        ("domains: [04, 10]\nfeatures: [QACT]", "m:1:15: domain 10 is above the greatest, 0f"),
        ("domains: {usage: [04], both: [05]}", "m:1:24: unknown key 'both'; known are usage, control"),
        ("domains: {usage: {04: 05}}", "m:1:18: domains must be a list ([a, b])"),
        ("domains: [[04]]", "m:1:11: a single value is expected here; domains are hexadecimal, 05 or 00-1f"),
        ("maxima: {adapter: 0xgg}", "m:1:19: '0xgg' is not possible here; 0 to 255, decimal"),
        ("maxima: {card: 63}", "m:1:10: unknown key 'card'; known are adapter, domain"),
        ("features: [APXB]", "m:1:12: 'APXB' is not possible here; APSC, APXA, QACT, RC8A, APSB"),
        ("interrupts: 2", "m:1:13: '2' is not possible here; 0 or 1"),
        ("queues: {05: {}}", "m:1:10: '05' is not possible here; a queue such as 05.0047"),
        ("queues: {05.0047: {}}", "m:1:10: there is no queue 05.0047; adapter 05 must be listed under adapters"),
        ("adapters: {05: CEX8C}\nqueues: {05.0047: {}}", "m:2:10: there is no queue 05.0047; domain 0047 must be a usage domain"),
        (
            "adapters: {05: CEX8C}\ndomains: [47]\nqueues: {05.0047: {absent: 1}, 5.47: {}}",
            "m:3:32: queue 05.0047 is listed twice, first at line 3; once will do"
        ),
        (
            "adapters: {05: CEX8C}\ndomains: [47]\nqueues: {05.0047: {reset-busy: 300}}",
            "m:3:32: '300' is not possible here; 0 to 255, decimal; 255 never ends"
        ),
        (
            "adapters: {05: CEX8C}\ndomains: [47]\nqueues: {05.0047: {slow: 1}}",
            "m:3:20: unknown key 'slow'; known are absent, chkstop, reset-busy, reset-rc, reset-n, tapq-rc, tapq-n, aqic-rc, aqic-n, nqap-rc, nqap-n"
        ),
        ("maxima: {}\n\nmaxima: {}", "m:3:1: 'maxima' is given twice, first at line 1; once will do"),
    ])
    func errorsSayWhereAndWhat(text: String, expected: String) {
        do {
            let machine = try MachineDescription(yaml: text, file: "m")
            Issue.record("accepted: \(machine)")
        } catch {
            #expect(error.description == expected)
        }
    }

    @Test func cardTypesAreThoseThatWereMade() {
        let names = (0...9).flatMap { generation in "ACPX".map { "CEX\(generation)\($0)" } }
        #expect(
            names.compactMap { CardType($0)?.description } == [
                "CEX2A", "CEX2C", "CEX3A", "CEX3C", "CEX4A", "CEX4C", "CEX4P", "CEX5A", "CEX5C", "CEX5P", "CEX6A", "CEX6C",
                "CEX6P",
                "CEX7A", "CEX7C", "CEX7P", "CEX8A", "CEX8C", "CEX8P", "CEX9A", "CEX9C", "CEX9P",
            ])
        #expect(
            ["CEX2A", "CEX2C", "CEX3A", "CEX3C", "CEX4A", "CEX7P", "CEX8C", "CEX9A"].compactMap { CardType($0)?.hardwareType }
                == [6, 7, 8, 9, 10, 13, 14, 15])
        for name in ["", "CEX", "CEX8", "cex8c", "CEX8c", "CEX8CC", "CEX٨C"] { #expect(CardType(name) == nil) }
    }
}
