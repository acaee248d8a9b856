public import AdjunctProcessor

/// A machine as a value: what is plugged, which domains may be used, what is broken. `+Reading` and `+Writing` are its text.
public struct MachineDescription: Hashable, Sendable {
    /// The cards that are plugged.
    public var adapters: [AdapterID: Adapter]
    /// The domains whose queues may be used.
    public var usageDomains: APMask
    /// The domains that may be controlled.
    public var controlDomains: APMask
    /// The greatest adapter number that QCI tells.
    public var maxAdapter: UInt8
    /// The greatest domain number that QCI tells.
    public var maxDomain: UInt8
    /// The flags that QCI tells; nil: the machine has no QCI.
    public var features: Features?
    /// The AP instructions are there at all; without them Linux has no AP bus, and there are no adapters.
    public var apInstructions: Bool
    /// AP interrupts (facility 65): AQIC is there.
    public var interrupts: Bool
    /// Adapters can be configured and deconfigured with SCLP.
    public var reconfiguration: Bool
    /// It is a secure-execution guest, which binds its queues; told by APSB too.
    public var secureExecution: Bool
    /// Linux is a guest of z/VM: it polls queues more slowly.
    public var zVM: Bool
    /// Linux is told of changes of the configuration, and scans at once.
    public var notification: Bool
    /// The machine type that it tells of itself, four digits; nil: that of the machine for which the newest card was made.
    public var machineType: String?
    /// How Linux is booted on it.
    public var boot: Boot
    /// What is wrong with queues. A queue that is not listed is in order.
    ///
    /// Only queues of plugged adapters and usage domains are listed: when you take one of these away, take its entries away too.
    public var queues: [APQN: QueueFaults]

    /// By default a machine with the usual facilities, and with neither adapters nor domains.
    ///
    /// Nothing is checked: a number above its maximum is one that no instruction reaches.
    public init(
        adapters: [AdapterID: Adapter] = [:], usageDomains: APMask = .none, controlDomains: APMask = .none,
        maxAdapter: UInt8 = 255, maxDomain: UInt8 = 255, features: Features? = .usual, apInstructions: Bool = true,
        interrupts: Bool = true, reconfiguration: Bool = true, secureExecution: Bool = false, zVM: Bool = false,
        notification: Bool = false, machineType: String? = nil, boot: Boot = Boot(), queues: [APQN: QueueFaults] = [:]
    ) {
        self.adapters = adapters
        self.usageDomains = usageDomains
        self.controlDomains = controlDomains
        self.maxAdapter = maxAdapter
        self.maxDomain = maxDomain
        self.features = features
        self.apInstructions = apInstructions
        self.interrupts = interrupts
        self.reconfiguration = reconfiguration
        self.secureExecution = secureExecution
        self.zVM = zVM
        self.notification = notification
        self.machineType = machineType
        self.boot = boot
        self.queues = queues
    }

    /// The machine of the recordings: four cards, of which none answers questions about itself.
    public static let `default` = MachineDescription(
        adapters: [
            AdapterID(0x03): Adapter(type: .cex8a),
            AdapterID(0x05): Adapter(type: .cex8c),
            AdapterID(0x06): Adapter(type: .cex8p),
            AdapterID(0x0a): Adapter(type: .cex7c),
        ],
        usageDomains: APMask([0x04, 0x47, 0xab, 0xff]),
        controlDomains: APMask([0x04, 0x10, 0x47, 0xab, 0xff]))

    /// Whether the adapter of a queue is plugged, and its domain may be used.
    func hasQueue(_ apqn: APQN) -> Bool {
        adapters[apqn.adapter] != nil && usageDomains.contains(apqn.domain)
    }

    /// The greatest adapter number that an instruction can name: 3f without APXA.
    public var addressableAdapter: UInt8 {
        features?.contains(.apxa) == true ? maxAdapter : min(maxAdapter, 0x3f)
    }

    /// The greatest domain number that an instruction can name: 0f without APXA.
    public var addressableDomain: UInt8 {
        features?.contains(.apxa) == true ? maxDomain : min(maxDomain, 0x0f)
    }

    /// What QCI answers; nil when the machine has no QCI.
    public var configuration: ConfigurationInfo? {
        guard let features else { return nil }
        return ConfigurationInfo(
            apsc: features.contains(.apsc), apxa: features.contains(.apxa), qact: features.contains(.qact),
            rc8a: features.contains(.rc8a), apsb: features.contains(.apsb),
            maxAdapter: maxAdapter, maxDomain: maxDomain,
            adapters: APMask(adapters.keys.map(\.rawValue)), usageDomains: usageDomains, controlDomains: controlDomains)
    }
}

extension MachineDescription {
    /// The flags of QCI, by the names that `/sys/bus/ap/features` shows.
    public struct Features: OptionSet, Hashable, Sendable {
        /// A bit for each flag, in an order of our own: it is not what QCI answers.
        public let rawValue: UInt8

        /// Bits beyond the five flags mean nothing.
        public init(rawValue: UInt8) {
            self.rawValue = rawValue
        }

        /// AP special command facility.
        public static let apsc = Features(rawValue: 1)
        /// AP extended addressing: without it there are adapters up to 3f and domains up to 0f only.
        public static let apxa = Features(rawValue: 2)
        /// The function QACT is there: cards newer than CEX8 can be driven.
        public static let qact = Features(rawValue: 4)
        /// Response code 8A facility.
        public static let rc8a = Features(rawValue: 8)
        /// AP secure binding; a machine with `secureExecution` has it.
        public static let apsb = Features(rawValue: 16)

        /// `APSC APXA QACT RC8A`.
        public static let usual: Features = [.apsc, .apxa, .qact, .rc8a]

        static let named: [(name: String, feature: Features)] = [
            ("APSC", .apsc), ("APXA", .apxa), ("QACT", .qact), ("RC8A", .rc8a), ("APSB", .apsb),
        ]
    }
}
