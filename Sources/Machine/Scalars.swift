internal import AdjunctProcessor

// The few spellings that commands and YAML share.

/// `0` or `1`.
func flag(_ text: String) -> Bool? {
    switch text {
    case "0": false
    case "1": true
    default: nil
    }
}

/// A decimal number up to 255, or a hexadecimal one with `0x`.
func decimal(_ text: String) -> UInt8? {
    if text.hasPrefix("0x") { return hexadecimal(text) }
    return text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ? UInt8(text) : nil
}

/// A decimal number up to a greatest one, or a hexadecimal one with `0x`.
func number(_ text: String, through last: Int) -> Int? {
    let isHexadecimal = text.hasPrefix("0x")
    let digits = isHexadecimal ? text.dropFirst(2) : text[...]
    guard digits.utf8.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }),
        let number = Int(digits, radix: isHexadecimal ? 16 : 10), number <= last
    else { return nil }
    return number
}

/// How many requests a queue takes: the field of the hardware has four bits.
func depth(_ text: String) -> Int? {
    number(text, through: 16).flatMap { $0 > 0 ? $0 : nil }
}

/// The longest message of a card: the field of the hardware has four bits, for pages.
func messageSize(_ text: String) -> Int? {
    number(text, through: 15 * 4096).flatMap { $0 % 4096 == 0 ? $0 : nil }
}

/// What is right for a key, for the reader of a message.
enum Spelling {
    static let rawType = "0 to 255, decimal"
    static let depth = "1 to 16, decimal"
    static let messageSize = "0 or a multiple of 4096 up to 61440, decimal"
}

/// A hexadecimal number up to ff, with or without `0x`.
func hexadecimal(_ text: String) -> UInt8? {
    AdapterID(hex: text)?.rawValue
}
