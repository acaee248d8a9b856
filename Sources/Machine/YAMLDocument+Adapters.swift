internal import AdjunctProcessor
internal import Suggestions

extension YAMLDocument {
    /// The adapters; one that is wrong is listed all the same, as another. They are not complete where a key could not be read.
    func adapters(_ node: YAMLNode, through last: UInt8) -> (adapters: [AdapterID: Adapter], isComplete: Bool) {
        var adapters: [AdapterID: Adapter] = [:]
        var lines: [AdapterID: Int] = [:]
        var isComplete = node.mapping != nil && node.isComplete
        for (key, node) in entries(node, "adapters") {
            let adapter = adapter(node)
            guard let range = range(key, "adapter", through: last) else {
                isComplete = false
                continue
            }
            for id in range.lazy.map({ AdapterID($0) }) {
                if let first = lines[id] {
                    tell(key, "adapter \(id) is listed twice, first at line \(first); once will do")
                    break
                }
                lines[id] = key.mark.line
                adapters[id] = adapter
            }
        }
        return (adapters, isComplete)
    }

    private static let keys = [
        "type", "rawtype", "depth", "max_msg_size", "config", "chkstop", "ap_functions", "serialnr", "API_ordinalnr",
        "FW_version", "op_modes", "domains",
    ]

    private func adapter(_ node: YAMLNode) -> Adapter {
        guard node.mapping != nil else { return Adapter(type: type(node) ?? .cex8c) }
        let entries = mapping(node, "an adapter")
        let type = type(in: entries, of: node)
        var adapter = Adapter(type: type ?? .cex8c)
        for (key, node) in entries {
            let name = key.text
            if let type, let owners = Self.owners(of: name), !owners.modes.contains(type.mode) {
                tell(key, "a \(type) has no '\(name)'; \(owners.text)")
                continue
            }
            switch name {
            case "type": break
            case "rawtype": adapter.rawType = value(node, Spelling.rawType, decimal)
            case "depth": adapter.depth = value(node, Spelling.depth, depth)
            case "max_msg_size": adapter.maximumMessageSize = value(node, Spelling.messageSize, messageSize)
            case "config": set(&adapter.config, node, "0 or 1", flag)
            case "chkstop": set(&adapter.chkstop, node, "0 or 1", flag)
            case "ap_functions": adapter.functions = value(node, "0x and up to eight hexadecimal digits", functions)
            case "serialnr": adapter.serialNumber = serialNumber(node, of: type?.mode)
            case "API_ordinalnr": adapter.apiOrdinal = value(node, "a decimal number") { UInt32($0) }
            case "FW_version": adapter.firmware = value(node, "two decimal numbers, 8.1", firmware)
            case "op_modes": adapter.operationModes = operationModes(node)
            // whose they are depends on the type
            case "domains": if type != nil { domains(node, of: &adapter) }
            default: unknown(key, Self.keys)
            }
        }
        return adapter
    }

    /// The cards that have a key which not all of them have; nil for a key that all have.
    private static func owners(of key: String) -> (modes: [CardMode], text: String)? {
        switch key {
        case "API_ordinalnr", "FW_version", "op_modes": ([.ep11], "EP11 cards have")
        case "serialnr", "domains": ([.ep11, .coprocessor], "CCA and EP11 cards have")
        default: nil
        }
    }

    private func type(in entries: [YAMLNode.Entry], of node: YAMLNode) -> CardType? {
        if let entry = entries.first(where: { $0.key.text == "type" }) { return type(entry.value) }
        // where an entry was left out, or is a misspelt one, that is what is wrong
        if node.isComplete, !entries.contains(where: { nearestWord(to: $0.key.text, among: Self.keys) == "type" }) {
            tell(node, "the type is missing; type: CEX8C, for example")
        }
        return nil
    }

    private func type(_ node: YAMLNode) -> CardType? {
        value(node, CardType.names) { CardType($0) }
    }

    /// - Parameter mode: nil where it is not known.
    private func serialNumber(_ node: YAMLNode, of mode: CardMode?) -> String? {
        let lengths: [Int] =
            switch mode {
            case .ep11: [16]
            case .coprocessor: [8]
            default: [8, 16]
            }
        let right = lengths.map { "\($0)" }.joined(separator: " or ")
        return value(node, "\(right) printable ASCII characters, of this card") { text in
            lengths.contains(text.utf8.count) && text.utf8.allSatisfy { (0x20...0x7e).contains($0) } ? text : nil
        }
    }

    private func operationModes(_ node: YAMLNode) -> EP11OperationModes {
        var modes: EP11OperationModes = []
        for item in sequence(node, "op_modes") {
            if let mode = value(item, EP11OperationModes.names.joined(separator: ", "), { EP11OperationModes(name: $0) }) {
                modes.insert(mode)
            }
        }
        return modes
    }

    /// What the domains of a card tell about themselves.
    private func domains(_ node: YAMLNode, of adapter: inout Adapter) {
        var lines: [UInt8: Int] = [:]
        for (key, node) in entries(node, "domains") {
            let (masterKeys, wrappingKeys) =
                adapter.type.mode == .ep11 ? (nil, self.wrappingKeys(node)) : (self.masterKeys(node), nil)
            guard let range = range(key, "domain", through: 255) else { continue }
            if let id = range.first(where: { lines[$0] != nil }), let first = lines[id] {
                tell(key, "domain \(DomainID(id)) is listed twice, first at line \(first); once will do")
                continue
            }
            for id in range {
                lines[id] = key.mark.line
                adapter.masterKeys[DomainID(id)] = masterKeys
                adapter.wrappingKeys[DomainID(id)] = wrappingKeys
            }
        }
    }

    private static let masterKeys = [
        "AES NEW", "AES CUR", "AES OLD", "APKA NEW", "APKA CUR", "APKA OLD", "ASYM NEW", "ASYM CUR", "ASYM OLD",
    ]

    private func masterKeys(_ node: YAMLNode) -> CCAMasterKeys {
        var keys = CCAMasterKeys()
        for (key, node) in mapping(node, "a domain") {
            switch key.text {
            case "AES NEW": setNew(&keys.aes.new, node, 8)
            case "AES CUR": setStored(&keys.aes.current, node, 8)
            case "AES OLD": setStored(&keys.aes.old, node, 8)
            case "APKA NEW": setNew(&keys.apka.new, node, 8)
            case "APKA CUR": setStored(&keys.apka.current, node, 8)
            case "APKA OLD": setStored(&keys.apka.old, node, 8)
            case "ASYM NEW": setNew(&keys.asym.new, node, 16)
            case "ASYM CUR": setStored(&keys.asym.current, node, 16)
            case "ASYM OLD": setStored(&keys.asym.old, node, 16)
            default: unknown(key, Self.masterKeys)
            }
        }
        return keys
    }

    private func setNew(_ target: inout CCAMasterKeys.New, _ node: YAMLNode, _ bytes: Int) {
        set(&target, node, "empty, partial or full 0x and \(2 * bytes) digits") { text in
            switch register(text, bytes) {
            case ("empty", nil): .empty
            case ("partial", nil): .partial
            case ("full", let pattern?): .full(pattern)
            default: nil
            }
        }
    }

    private func setStored(_ target: inout CCAMasterKeys.Stored, _ node: YAMLNode, _ bytes: Int) {
        set(&target, node, "invalid or valid 0x and \(2 * bytes) digits") { text in
            switch register(text, bytes) {
            case ("invalid", nil): .invalid
            case ("valid", let pattern?): .valid(pattern)
            default: nil
            }
        }
    }

    private func wrappingKeys(_ node: YAMLNode) -> EP11DomainInfo {
        var info = EP11DomainInfo()
        for (key, node) in mapping(node, "a domain") {
            switch key.text {
            case "WK CUR":
                set(&info.current, node, "invalid or valid 0x and 64 digits") { text in
                    switch register(text, 32) {
                    case ("invalid", nil): .invalid
                    case ("valid", let pattern?): .valid(pattern)
                    default: nil
                    }
                }
            case "WK NEW":
                set(&info.new, node, "empty, or uncommitted or committed 0x and 64 digits") { text in
                    switch register(text, 32) {
                    case ("empty", nil): .empty
                    case ("uncommitted", let pattern?): .uncommitted(pattern)
                    case ("committed", let pattern?): .committed(pattern)
                    default: nil
                    }
                }
            case "op_modes": info.modes = operationModes(node)
            default: unknown(key, ["WK CUR", "WK NEW", "op_modes"])
            }
        }
        return info
    }
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
