public import AdjunctProcessor

/// A Crypto Express card by the name the tree gives it in `type`: `CEX8C` is generation 8 as a CCA coprocessor.
///
/// There are CEX2 and CEX3 as A and C, CEX4 to CEX9 as A, C and P.
public struct CardType: Hashable, Sendable, CustomStringConvertible {
    /// 2 to 9, the digit of the name.
    public let generation: UInt8
    /// The letter of the name; EP11 from generation 4 on.
    public let mode: CardMode

    /// Nil where no such card was ever made.
    public init?(generation: UInt8, mode: CardMode) {
        guard (2...9).contains(generation), generation >= 4 || mode != .ep11 else { return nil }
        self.init(known: generation, mode)
    }

    /// Reads `CEX8C`, upper case. Nil for anything else.
    public init?(_ name: some StringProtocol) {
        let rest = name.dropFirst(3)
        guard name.hasPrefix("CEX"), rest.count == 2,
            let generation = UInt8(rest.prefix(1)),
            let mode = rest.last.flatMap({ CardMode(letter: $0) })
        else { return nil }
        self.init(generation: generation, mode: mode)
    }

    private init(known generation: UInt8, _ mode: CardMode) {
        self.generation = generation
        self.mode = mode
    }

    static let cex8a = CardType(known: 8, .accelerator)
    static let cex8c = CardType(known: 8, .coprocessor)
    static let cex8p = CardType(known: 8, .ep11)
    static let cex7c = CardType(known: 7, .coprocessor)

    /// The names of all, for the reader of an error message.
    static let names = "CEX2A, CEX2C, CEX3A, CEX3C, CEX4A, CEX4C, CEX4P … CEX9A, CEX9C, CEX9P"

    public var description: String {
        "CEX\(generation)\(mode.letter)"
    }

    /// What TAPQ answers as the type: 6 and 7 for CEX2A and CEX2C, 8 and 9 for CEX3A and CEX3C, then one number for a
    /// generation, 10 (CEX4) to 15 (CEX9).
    public var hardwareType: UInt8 {
        switch generation {
        case 2: mode == .accelerator ? 6 : 7
        case 3: mode == .accelerator ? 8 : 9
        default: generation + 6
        }
    }
}
