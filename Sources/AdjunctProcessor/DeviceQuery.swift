internal import Hexadecimal

// What the zcrypt drivers ask a card with a request message, because no instruction tells it.

/// A question to a card or to one domain of it.
public enum DeviceQuery: Hashable, Sendable {
    /// `serialnr` of a CCA card.
    case ccaSerialNumber
    /// `mkvps` of a CCA queue.
    case ccaMasterKeys
    /// `API_ordinalnr`, `FW_version`, `serialnr` and `op_modes` of an EP11 card.
    case ep11CardInfo
    /// `mkvps` and `op_modes` of an EP11 queue.
    case ep11DomainInfo
}

/// The answer to the question of the same name.
public enum DeviceAnswer: Hashable, Sendable {
    /// Eight characters.
    case ccaSerialNumber(String)
    /// The registers of the domain that was asked.
    case ccaMasterKeys(CCAMasterKeys)
    /// The same from every domain of the card.
    case ep11CardInfo(EP11CardInfo)
    /// The wrapping key and the modes of the domain that was asked.
    case ep11DomainInfo(EP11DomainInfo)
}

/// A verification pattern: the fingerprint of a key. 8 bytes (AES, APKA), 16 (ASYM) or 32 (EP11).
public struct VerificationPattern: Hashable, Sendable, CustomStringConvertible {
    /// In the order of their digits.
    public let bytes: [UInt8]

    /// Takes any number of bytes: which number is right depends on the key.
    public init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Reads an even number of hexadecimal digits, with or without `0x`; nil for anything else.
    public init?(hex text: some StringProtocol) {
        let digits = Array(text.hasPrefix("0x") ? text.dropFirst(2).utf8 : text[...].utf8)
        guard !digits.isEmpty, digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = hexValue(digits[index]), let low = hexValue(digits[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        self.bytes = bytes
    }

    /// Lower-case hexadecimal digits without a prefix.
    public var description: String {
        bytes.map { ($0).hex(2) }.joined()
    }
}

/// The three registers of each of the three master keys of a CCA domain.
public struct CCAMasterKeys: Hashable, Sendable {
    /// The register in which a key is being entered.
    public enum New: Hashable, Sendable {
        /// No part of a key has been entered.
        case empty
        /// The first part of a key has been entered, the last one not yet.
        case partial
        /// A whole key has been entered; it is not in use yet.
        case full(VerificationPattern)
    }

    /// A register that holds a key in use or the one before it.
    public enum Stored: Hashable, Sendable {
        /// It holds no key.
        case invalid
        /// It holds the key with this pattern.
        case valid(VerificationPattern)
    }

    /// The registers of one master key.
    public struct Registers: Hashable, Sendable {
        /// The key that is being entered: `NEW` in `mkvps`.
        public var new: New
        /// The key in use: `CUR` in `mkvps`.
        public var current: Stored
        /// The key that was in use before: `OLD` in `mkvps`.
        public var old: Stored

        /// By default registers without keys.
        public init(new: New = .empty, current: Stored = .invalid, old: Stored = .invalid) {
            self.new = new
            self.current = current
            self.old = old
        }
    }

    /// Patterns of 8 bytes.
    public var aes: Registers
    /// Patterns of 8 bytes.
    public var apka: Registers
    /// Patterns of 16 bytes.
    public var asym: Registers

    /// By default a domain without keys.
    public init(aes: Registers = Registers(), apka: Registers = Registers(), asym: Registers = Registers()) {
        self.aes = aes
        self.apka = apka
        self.asym = asym
    }
}

/// The operational modes of an EP11 card or domain. Their names are the words of `op_modes`, bit 0 first.
public struct EP11OperationModes: OptionSet, Hashable, Sendable {
    /// Bit n, counted from the least significant one, is the mode `names[n]`.
    public let rawValue: UInt32

    /// Bits without a name are kept; `names` leaves them out.
    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// The name of every bit, bit 0 first.
    public static let names = [
        "FIPS2009", "BSI2009", "FIPS2011", "BSI2011", "SIGG-IMPORT", "SIGG", "BSICC2017", "FIPS2021", "FIPS2024",
    ]

    /// The mode of that name; nil where there is none.
    public init?(name: some StringProtocol) {
        guard let bit = Self.names.firstIndex(where: { $0 == name }) else { return nil }
        self.init(rawValue: 1 << UInt32(bit))
    }

    /// The names of the modes that are set, bit 0 first.
    public var names: [String] {
        Self.names.indices.filter { rawValue & (1 << UInt32($0)) != 0 }.map { Self.names[$0] }
    }
}

/// What an EP11 card tells about itself.
public struct EP11CardInfo: Hashable, Sendable {
    /// The API ordinal number; 0 when unknown.
    public var apiOrdinal: UInt32
    /// The firmware's version as `FW_version` shows it, major and minor; nil when unknown.
    public var firmware: Firmware?
    /// Sixteen characters; empty when unknown.
    public var serialNumber: String
    /// The words of `op_modes`; empty also when unknown.
    public var modes: EP11OperationModes

    /// A version in two numbers of a byte each.
    public struct Firmware: Hashable, Sendable, CustomStringConvertible {
        /// The number before the point.
        public var major: UInt8
        /// The number behind the point.
        public var minor: UInt8

        /// As in `FW_version`: `Firmware(major: 4, minor: 18)` is `4.18`.
        public init(major: UInt8, minor: UInt8) {
            self.major = major
            self.minor = minor
        }

        /// `4.18`.
        public var description: String { "\(major).\(minor)" }
    }

    /// By default everything is unknown.
    public init(
        apiOrdinal: UInt32 = 0, firmware: Firmware? = nil, serialNumber: String = "", modes: EP11OperationModes = []
    ) {
        self.apiOrdinal = apiOrdinal
        self.firmware = firmware
        self.serialNumber = serialNumber
        self.modes = modes
    }
}

/// What a domain of an EP11 card tells about itself.
public struct EP11DomainInfo: Hashable, Sendable {
    /// The wrapping key in use.
    public enum Current: Hashable, Sendable {
        /// There is none.
        case invalid
        /// The key with this pattern of 32 bytes.
        case valid(VerificationPattern)
    }

    /// The wrapping key that waits to be used.
    public enum New: Hashable, Sendable {
        /// There is none.
        case empty
        /// It has been entered, and is still to be confirmed; 32 bytes.
        case uncommitted(VerificationPattern)
        /// It has been confirmed, and can come into use; 32 bytes.
        case committed(VerificationPattern)
    }

    /// `WK CUR` in `mkvps`.
    public var current: Current
    /// `WK NEW` in `mkvps`.
    public var new: New
    /// The words of `op_modes` of the queue.
    public var modes: EP11OperationModes

    /// By default a domain without keys and without modes.
    public init(current: Current = .invalid, new: New = .empty, modes: EP11OperationModes = []) {
        self.current = current
        self.new = new
        self.modes = modes
    }
}
