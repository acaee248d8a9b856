internal import AdjunctProcessor
internal import Yams

/// What is wrong in the text of a machine, and where.
public struct MachineDescriptionError: Error, Hashable, CustomStringConvertible {
    /// The name that the text was read under.
    public let file: String
    /// Both start at 1.
    public let line: Int
    public let column: Int
    /// What is wrong; after a semicolon, what would be right.
    public let problem: String

    /// `machine.yaml:3:9: 'CEX9C' is no card type; …`.
    public var description: String {
        "\(file):\(line):\(column): \(problem)"
    }
}

extension MachineDescription {
    /// Reads a machine from YAML. All numbers are hexadecimal as in the tree, but for the maxima and `reset-busy`, which are
    /// decimal; whatever stands for one number may also be a range. Every key may be left out.
    ///
    ///     adapters:
    ///       03: CEX8A                    # all that most cards need
    ///       10-1f: CEX7C                 # sixteen alike
    ///       06:
    ///         type: CEX8P                # CEX2A … CEX8P
    ///         config: 1                  # 0: in standby
    ///         chkstop: 0
    ///         ap_functions: 0x07000000
    ///         serialnr: "9876543210123456"
    ///         API_ordinalnr: 6           # these three of EP11 cards only
    ///         FW_version: 8.1
    ///         op_modes: [FIPS2009, BSI2009]
    ///         domains:                   # the lines of mkvps; of a CCA card AES NEW … ASYM OLD
    ///           04:
    ///             WK CUR: valid 0x…      # 64 digits
    ///             WK NEW: empty
    ///     domains:                       # or a list alone, when all are both
    ///       usage: [04, 47, a0-af, ff]
    ///       control: [04, 10, 47, ff]
    ///     maxima: {adapter: 255, domain: 255}
    ///     features: [APSC, APXA, QACT, RC8A]   # none: a machine without QCI
    ///     interrupts: 1
    ///     reconfiguration: 1             # 0: no SCLP configure and deconfigure
    ///     secure-execution: 0            # 1: a secure-execution guest; wants APSB among the features
    ///     queues:                        # faults
    ///       05.0047: {absent: 1}
    ///       06.0004: {reset-busy: 5, reset-rc: 00}
    ///
    /// - Parameter file: the name under which errors are reported.
    public init(yaml: String, file: String = "machine.yaml") throws(MachineDescriptionError) {
        let document = YAMLDocument(file: file)
        let root = try document.root(of: yaml)
        self.init()
        var entries: [String: Node] = [:]
        for (key, node) in try document.mapping(root, "a machine") {
            let name = try document.value(key, Self.keys.joined(separator: ", ")) { Self.keys.contains($0) ? $0 : nil }
            entries[name] = node
        }

        // In this order, because each is checked against those before it.
        if let node = entries["features"] { features = try document.features(node) }
        if let node = entries["interrupts"] { interrupts = try document.value(node, "0 or 1", flag) }
        if let node = entries["reconfiguration"] { reconfiguration = try document.value(node, "0 or 1", flag) }
        if let node = entries["secure-execution"] {
            secureExecution = try document.value(node, "0 or 1", flag)
            guard !secureExecution || features?.contains(.apsb) == true else {
                throw document.error(node, "a secure-execution guest has APSB; list it under features")
            }
        }
        if let node = entries["maxima"] { (maxAdapter, maxDomain) = try document.maxima(node) }
        if let node = entries["domains"] {
            (usageDomains, controlDomains) = try document.domains(node, through: addressableDomain)
        }
        if let node = entries["adapters"] { adapters = try document.adapters(node, through: addressableAdapter) }
        if let node = entries["queues"] { queues = try document.queues(node, of: self) }
    }

    private static let keys = ["adapters", "domains", "maxima", "features", "interrupts", "reconfiguration", "secure-execution", "queues"]
}

extension YAMLDocument {
    fileprivate func features(_ node: Node) throws(MachineDescriptionError) -> MachineDescription.Features? {
        if node.scalar?.string == "none" { return nil }
        var features: MachineDescription.Features = []
        for item in try sequence(node, "features") {
            features.insert(
                try value(item, "APSC, APXA, QACT, RC8A, APSB") { name in
                    MachineDescription.Features.named.first { $0.name == name }?.feature
                })
        }
        return features
    }

    fileprivate func maxima(_ node: Node) throws(MachineDescriptionError) -> (UInt8, UInt8) {
        var (adapter, domain): (UInt8, UInt8) = (255, 255)
        for (key, node) in try mapping(node, "maxima") {
            switch try text(key, "a key") {
            case "adapter": adapter = try value(node, "0 to 255, decimal", decimal)
            case "domain": domain = try value(node, "0 to 255, decimal", decimal)
            default: throw unknown(key, "adapter, domain")
            }
        }
        return (adapter, domain)
    }

    fileprivate func domains(_ node: Node, through last: UInt8) throws(MachineDescriptionError) -> (APMask, APMask) {
        guard node.mapping != nil else {
            let both = try mask(node, "domain", through: last)
            return (both, both)
        }
        var (usage, control) = (APMask.none, APMask.none)
        for (key, node) in try mapping(node, "domains") {
            switch try text(key, "a key") {
            case "usage": usage = try mask(node, "domain", through: last)
            case "control": control = try mask(node, "domain", through: last)
            default: throw unknown(key, "usage, control")
            }
        }
        return (usage, control)
    }

    fileprivate func queues(
        _ node: Node, of machine: MachineDescription
    ) throws(MachineDescriptionError) -> [APQN: MachineDescription.QueueFaults] {
        var queues: [APQN: MachineDescription.QueueFaults] = [:]
        for (key, node) in try mapping(node, "queues") {
            let apqn = try value(key, "a queue such as 05.0047") { APQN($0) }
            guard machine.adapters[apqn.adapter] != nil else {
                throw error(key, "there is no queue \(apqn); adapter \(apqn.adapter) must be listed under adapters")
            }
            guard machine.usageDomains.contains(apqn.domain) else {
                throw error(key, "there is no queue \(apqn); domain \(apqn.domain) must be a usage domain")
            }
            guard queues[apqn] == nil else { throw error(key, "queue \(apqn) is listed twice; once will do") }
            var faults = MachineDescription.QueueFaults.none
            for (key, node) in try mapping(node, "a queue") {
                switch try text(key, "a key") {
                case "absent": faults.absent = try value(node, "0 or 1", flag)
                case "reset-busy": faults.resetBusy = try value(node, "0 to 255, decimal; 255 never ends", decimal)
                case "reset-rc":
                    faults.resetCode = ResponseCode(rawValue: try value(node, "00 to ff, hexadecimal", hexadecimal))
                default: throw unknown(key, "absent, reset-busy, reset-rc")
                }
            }
            queues[apqn] = faults
        }
        return queues.filter { $0.value != .none }
    }
}
