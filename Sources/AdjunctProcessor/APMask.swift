/// A set of adapter or domain numbers: 256 bits, of which bit 0 is the **leftmost**, as in the machine's own masks
/// (`apm`, `aqm`, `adm`) and in every mask file of the tree.
///
/// A plain value of 32 bytes, no allocation. As a `Sequence` it yields its members in ascending order.
public struct APMask: Hashable, Sendable {
    // Number n is bit 63 - n % 64 of word n / 64.
    @usableFromInline var word0: UInt64
    @usableFromInline var word1: UInt64
    @usableFromInline var word2: UInt64
    @usableFromInline var word3: UInt64

    /// The mask whose words, from the left, are these.
    @inlinable
    public init(words: (UInt64, UInt64, UInt64, UInt64)) {
        (word0, word1, word2, word3) = words
    }

    /// The mask that has exactly these bits.
    public init(_ bits: some Sequence<UInt8>) {
        self = .none
        for bit in bits { self[bit] = true }
    }

    /// The four words from the left: bit 0 is the most significant bit of the first.
    @inlinable
    public var words: (UInt64, UInt64, UInt64, UInt64) {
        (word0, word1, word2, word3)
    }

    /// No bit.
    @inlinable
    public static var none: APMask { APMask(words: (0, 0, 0, 0)) }

    /// All 256 bits.
    @inlinable
    public static var all: APMask { APMask(words: (.max, .max, .max, .max)) }

    /// The bits from 0 up to and including `last`: every number that a maximum allows.
    public static func through(_ last: UInt8) -> APMask {
        // A shift by 64 or more leaves 0.
        func word(_ index: Int) -> UInt64 {
            let missing = Swift.max(0, 64 * (index + 1) - (Int(last) + 1))
            return .max << missing
        }
        return APMask(words: (word(0), word(1), word(2), word(3)))
    }

    /// Whether the bit is set.
    @inlinable
    public subscript(bit: UInt8) -> Bool {
        get {
            let word =
                switch bit >> 6 {
                case 0: word0
                case 1: word1
                case 2: word2
                default: word3
                }
            return word & Self.position(bit) != 0
        }
        set {
            let position = Self.position(bit)
            func apply(_ word: inout UInt64) {
                if newValue { word |= position } else { word &= ~position }
            }
            switch bit >> 6 {
            case 0: apply(&word0)
            case 1: apply(&word1)
            case 2: apply(&word2)
            default: apply(&word3)
            }
        }
    }

    /// Whether the bit of the adapter's number is set.
    @inlinable
    public subscript(adapter: AdapterID) -> Bool {
        get { self[adapter.rawValue] }
        set { self[adapter.rawValue] = newValue }
    }

    /// Whether the bit of the domain's number is set.
    @inlinable
    public subscript(domain: DomainID) -> Bool {
        get { self[domain.rawValue] }
        set { self[domain.rawValue] = newValue }
    }

    /// Whether the bit is set; the same as the subscript.
    @inlinable
    public func contains(_ bit: UInt8) -> Bool { self[bit] }

    /// Whether the bit of the adapter's number is set.
    @inlinable
    public func contains(_ adapter: AdapterID) -> Bool { self[adapter.rawValue] }

    /// Whether the bit of the domain's number is set.
    @inlinable
    public func contains(_ domain: DomainID) -> Bool { self[domain.rawValue] }

    @inlinable
    static func position(_ bit: UInt8) -> UInt64 {
        1 << (63 - UInt64(bit & 63))
    }
}
