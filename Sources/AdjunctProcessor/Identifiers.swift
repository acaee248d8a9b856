internal import Hexadecimal

// The numbers by which the architecture names things. In the tree they are lower-case hexadecimal: card05, 05.0047.

/// The number of an adapter (APID), the card: 00 to ff. Written as in `card05`.
public struct AdapterID: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    /// 0 to 255; above 63 only with extended addressing (APXA).
    public let rawValue: UInt8

    /// Takes every number, whether or not the machine has such an adapter.
    @inlinable
    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// Shorthand of `init(rawValue:)`.
    @inlinable
    public init(_ rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// Reads hexadecimal text of one to four digits, with or without `0x`: `6`, `06`, `0x06`.
    /// Nil when it is anything else or above ff.
    public init?(hex text: some StringProtocol) {
        guard let value = hexByte(text.utf8) else { return nil }
        rawValue = value
    }

    /// Two digits: `05`.
    public var description: String {
        rawValue.hex(2)
    }

    /// Appends the bytes of `description`.
    public func write(into bytes: inout [UInt8]) {
        bytes.append(hexDigit(rawValue >> 4))
        bytes.append(hexDigit(rawValue & 15))
    }

    public static func < (left: Self, right: Self) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// The number of a domain (APQI): 0000 to 00ff. Written as in `05.0047`, after the point.
public struct DomainID: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    /// 0 to 255; above 15 only with extended addressing (APXA).
    public let rawValue: UInt8

    /// Takes every number, whether or not the machine has such a domain.
    @inlinable
    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// Shorthand of `init(rawValue:)`.
    @inlinable
    public init(_ rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// Reads hexadecimal text of one to four digits, with or without `0x`: `47`, `0047`, `0x47`.
    /// Nil when it is anything else or above ff.
    public init?(hex text: some StringProtocol) {
        guard let value = hexByte(text.utf8) else { return nil }
        rawValue = value
    }

    /// Four digits: `0047`.
    public var description: String {
        rawValue.hex(4)
    }

    /// Appends the bytes of `description`.
    public func write(into bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "0"))
        bytes.append(UInt8(ascii: "0"))
        bytes.append(hexDigit(rawValue >> 4))
        bytes.append(hexDigit(rawValue & 15))
    }

    public static func < (left: Self, right: Self) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// An AP queue number: one domain of one adapter, that is, one queue. Ordered by adapter, then by domain, as the bus
/// scans them.
public struct APQN: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// In `05.0047` the number before the point.
    public let adapter: AdapterID
    /// In `05.0047` the number behind the point.
    public let domain: DomainID

    /// Names a queue, whether or not the machine has it.
    public init(adapter: AdapterID, domain: DomainID) {
        self.adapter = adapter
        self.domain = domain
    }

    /// Reads `05.0047`; each side as `AdapterID.init(hex:)` and `DomainID.init(hex:)` take it. Nil when it is anything else.
    public init?(_ text: some StringProtocol) {
        guard let point = text.firstIndex(of: "."),
            let adapter = AdapterID(hex: text[..<point]),
            let domain = DomainID(hex: text[text.index(after: point)...])
        else { return nil }
        self.init(adapter: adapter, domain: domain)
    }

    /// The name of the queue's directory: `05.0047`.
    public var description: String {
        "\(adapter).\(domain)"
    }

    /// Appends the bytes of `description`.
    public func write(into bytes: inout [UInt8]) {
        adapter.write(into: &bytes)
        bytes.append(UInt8(ascii: "."))
        domain.write(into: &bytes)
    }

    public static func < (left: Self, right: Self) -> Bool {
        (left.adapter, left.domain) < (right.adapter, right.domain)
    }
}
