internal import AdjunctProcessor

extension MachineDescription {
    /// Reads a machine from YAML. All numbers are hexadecimal as in the tree, but for the maxima, `rawtype`, `depth`,
    /// `max_msg_size`, `reset-busy` and the keys with `-n`, which are decimal; whatever stands for one number may also be a range. Every key may be left out.
    ///
    ///     adapters:
    ///       03: CEX8A                    # all that most cards need
    ///       10-1f: CEX7C                 # sixteen alike
    ///       06:
    ///         type: CEX8P                # CEX2A … CEX9P
    ///         rawtype: 15                # what the hardware calls it, if not the number of the type
    ///         depth: 8
    ///         max_msg_size: 12288
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
    ///     ap-instructions: 1             # 0: none; Linux has no AP bus then
    ///     interrupts: 1
    ///     reconfiguration: 1             # 0: no SCLP configure and deconfigure
    ///     secure-execution: 0            # 1: a secure-execution guest; wants APSB among the features
    ///     zvm: 0                         # 1: a guest of z/VM
    ///     notification: 0                # 1: Linux is told of changes of the configuration
    ///     machine-type: 3931             # if not that of the machine for which the newest card was made
    ///     boot:
    ///       cmdline: ap.apmask=0xffff ap.domain=6
    ///       modules: [zcrypt_cex4, vfio_ap]      # these alone, and what they need
    ///     queues:                        # faults
    ///       05.0047: {absent: 1}
    ///       05.00ab: {chkstop: 1}
    ///       06.0004: {reset-busy: 5}
    ///       06.0047: {reset-rc: 02, reset-n: 1}   # answers so once, for ever without -n; also tapq-, aqic-, nqap-
    ///
    /// A byte order mark and the line ends of other systems are accepted. A value may have an anchor (`&a`) and stand elsewhere
    /// as an alias (`*a`); keys may not, and tags, the merge key `<<` and a second document are refused.
    ///
    /// - Parameter file: the name under which errors are reported.
    /// - Throws: all that is wrong, not only the first problem; in a text that is not YAML, all up to there. Texts of more than
    ///   4 MB, 20 levels or 600,000 values are wrong, too.
    public init(yaml: String, file: String = "machine.yaml") throws(MachineDescriptionError) {
        try self.init(yaml: Array(yaml.utf8), file: file)
    }

    /// The same from the bytes of a file, which may be no text at all.
    ///
    /// - Throws: as `init(yaml:file:)` of a string.
    public init(yaml: [UInt8], file: String = "machine.yaml") throws(MachineDescriptionError) {
        self.init()
        let document = YAMLDocument(yaml, file: file)
        if let root = document.root { read(root, of: document) }
        if let error = document.error { throw error }
    }

    /// Takes what is right; the rest is told to the document.
    private mutating func read(_ root: YAMLNode, of document: YAMLDocument) {
        let entries = document.mapping(root, "a machine")
        for (key, _) in entries where !Self.keys.contains(key.text) { document.unknown(key, Self.keys) }
        func values(_ name: String) -> [YAMLNode] { entries.filter { $0.key.text == name }.map(\.value) }

        // In this order, because each is checked against those before it. A value that cannot be read is taken for the one that
        // allows most, so that nothing is told only because something else is wrong.
        var sure = Sure()
        for node in values("features") { (features, sure.features) = document.features(node) }
        for node in values("ap-instructions") { document.set(&apInstructions, node, "0 or 1", flag) }
        for node in values("interrupts") { document.set(&interrupts, node, "0 or 1", flag) }
        for node in values("reconfiguration") { document.set(&reconfiguration, node, "0 or 1", flag) }
        for node in values("secure-execution") {
            document.set(&secureExecution, node, "0 or 1", flag)
            if secureExecution, sure.features, features?.contains(.apsb) != true {
                document.tell(node, "a secure-execution guest has APSB; list it under features")
            }
        }
        for node in values("zvm") { document.set(&zVM, node, "0 or 1", flag) }
        for node in values("notification") { document.set(&notification, node, "0 or 1", flag) }
        for node in values("machine-type") {
            machineType = document.value(node, "four digits, as 3931 of a z16") { text in
                text.utf8.count == 4 && text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ? text : nil
            }
        }
        for node in values("boot") { boot = document.boot(node) }
        for node in values("maxima") { (maxAdapter, maxDomain) = document.maxima(node) }
        for node in values("domains") {
            (usageDomains, controlDomains, sure.domains) = document.domains(node, through: addressableDomain)
        }
        for node in values("adapters") {
            (adapters, sure.adapters) = document.adapters(node, through: addressableAdapter)
            if !apInstructions, !adapters.isEmpty {
                document.tell(node, "without AP instructions there are no adapters; leave them out, or 'ap-instructions: 0'")
            }
        }
        for node in values("queues") { queues = document.queues(node, of: self, sure) }
    }

    /// Of which parts everything has been understood: what is missing there is missing.
    fileprivate struct Sure {
        var features = true
        var domains = true
        var adapters = true
    }

    private static let keys = [
        "adapters", "domains", "maxima", "features", "ap-instructions", "interrupts", "reconfiguration", "secure-execution",
        "zvm", "notification", "machine-type", "boot", "queues",
    ]
}

extension YAMLDocument {
    fileprivate func features(_ node: YAMLNode) -> (MachineDescription.Features?, isSure: Bool) {
        if node.scalar == "none" { return (nil, true) }
        var features: MachineDescription.Features = []
        let items = sequence(node, "features")
        var isSure = node.isComplete && !items.isEmpty || node.sequence?.isEmpty == true
        for item in items {
            let feature = value(item, "APSC, APXA, QACT, RC8A, APSB") { name in
                MachineDescription.Features.named.first { $0.name == name }?.feature
            }
            if let feature { features.insert(feature) } else { isSure = false }
        }
        return (isSure ? features : .usual, isSure)
    }

    fileprivate func maxima(_ node: YAMLNode) -> (UInt8, UInt8) {
        var (adapter, domain): (UInt8, UInt8) = (255, 255)
        for (key, node) in mapping(node, "maxima") {
            switch key.text {
            case "adapter": set(&adapter, node, "0 to 255, decimal", decimal)
            case "domain": set(&domain, node, "0 to 255, decimal", decimal)
            default: unknown(key, ["adapter", "domain"])
            }
        }
        return (adapter, domain)
    }

    fileprivate func domains(_ node: YAMLNode, through last: UInt8) -> (usage: APMask, control: APMask, isSure: Bool) {
        guard node.mapping != nil else {
            let (both, isComplete) = mask(node, "domain", through: last)
            return (both, both, isComplete)
        }
        var (usage, control) = (APMask.none, APMask.none)
        var isSure = node.isComplete
        for (key, node) in mapping(node, "domains") {
            switch key.text {
            case "usage":
                let (mask, isComplete) = mask(node, "domain", through: last)
                usage = mask
                isSure = isSure && isComplete
            case "control": control = mask(node, "domain", through: last).mask
            default:
                unknown(key, ["usage", "control"])
                isSure = false
            }
        }
        return (usage, control, isSure)
    }

    fileprivate func queues(
        _ node: YAMLNode, of machine: MachineDescription, _ sure: MachineDescription.Sure
    ) -> [APQN: MachineDescription.QueueFaults] {
        var queues: [APQN: MachineDescription.QueueFaults] = [:]
        var lines: [APQN: Int] = [:]
        for (key, node) in entries(node, "queues") {
            let faults = faults(node)
            guard let apqn = value(key, "a queue such as 05.0047", { APQN($0) }) else { continue }
            if sure.adapters, machine.adapters[apqn.adapter] == nil {
                tell(key, "there is no queue \(apqn); adapter \(apqn.adapter) must be listed under adapters")
            } else if sure.domains, !machine.usageDomains.contains(apqn.domain) {
                tell(key, "there is no queue \(apqn); domain \(apqn.domain) must be a usage domain")
            }
            if let first = lines[apqn] {
                tell(key, "queue \(apqn) is listed twice, first at line \(first); once will do")
            } else {
                lines[apqn] = key.mark.line
                queues[apqn] = faults
            }
        }
        return queues.filter { $0.value != .none }
    }

    private func faults(_ node: YAMLNode) -> MachineDescription.QueueFaults {
        var changes = QueueFaultChanges()
        for (key, node) in mapping(node, "a queue") {
            if let right = MachineDescription.QueueFaults.values(of: key.text) {
                _ = value(node, right) { changes.set(key.text, $0) ? () : nil }
            } else {
                unknown(key, MachineDescription.QueueFaults.keys)
            }
        }
        var faults = MachineDescription.QueueFaults.none
        if let instruction = changes.apply(to: &faults) {
            tell(node, "\(instruction.countKey) is how many times \(instruction.codeKey) is answered; say both")
        }
        return faults
    }
}
