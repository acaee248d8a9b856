internal import AdjunctProcessor
internal import Hexadecimal

extension MachineDescription {
    /// The machine as YAML, in the form that `init(yaml:file:)` reads; reading it gives the same machine. Ends with a
    /// newline. Neighbouring adapters that are alike are written as one range.
    public var yaml: String {
        var text = ""
        text += adapters.isEmpty ? "adapters: {}\n" : "adapters:\n"
        for (range, adapter) in runs(of: adapters) { text += adapter.yaml(range) }
        text += "domains:\n"
        text += "  usage: \(list(ranges(usageDomains)))\n"
        text += "  control: \(list(ranges(controlDomains)))\n"
        text += "maxima: {adapter: \(maxAdapter), domain: \(maxDomain)}\n"
        if let features {
            text += "features: \(list(Features.named.filter { features.contains($0.feature) }.map(\.name)))\n"
        } else {
            text += "features: none\n"
        }
        if !apInstructions { text += "ap-instructions: 0\n" }
        text += "interrupts: \(interrupts ? 1 : 0)\n"
        if !reconfiguration { text += "reconfiguration: 0\n" }
        if secureExecution { text += "secure-execution: 1\n" }
        if zVM { text += "zvm: 1\n" }
        if notification { text += "notification: 1\n" }
        if let machineType { text += "machine-type: \(machineType)\n" }
        if boot != Boot() { text += "boot:\n" + boot.yaml }
        if !queues.isEmpty { text += "queues:\n" }
        for (apqn, faults) in queues.sorted(by: { $0.key < $1.key }) { text += "  \(apqn): {\(faults.yaml)}\n" }
        return text
    }
}

extension MachineDescription.Boot {
    /// The entries under `boot`.
    fileprivate var yaml: String {
        var text = ""
        if !commandLine.isEmpty { text += "  cmdline: \(quoted(commandLine))\n" }
        if let modules { text += "  modules: \(list(modules))\n" }
        return text
    }
}

extension MachineDescription.QueueFaults {
    fileprivate var yaml: String {
        var parts: [String] = []
        if absent { parts.append("absent: 1") }
        if chkstop { parts.append("chkstop: 1") }
        if resetBusy != 0 { parts.append("reset-busy: \(resetBusy)") }
        for instruction in MachineDescription.Instruction.allCases {
            guard let answer = self[instruction] else { continue }
            parts.append("\(instruction.codeKey): \(answer.code)")
            if let count = answer.count { parts.append("\(instruction.countKey): \(count)") }
        }
        return parts.joined(separator: ", ")
    }
}

extension Adapter {
    /// The entry under `adapters`: one line when only the type is to be said.
    fileprivate func yaml(_ range: ClosedRange<UInt8>) -> String {
        if self == Adapter(type: type) { return "  \(name(range)): \(type)\n" }
        var text = "  \(name(range)):\n"
        func add(_ key: String, _ value: String?) {
            if let value { text += "    \(key): \(value)\n" }
        }
        add("type", "\(type)")
        add("rawtype", rawType.map { "\($0)" })
        add("depth", depth.map { "\($0)" })
        add("max_msg_size", maximumMessageSize.map { "\($0)" })
        add("config", config ? nil : "0")
        add("chkstop", chkstop ? "1" : nil)
        add("ap_functions", functions.map { "0x" + $0.hex(8, uppercase: true) })
        add("serialnr", serialNumber.map(quoted))
        add("API_ordinalnr", apiOrdinal.map { "\($0)" })
        add("FW_version", firmware.map { "\($0)" })
        add("op_modes", operationModes.map { list($0.names) })
        let domains = masterKeys.mapValues(\.yaml).merging(wrappingKeys.mapValues(\.yaml)) { left, right in left + right }
        if !domains.isEmpty { text += "    domains:\n" }
        for (range, lines) in runs(of: domains) {
            text += "      \(name(range)):\(lines.isEmpty ? " {}" : "")\n"
            for line in lines { text += "        \(line)\n" }
        }
        return text
    }
}

extension CCAMasterKeys {
    fileprivate var yaml: [String] {
        [("AES", aes), ("APKA", apka), ("ASYM", asym)].flatMap { name, registers in
            var lines: [String] = []
            switch registers.new {
            case .empty: break
            case .partial: lines.append("\(name) NEW: partial")
            case .full(let pattern): lines.append("\(name) NEW: full 0x\(pattern)")
            }
            if case .valid(let pattern) = registers.current { lines.append("\(name) CUR: valid 0x\(pattern)") }
            if case .valid(let pattern) = registers.old { lines.append("\(name) OLD: valid 0x\(pattern)") }
            return lines
        }
    }
}

extension EP11DomainInfo {
    fileprivate var yaml: [String] {
        var lines: [String] = []
        if case .valid(let pattern) = current { lines.append("WK CUR: valid 0x\(pattern)") }
        switch new {
        case .empty: break
        case .uncommitted(let pattern): lines.append("WK NEW: uncommitted 0x\(pattern)")
        case .committed(let pattern): lines.append("WK NEW: committed 0x\(pattern)")
        }
        if !modes.isEmpty { lines.append("op_modes: \(list(modes.names))") }
        return lines
    }
}

/// Neighbouring numbers whose values are equal, together.
private func runs<ID: RawRepresentable<UInt8> & Hashable, Value: Equatable>(
    of values: [ID: Value]
) -> [(ClosedRange<UInt8>, Value)] {
    var runs: [(ClosedRange<UInt8>, Value)] = []
    for (id, value) in values.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
        if let (range, last) = runs.last, Int(range.upperBound) + 1 == Int(id.rawValue), last == value {
            runs[runs.count - 1].0 = range.lowerBound...id.rawValue
        } else {
            runs.append((id.rawValue...id.rawValue, value))
        }
    }
    return runs
}

/// The numbers of a mask, three and more neighbours as a range.
private func ranges(_ mask: APMask) -> [String] {
    runs(of: Dictionary(uniqueKeysWithValues: mask.domains.map { ($0, true) })).flatMap { range, _ in
        range.count == 2 ? [AdapterID(range.lowerBound).description, AdapterID(range.upperBound).description] : [name(range)]
    }
}

/// `05` or `00-1f`.
private func name(_ range: ClosedRange<UInt8>) -> String {
    let low = AdapterID(range.lowerBound)
    return range.count == 1 ? "\(low)" : "\(low)-\(AdapterID(range.upperBound))"
}

private func list(_ items: [String]) -> String {
    "[\(items.joined(separator: ", "))]"
}

/// A YAML scalar in double quotes.
private func quoted(_ text: String) -> String {
    "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
}
