public import AdjunctProcessor

/// A plugged card. What it tells about itself when a driver asks is optional: a card of which nothing is known is mute.
public struct Adapter: Hashable, Sendable {
    /// What the card is; the mode decides what it can tell about itself.
    public var type: CardType
    /// What TAPQ answers as the type, if not the type's own number.
    public var rawType: UInt8?
    /// How many requests each queue takes, 1 to 16; eight unless said otherwise.
    public var depth: Int?
    /// The longest message in bytes, a multiple of 4096 up to 61440; 12288 unless said otherwise, and with 0.
    public var maximumMessageSize: Int?
    /// It is configured, not in standby.
    public var config: Bool
    /// It is checkstopped.
    public var chkstop: Bool
    /// The function bits, if not those of its mode.
    public var functions: UInt32?
    /// Eight characters (CCA) or sixteen (EP11).
    public var serialNumber: String?
    /// EP11 only.
    public var apiOrdinal: UInt32?
    /// EP11 only.
    public var firmware: EP11CardInfo.Firmware?
    /// EP11 only.
    public var operationModes: EP11OperationModes?
    /// CCA only: the master keys of the domains that answer.
    public var masterKeys: [DomainID: CCAMasterKeys]
    /// EP11 only: the wrapping keys and modes of the domains that answer.
    public var wrappingKeys: [DomainID: EP11DomainInfo]

    /// By default a card that is configured, in operation and mute.
    public init(
        type: CardType, rawType: UInt8? = nil, depth: Int? = nil, maximumMessageSize: Int? = nil, config: Bool = true,
        chkstop: Bool = false, functions: UInt32? = nil, serialNumber: String? = nil, apiOrdinal: UInt32? = nil,
        firmware: EP11CardInfo.Firmware? = nil, operationModes: EP11OperationModes? = nil,
        masterKeys: [DomainID: CCAMasterKeys] = [:], wrappingKeys: [DomainID: EP11DomainInfo] = [:]
    ) {
        self.type = type
        self.rawType = rawType
        self.depth = depth
        self.maximumMessageSize = maximumMessageSize
        self.config = config
        self.chkstop = chkstop
        self.functions = functions
        self.serialNumber = serialNumber
        self.apiOrdinal = apiOrdinal
        self.firmware = firmware
        self.operationModes = operationModes
        self.masterKeys = masterKeys
        self.wrappingKeys = wrappingKeys
    }

    /// What TAPQ tells of each of its queues.
    public var queueInfo: QueueInfo {
        var info = QueueInfo(type: rawType ?? type.hardwareType, functions: functions ?? type.mode.functions)
        if let depth { info.depth = UInt8(depth - 1) }
        if let maximumMessageSize { info.messageLimit = UInt8(maximumMessageSize / 4096) }
        return info
    }

    /// Whether the other one is the same piece of hardware, whatever has become of it.
    func isSameCard(as other: Adapter?) -> Bool {
        type == other?.type && rawType == other?.rawType
    }

    /// The response code of an instruction to any of its queues: 00, 03 or 04.
    public var condition: ResponseCode {
        if !config { return .deconfigured }
        return chkstop ? .checkstopped : .normal
    }

    /// What it answers to a question in that domain; nil: nothing.
    func answer(_ query: DeviceQuery, in domain: DomainID) -> DeviceAnswer? {
        switch (query, type.mode) {
        case (.ccaSerialNumber, .coprocessor):
            return serialNumber.map { .ccaSerialNumber($0) }
        case (.ccaMasterKeys, .coprocessor):
            return masterKeys[domain].map { .ccaMasterKeys($0) }
        case (.ep11CardInfo, .ep11):
            if serialNumber == nil && apiOrdinal == nil && firmware == nil && operationModes == nil { return nil }
            return .ep11CardInfo(
                EP11CardInfo(
                    apiOrdinal: apiOrdinal ?? 0, firmware: firmware, serialNumber: serialNumber ?? "",
                    modes: operationModes ?? []))
        case (.ep11DomainInfo, .ep11):
            return wrappingKeys[domain].map { .ep11DomainInfo($0) }
        default:
            return nil
        }
    }
}
