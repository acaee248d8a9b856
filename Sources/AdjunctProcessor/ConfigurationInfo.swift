/// The AP configuration of a machine or a guest, what QCI answers: what is installed and what may be used.
public struct ConfigurationInfo: Hashable, Sendable {
    /// AP special command facility (shown as `APSC`).
    public var apsc: Bool
    /// AP extended addressing: numbers above 3f and 0f (shown as `APXA`).
    public var apxa: Bool
    /// The QACT function is there (shown as `QACT`).
    public var qact: Bool
    /// Response code 8A facility (shown as `RC8A`).
    public var rc8a: Bool
    /// AP secure binding: the configuration is a secure-execution guest that must bind its queues (shown as `APSB`).
    public var apsb: Bool

    /// The greatest adapter number (field NA), meaningful with `apxa`.
    public var maxAdapter: UInt8
    /// The greatest domain number (field ND), meaningful with `apxa`.
    public var maxDomain: UInt8

    /// The adapters (apm).
    public var adapters: APMask
    /// The domains that may be used (aqm).
    public var usageDomains: APMask
    /// The domains that may be controlled (adm).
    public var controlDomains: APMask

    /// By default all facilities but APSB, the greatest maxima, and neither adapters nor domains.
    public init(
        apsc: Bool = true, apxa: Bool = true, qact: Bool = true, rc8a: Bool = true, apsb: Bool = false,
        maxAdapter: UInt8 = 255, maxDomain: UInt8 = 255,
        adapters: APMask = .none, usageDomains: APMask = .none, controlDomains: APMask = .none
    ) {
        self.apsc = apsc
        self.apxa = apxa
        self.qact = qact
        self.rc8a = rc8a
        self.apsb = apsb
        self.maxAdapter = maxAdapter
        self.maxDomain = maxDomain
        self.adapters = adapters
        self.usageDomains = usageDomains
        self.controlDomains = controlDomains
    }

    /// Whether any facility is installed.
    public var hasFacilities: Bool { apsc || apxa || qact || rc8a || apsb }

    /// The names of the flags that are set, separated by spaces: `APSC APXA QACT RC8A`. Empty when none is.
    public var featuresText: String {
        [("APSC", apsc), ("APXA", apxa), ("QACT", qact), ("RC8A", rc8a), ("APSB", apsb)]
            .filter(\.1).map(\.0).joined(separator: " ")
    }
}
