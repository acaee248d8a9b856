internal import AdjunctProcessor
internal import Yams

extension YAMLDocument {
    func adapters(_ node: Node, through last: UInt8) throws(MachineDescriptionError) -> [AdapterID: Adapter] {
        var adapters: [AdapterID: Adapter] = [:]
        for (key, node) in try mapping(node, "adapters") {
            let range = try range(key, "adapter", through: last)
            let adapter = try adapter(node)
            for id in range.lazy.map({ AdapterID($0) }) {
                guard adapters.updateValue(adapter, forKey: id) == nil else {
                    throw error(key, "adapter \(id) is listed twice; once will do")
                }
            }
        }
        return adapters
    }

    private func adapter(_ node: Node) throws(MachineDescriptionError) -> Adapter {
        guard node.mapping != nil else { return Adapter(type: try value(node, CardType.names) { CardType($0) }) }
        let mapping = try mapping(node, "an adapter")
        guard let type = mapping["type"] else { throw error(node, "the type is missing; type: CEX8C, for example") }
        var adapter = Adapter(type: try value(type, CardType.names) { CardType($0) })

        for (key, node) in mapping {
            let name = try text(key, "a key")
            let isEP11Only = ["API_ordinalnr", "FW_version", "op_modes"].contains(name)
            let isNotForAccelerators = ["serialnr", "domains"].contains(name)
            guard adapter.type.mode == .ep11 || !isEP11Only, adapter.type.mode != .accelerator || !isNotForAccelerators else {
                let owners = isEP11Only ? "EP11 cards have" : "CCA and EP11 cards have"
                throw error(key, "a \(adapter.type) has no '\(name)'; \(owners)")
            }
            switch name {
            case "type": break
            case "config": adapter.config = try value(node, "0 or 1", flag)
            case "chkstop": adapter.chkstop = try value(node, "0 or 1", flag)
            case "ap_functions": adapter.functions = try value(node, "0x and up to eight hexadecimal digits", functions)
            case "serialnr": adapter.serialNumber = try serialNumber(node, of: adapter.type.mode)
            case "API_ordinalnr": adapter.apiOrdinal = try value(node, "a decimal number") { UInt32($0) }
            case "FW_version": adapter.firmware = try value(node, "two decimal numbers, 8.1", firmware)
            case "op_modes": adapter.operationModes = try operationModes(node)
            case "domains": try domains(node, of: &adapter)
            default:
                throw unknown(
                    key,
                    "type, config, chkstop, ap_functions, serialnr, API_ordinalnr, FW_version, op_modes, domains")
            }
        }
        return adapter
    }

    private func functions(_ text: String) -> UInt32? {
        let digits = text.hasPrefix("0x") ? text.dropFirst(2) : text[...]
        return digits.utf8.allSatisfy { $0 != UInt8(ascii: "+") } ? UInt32(digits, radix: 16) : nil
    }

    private func firmware(_ text: String) -> EP11CardInfo.Firmware? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let major = UInt8(parts[0]), let minor = UInt8(parts[1]) else { return nil }
        return EP11CardInfo.Firmware(major: major, minor: minor)
    }

    private func serialNumber(_ node: Node, of mode: CardMode) throws(MachineDescriptionError) -> String {
        let length = mode == .ep11 ? 16 : 8
        return try value(node, "\(length) printable ASCII characters, of this card") { text in
            text.utf8.count == length && text.utf8.allSatisfy { (0x20...0x7e).contains($0) } ? text : nil
        }
    }

    private func operationModes(_ node: Node) throws(MachineDescriptionError) -> EP11OperationModes {
        var modes: EP11OperationModes = []
        for item in try sequence(node, "op_modes") {
            modes.insert(
                try value(item, EP11OperationModes.names.joined(separator: ", ")) { EP11OperationModes(name: $0) })
        }
        return modes
    }

    /// What the domains of a card tell about themselves.
    private func domains(_ node: Node, of adapter: inout Adapter) throws(MachineDescriptionError) {
        var seen = APMask.none
        for (key, node) in try mapping(node, "domains") {
            let range = try range(key, "domain", through: 255)
            guard !seen.intersects(APMask(range)) else { throw error(key, "a domain is listed twice; once will do") }
            seen = seen.union(APMask(range))
            if adapter.type.mode == .ep11 {
                let info = try wrappingKeys(node)
                for id in range { adapter.wrappingKeys[DomainID(id)] = info }
            } else {
                let keys = try masterKeys(node)
                for id in range { adapter.masterKeys[DomainID(id)] = keys }
            }
        }
    }

    private func masterKeys(_ node: Node) throws(MachineDescriptionError) -> CCAMasterKeys {
        var keys = CCAMasterKeys()
        for (key, node) in try mapping(node, "a domain") {
            switch try text(key, "a key") {
            case "AES NEW": keys.aes.new = try newRegister(node, 8)
            case "AES CUR": keys.aes.current = try storedRegister(node, 8)
            case "AES OLD": keys.aes.old = try storedRegister(node, 8)
            case "APKA NEW": keys.apka.new = try newRegister(node, 8)
            case "APKA CUR": keys.apka.current = try storedRegister(node, 8)
            case "APKA OLD": keys.apka.old = try storedRegister(node, 8)
            case "ASYM NEW": keys.asym.new = try newRegister(node, 16)
            case "ASYM CUR": keys.asym.current = try storedRegister(node, 16)
            case "ASYM OLD": keys.asym.old = try storedRegister(node, 16)
            default: throw unknown(key, "AES, APKA or ASYM and NEW, CUR or OLD, as 'AES CUR'")
            }
        }
        return keys
    }

    private func newRegister(_ node: Node, _ bytes: Int) throws(MachineDescriptionError) -> CCAMasterKeys.New {
        try value(node, "empty, partial or full 0x and \(2 * bytes) digits") { text in
            switch register(text, bytes) {
            case ("empty", nil): .empty
            case ("partial", nil): .partial
            case ("full", let pattern?): .full(pattern)
            default: nil
            }
        }
    }

    private func storedRegister(_ node: Node, _ bytes: Int) throws(MachineDescriptionError) -> CCAMasterKeys.Stored {
        try value(node, "invalid or valid 0x and \(2 * bytes) digits") { text in
            switch register(text, bytes) {
            case ("invalid", nil): .invalid
            case ("valid", let pattern?): .valid(pattern)
            default: nil
            }
        }
    }

    private func wrappingKeys(_ node: Node) throws(MachineDescriptionError) -> EP11DomainInfo {
        var info = EP11DomainInfo()
        for (key, node) in try mapping(node, "a domain") {
            switch try text(key, "a key") {
            case "WK CUR":
                info.current = try value(node, "invalid or valid 0x and 64 digits") { text in
                    switch register(text, 32) {
                    case ("invalid", nil): .invalid
                    case ("valid", let pattern?): .valid(pattern)
                    default: nil
                    }
                }
            case "WK NEW":
                info.new = try value(node, "empty, or uncommitted or committed 0x and 64 digits") { text in
                    switch register(text, 32) {
                    case ("empty", nil): .empty
                    case ("uncommitted", let pattern?): .uncommitted(pattern)
                    case ("committed", let pattern?): .committed(pattern)
                    default: nil
                    }
                }
            case "op_modes": info.modes = try operationModes(node)
            default: throw unknown(key, "WK CUR, WK NEW, op_modes")
            }
        }
        return info
    }

    /// The words of a line of mkvps: a state, and the pattern of a key where there is one. A state without a key may be
    /// followed by what the file shows there: `-` or zeros.
    private func register(_ text: String, _ bytes: Int) -> (state: String, pattern: VerificationPattern?) {
        let words = text.split(separator: " ")
        guard let state = words.first else { return ("", nil) }
        let isWithoutKey = ["empty", "partial", "invalid"].contains(state)
        if words.count == 1 || (words.count == 2 && words[1] == "-" && isWithoutKey) { return (String(state), nil) }
        guard words.count == 2, words[1].hasPrefix("0x"), let pattern = VerificationPattern(hex: words[1]),
            pattern.bytes.count == bytes
        else { return ("", nil) }
        return (String(state), isWithoutKey && pattern.bytes.allSatisfy { $0 == 0 } ? nil : pattern)
    }
}
