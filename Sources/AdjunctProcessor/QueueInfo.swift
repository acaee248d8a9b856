/// What a card does for its users; in uevents `MODE=accel`, in card types the letter (`CEX8A`).
public enum CardMode: String, Hashable, Sendable, CaseIterable {
    /// RSA in clear, fast.
    case accelerator = "accel"
    /// IBM's Common Cryptographic Architecture.
    case coprocessor = "cca"
    /// Enterprise PKCS #11.
    case ep11 = "ep11"

    /// The last letter of the card's type: A, C or P.
    public var letter: Character {
        switch self {
        case .accelerator: "A"
        case .coprocessor: "C"
        case .ep11: "P"
        }
    }

    /// The mode with that letter; nil for all but A, C and P.
    public init?(letter: Character) {
        guard let mode = Self.allCases.first(where: { $0.letter == letter }) else { return nil }
        self = mode
    }

    /// The function bit that declares the mode.
    var functionBit: UInt32 {
        switch self {
        case .accelerator: 0x0800_0000
        case .coprocessor: 0x1000_0000
        case .ep11: 0x0400_0000
        }
    }

    /// The function bits that such a card reports when nothing else is said.
    public var functions: UInt32 {
        switch self {
        case .accelerator: 0x6B00_0000
        case .coprocessor: 0x9300_0000
        case .ep11: 0x0700_0000
        }
    }
}

/// What TAPQ tells about a queue besides its status (GR2).
public struct QueueInfo: Hashable, Sendable {
    /// Whether a queue of a secure-execution guest is bound and associated (field BS).
    public enum BindState: UInt8, Sendable {
        /// Bound and associated, or binding is not in use at all.
        case usable = 0
        /// Bound, not yet associated with a secret.
        case boundNotAssociated = 1
        /// Not bound.
        case unbound = 2
        /// Of no use to such a guest: a CCA queue. lszcrypt calls it illicit.
        case unusable = 3
    }

    /// The hardware type: 10 (CEX4) to 14 (CEX8), below for older cards.
    public var type: UInt8
    /// The function bits. Those that have a meaning are in the upper half of the word: `0x93000000`.
    public var functions: UInt32
    /// The queue's depth less one (field QD); 7 is a queue of eight requests.
    public var depth: UInt8
    /// The longest message in units of 4096 bytes (field ML); 3 is 12288.
    public var messageLimit: UInt8
    /// The field BS; `usable` unless the configuration is a secure-execution guest.
    public var bindState: BindState

    /// By default a queue of eight requests of up to 12288 bytes each, with no binding in use.
    public init(
        type: UInt8, functions: UInt32, depth: UInt8 = 7, messageLimit: UInt8 = 3, bindState: BindState = .usable
    ) {
        self.type = type
        self.functions = functions
        self.depth = depth
        self.messageLimit = messageLimit
        self.bindState = bindState
    }

    /// The function bits and the field BS below them: the upper half of GR2, as a queue's `ap_functions` shows it.
    public var facilities: UInt32 { functions | UInt32(bindState.rawValue) << 14 }

    /// What comes with a status that says nothing about the queue (response code 01 and the like).
    public static let none = QueueInfo(type: 0, functions: 0, depth: 0, messageLimit: 0)

    /// The mode that the function bits declare, the first of accelerator, CCA and EP11; nil for a card that declares none.
    public var mode: CardMode? { has(.accelerator) ? .accelerator : coprocessorMode }

    /// What the card is besides an accelerator: CCA before EP11; nil for neither. From it come the files that tell of the card: one
    /// with the bits of two modes can work in one and have the files of the other.
    public var coprocessorMode: CardMode? { [.coprocessor, .ep11].first { has($0) } }

    private func has(_ mode: CardMode) -> Bool { functions & mode.functionBit != 0 }

    /// How many requests the queue takes: the number in `depth` of the card's directory.
    public var capacity: Int { Int(depth) + 1 }

    /// The longest message in bytes: the number in `max_msg_size`.
    public var maximumMessageSize: Int { messageLimit == 0 ? 12288 : Int(messageLimit) * 4096 }
}
