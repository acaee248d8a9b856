import AdjunctProcessor
import Machine
import Testing

/// What a machine file may not be, may not have in it, and all of it at once.
@Suite struct YAMLErrorTests {
    private static let bom = "\u{feff}"

    private func errors(_ bytes: [UInt8]) -> [String] {
        do {
            let machine = try MachineDescription(yaml: bytes, file: "m")
            return ["accepted: \(machine.yaml)"]
        } catch {
            return error.description.split(separator: "\n").map(String.init)
        }
    }

    private func errors(_ text: String) -> [String] { errors(Array(text.utf8)) }

    // MARK: - Texts

    @Test(arguments: [
        bom + "adapters: {05: CEX8C}\n", "adapters:\r\n  05: CEX8C\r\n", "adapters:\r  05: CEX8C\r",
        bom + "adapters:\r\n  05:\r\n    type: CEX8C",
        "%YAML 1.1\n---\nadapters: {05: CEX8C}\n...\n", "adapters:\n  05:\tCEX8C\t# tabs between words\n",
        "adapters: {\t05: CEX8C}\n",
    ])
    func whatOtherSystemsWriteIsRead(text: String) throws {
        #expect(try MachineDescription(yaml: text).yaml == MachineDescription(yaml: "adapters: {05: CEX8C}").yaml)
    }

    @Test func anErrorIsALineThatNoTerminalObeys() throws {
        let error = try #require(throws: MachineDescriptionError.self) {
            try MachineDescription(
                yaml: "\"a\\nb\\e[31m\": 1\nadapters: {05: \(String(repeating: "x", count: 100_000))}", file: "m")
        }
        #expect(error.description.split(separator: "\n").count == 2)
        #expect(error.description.contains("a\\nb\\u001b[31m"))
        #expect(error.description.utf8.count < 1500)
    }

    @Test(arguments: [
        ("", "m:1:1: the text is empty; a machine is a mapping such as 'adapters: {05: CEX8C}'"),
        (bom, "m:1:1: the text is empty; a machine is a mapping such as 'adapters: {05: CEX8C}'"),
        ("# nothing\n---\n", "m:1:1: the text is empty; a machine is a mapping such as 'adapters: {05: CEX8C}'"),
        (
            bom + "typ: 1",
            "m:1:1: unknown key 'typ'; known are "
                + "adapters, domains, maxima, features, ap-instructions, interrupts, reconfiguration, secure-execution, zvm, "
                + "notification, machine-type, boot, queues"
        ),
        (
            "adapters:\r\n  05: CEX8C\r\n  06: X",
            "m:3:7: 'X' is not possible here; "
                + "CEX2A, CEX2C, CEX3A, CEX3C, CEX4A, CEX4C, CEX4P … CEX9A, CEX9C, CEX9P"
        ),
        ("adapters:\n\t05: CEX8C", "m:2:1: a tab indents this line; YAML takes spaces"),
        ("adapters:\r\n  05:\r\n  \ttype: CEX8C", "m:3:3: a tab indents this line; YAML takes spaces"),
        ("adapters:\n  05: CEX8C\n\t06: CEX8A", "m:3:1: a tab indents this line; YAML takes spaces"),
        ("domains:\n  - 04\n  -\t- 05", "m:3:4: a tab cannot stand here; YAML takes spaces"),
        ("maxima: {}\n\(bom)domains: []", "m:2:1: a byte order mark is here; only the text may begin with one"),
        ("maxima: {}\ndomains: \u{7}", "m:2:10: the control character U+0007 is not allowed"),
        ("maxima: {}\n\0", "m:2:1: a NUL is here; if this is UTF-16, save it as UTF-8"),
    ])
    func whatIsNoTextIsRefused(text: String, expected: String) {
        #expect(errors(text) == [expected])
    }

    @Test(
        arguments: [
            ([0xff, 0xfe, 0x61, 0x00, 0x3a, 0x00], "m:1:1: this is UTF-16 or UTF-32; save the file as UTF-8"),
            ([0xfe, 0xff, 0x00, 0x61], "m:1:1: this is UTF-16 or UTF-32; save the file as UTF-8"),
            ([0x61, 0x00, 0x3a, 0x00], "m:1:1: this is UTF-16 or UTF-32; save the file as UTF-8"),
            ([0x00, 0x61, 0x00, 0x3a], "m:1:1: this is UTF-16 or UTF-32; save the file as UTF-8"),
            ([0x00, 0x00, 0xfe, 0xff], "m:1:1: this is UTF-16 or UTF-32; save the file as UTF-8"),
            (Array("maxima: {}\n# Stra".utf8) + [0xdf, 0x65], "m:2:7: this is not UTF-8; save the file as UTF-8"),
            (Array("\u{feff}# é ".utf8) + [0xff], "m:1:5: this is not UTF-8; save the file as UTF-8"),
        ] as [([UInt8], String)])
    func whatIsNotUTF8IsRefused(bytes: [UInt8], expected: String) {
        #expect(errors(bytes) == [expected])
    }

    @Test(arguments: [
        ("adapters: {", "m:2:1: this is not YAML; did not find expected node content while parsing a flow node"),
        (
            "adapters: {\n  05: CEX8C\nqueues: {}",
            "m:3:7: this is not YAML; did not find expected ',' or '}' while parsing a flow mapping that begins at line 1"
        ),
        ("adapters: ]", "m:1:11: this is not YAML; did not find expected node content while parsing a block node"),
        ("x: !e!a b", "m:1:4: this is not YAML; found undefined tag handle while parsing a node"),
        ("typ: 1\nadapters: [", "m:3:1: this is not YAML; did not find expected node content while parsing a flow node"),
    ])
    func whatIsNotYAMLIsOneError(text: String, expected: String) {
        #expect(errors(text) == [expected])
    }

    // MARK: - What YAML has and a machine file has not

    @Test(
        arguments: [
            ("{}\n---\n{}", ["m:2:1: a second document begins here; a machine file is one"]),
            (
                "--- {typ: 1}\n--- {}\n--- ]",
                [
                    "m:1:6: unknown key 'typ'; known are "
                        + "adapters, domains, maxima, features, ap-instructions, interrupts, reconfiguration, secure-execution, zvm, "
                        + "notification, machine-type, boot, queues",
                    "m:2:1: a second document begins here; a machine file is one",
                ]
            ),
            ("interrupts: !!int 1", ["m:1:13: the tag '!!int' has no meaning here; leave it out"]),
            (
                "adapters: !<x> {05: !card CEX8C}",
                [
                    "m:1:11: the tag '!<x>' has no meaning here; leave it out",
                    "m:1:21: the tag '!card' has no meaning here; leave it out",
                ]
            ),
            (
                "adapters:\n  05: &a {type: CEX8C}\n  06: {<<: *a, config: 0}",
                [
                    "m:3:8: the merge key '<<' is not supported; write out the entries"
                ]
            ),
            ("maxima: {<<: {adapter: 3}}", ["m:1:10: the merge key '<<' is not supported; write out the entries"]),
            ("domains: &a [04]\n*a : 1", ["m:2:1: the alias '*a' cannot be a key; write the key itself"]),
            ("adapters:\n  &a 05: CEX8C", ["m:2:3: the anchor '&a' stands before a key; only values can have one"]),
            ("? [a]\n: 1", ["m:1:3: a list cannot be a key; a key is a word or a number"]),
            ("{? {a: b} : 1}", ["m:1:4: a mapping cannot be a key; a key is a word or a number"]),
            (
                "features: *b\ncolour: *c",
                [
                    "m:1:11: the alias '*b' stands for nothing; put '&b' before a value above it",
                    "m:2:9: the alias '*c' stands for nothing; put '&c' before a value above it",
                ]
            ),
            ("domains: &a [04, *a]", ["m:1:18: the alias '*a' stands inside of what it stands for"]),
            (
                "adapters: {05: &a CEX8C, 06: &a CEX8P}",
                [
                    "m:1:30: the anchor '&a' is given twice, first at line 1; take another name"
                ]
            ),
            ("*a", ["m:1:1: the alias '*a' stands for nothing; put '&a' before a value above it"]),
        ] as [(String, [String])])
    func whatAMachineFileHasNotIsRefused(text: String, expected: [String]) {
        #expect(errors(text) == expected)
    }

    @Test func anAliasIsWhatItStandsFor() throws {
        let machine = try MachineDescription(
            yaml: "adapters:\n  05: &card {type: CEX8C, config: 0}\n  06: *card\n"
                + "domains: {usage: &some [04, 47], control: *some}\n")
        #expect(
            machine.yaml
                == (try MachineDescription(
                    yaml: "adapters: {05-06: {type: CEX8C, config: 0}}\ndomains: [04, 47]")).yaml)
    }

    /// The alias stands where it is wrong; what is wrong inside of it is so where it is written, and once.
    @Test func whatAnAliasStandsForIsWrongWhereItIsWritten() {
        #expect(
            errors("adapters:\n  05: &a {type: CEX8C, config: 2}\n  06: *a\n  07: *a\nmaxima: *a") == [
                "m:2:11: unknown key 'type'; known are adapter, domain",
                "m:2:24: unknown key 'config'; known are adapter, domain",
                "m:2:32: '2' is not possible here; 0 or 1",
            ])
        #expect(errors("domains: &d [04]\ninterrupts: *d") == ["m:2:13: a single value is expected here; 0 or 1"])
    }

    // MARK: - All of it

    @Test func everythingThatIsWrongIsToldInTheOrderOfTheText() {
        let text = """
            queues:
              05.0047: {absent: 2}
              05.0047: {}
              09.0047: {slow: 1}
            adapters:
              05: {typ: CEX8C, config: yes}
              06: {type: CEX1C, FW_version: 8, domains: {04: {}}}
              07: {type: CEX8A, serialnr: "12345678", chkstop: 3}
              08:
                type: CEX8C
                domains: {04: {AES CUR: valid, AES CURR: invalid}, 300: {}}
              05: CEX8C
            maxima: {adapter: 300, domains: 3}
            features: [APXB]
            secure-execution: 1
            interrupts: 7
            domains: {usage: [47, zz], controls: [04]}
            interrupts: 8

            """
        #expect(
            errors(text) == [
                "m:2:21: '2' is not possible here; 0 or 1",
                "m:3:3: queue 05.0047 is listed twice, first at line 2; once will do",
                "m:4:3: there is no queue 09.0047; adapter 09 must be listed under adapters",
                "m:4:13: unknown key 'slow'; known are absent, chkstop, reset-busy, reset-rc, reset-n, tapq-rc, tapq-n, aqic-rc, aqic-n, nqap-rc, nqap-n",
                "m:6:8: unknown key 'typ'; did you mean 'type'?",
                "m:6:28: 'yes' is not possible here; 0 or 1",
                "m:7:14: 'CEX1C' is not possible here; CEX2A, CEX2C, CEX3A, CEX3C, CEX4A, CEX4C, CEX4P … CEX9A, CEX9C, CEX9P",
                "m:7:33: '8' is not possible here; two decimal numbers, 8.1",
                "m:8:21: a CEX8A has no 'serialnr'; CCA and EP11 cards have",
                "m:8:52: '3' is not possible here; 0 or 1",
                "m:11:29: 'valid' is not possible here; invalid or valid 0x and 16 digits",
                "m:11:36: unknown key 'AES CURR'; did you mean 'AES CUR'?",
                "m:11:56: '300' is not possible here; domains are hexadecimal, 05 or 00-1f",
                "m:12:3: adapter 05 is listed twice, first at line 6; once will do",
                "m:13:19: '300' is not possible here; 0 to 255, decimal",
                "m:13:24: unknown key 'domains'; did you mean 'domain'?",
                "m:14:12: 'APXB' is not possible here; APSC, APXA, QACT, RC8A, APSB",
                "m:16:13: '7' is not possible here; 0 or 1",
                "m:17:23: 'zz' is not possible here; domains are hexadecimal, 05 or 00-1f",
                "m:17:28: unknown key 'controls'; did you mean 'control'?",
                "m: … and 2 more",
            ])
    }

    /// One thing that is wrong does not make others wrong that depend on it.
    @Test(arguments: [
        ("features: [APXB]\nsecure-execution: 1", 1), ("features: [APX]\nadapters: {ff: CEX8C}", 1),
        ("maxima: {adapter: x}\nadapters: {ff: CEX8C}", 1), ("adapters: {05: X}\ndomains: [04]\nqueues: {05.0004: {}}", 1),
        ("adapters: {zz: CEX8C}\ndomains: [04]\nqueues: {05.0004: {}}", 1),
        ("adapters: []\ndomains: [04]\nqueues: {05.0004: {}}", 1),
        ("adapters: {05: CEX8C}\ndomains: [zz]\nqueues: {05.0004: {}}", 1),
        ("adapters: {05: CEX8C}\ndomains:\nqueues: {05.0004: {}}", 1),
        ("adapters: {05: {<<: {}}}", 1), ("adapters: {05: {type: X, serialnr: '0123456789abcdef', op_modes: []}}", 1),
        ("adapters: {05: {type: CEX8C, type: CEX8P, config: 0}}", 1),
        ("adapters: {*x : CEX8C}\ndomains: [04]\nqueues: {05.0004: {}}", 1),
        ("adapters: {05: CEX8C}\nqueues: {05.0004: {}}", 1), ("domains: [04]\nqueues: {05.0004: {absent: 2}}", 2),
    ])
    func nothingIsToldOnlyBecauseSomethingElseIsWrong(text: String, count: Int) {
        #expect(errors(text).count == count, "\(errors(text))")
    }

    @Test(
        arguments: [
            (1, 1, nil), (20, 20, nil), (21, 21, "m: … and 1 more"), (3000, 21, "m: … and 2980 more"),
        ] as [(Int, Int, String?)])
    func noMoreAreToldThanAnybodyReads(count: Int, lines: Int, last: String?) throws {
        let told = errors("domains: [" + (0..<count).map { "x\($0)" }.joined(separator: ", ") + "]")
        #expect(told.count == lines)
        #expect(last == nil || told.last == last)
        #expect(told.first == "m:1:11: 'x0' is not possible here; domains are hexadecimal, 05 or 00-1f")
    }

    // MARK: - Bounds

    @Test func theLevelsAreBounded() throws {
        func nested(_ levels: Int) -> String { String(repeating: "[", count: levels) + String(repeating: "]", count: levels) }
        #expect(errors("x: \(nested(19))").first?.hasPrefix("m:1:1: unknown key 'x'") == true)
        #expect(errors("x: \(nested(20))") == ["m:1:23: this is nested deeper than 20 levels, the most that is read"])
        #expect(errors("x: " + nested(100_000)) == ["m:1:23: this is nested deeper than 20 levels, the most that is read"])
        // an alias brings its levels
        #expect(
            errors("x: &a \(nested(12))\ny: \(String(repeating: "[", count: 10))*a")
                == ["m:2:14: this is nested deeper than 20 levels, the most that is read"])
        #expect(
            errors(String(repeating: "- ", count: 100_000))
                == ["m:1:41: this is nested deeper than 20 levels, the most that is read"])
    }

    /// A billion laughs: ten lines that would be ten thousand million values.
    @Test func whatAliasesStandForIsBounded() throws {
        var text = "a0: &a0 lol\n"
        for level in 1...10 {
            let ten = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
            text += "a\(level): &a\(level) [\(ten)]\n"
        }
        let error = try #require(errors(text).first)
        #expect(
            error.hasPrefix("m:7:")
                && error.hasSuffix(
                    "there are more than 600000 values up to here, the most that is read; "
                        + "an alias counts as what it stands for"),
            "\(error)")
        #expect(errors(text).count == 1)
    }

    @Test func theLengthIsBounded() {
        let most = 4 << 20
        let text = Array("interrupts: 1\n#".utf8)
        let longest = text + [UInt8](repeating: UInt8(ascii: "#"), count: most - text.count)
        #expect(errors(longest).first?.hasPrefix("accepted") == true)
        #expect(
            errors(longest + [UInt8(ascii: "#")])
                == ["m:1:1: the text is longer than 4 MB, the most that is read"])
    }

    /// The largest machine that can be told one value after the other: all keys of as many domains as there is room for.
    @Test func aLargeMachineFitsIntoTheBounds() throws {
        let keys = CCAMasterKeys.everything
        var machine = MachineDescription(usageDomains: .all)
        for id in UInt8(0)..<37 {
            var adapter = Adapter(type: try #require(CardType("CEX8C")))
            for domain in UInt8.min...UInt8.max {
                adapter.masterKeys[DomainID(domain)] = domain.isMultiple(of: 2) ? keys.0 : keys.1
            }
            // another than its neighbours
            adapter.serialNumber = String(repeating: "0", count: 5) + String(100 + Int(id))
            machine.adapters[AdapterID(id)] = adapter
        }
        let text = machine.yaml
        #expect(text.utf8.count > 3 << 20, "\(text.utf8.count)")
        #expect(text.utf8.count < 4 << 20, "\(text.utf8.count)")
        #expect(try MachineDescription(yaml: text) == machine)
    }
}

extension CCAMasterKeys {
    /// All registers with a key, twice.
    fileprivate static var everything: (CCAMasterKeys, CCAMasterKeys) {
        func keys(_ byte: UInt8) -> CCAMasterKeys {
            let short = VerificationPattern(bytes: [byte, 1, 2, 3, 4, 5, 6, 7])
            let long = VerificationPattern(bytes: Array(repeating: byte, count: 16))
            var keys = CCAMasterKeys()
            (keys.aes.new, keys.aes.current, keys.aes.old) = (.full(short), .valid(short), .valid(short))
            (keys.apka.new, keys.apka.current, keys.apka.old) = (.full(short), .valid(short), .valid(short))
            (keys.asym.new, keys.asym.current, keys.asym.old) = (.full(long), .valid(long), .valid(long))
            return keys
        }
        return (keys(1), keys(2))
    }
}
