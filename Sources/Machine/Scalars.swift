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

/// A hexadecimal number up to ff, with or without `0x`.
func hexadecimal(_ text: String) -> UInt8? {
    AdapterID(hex: text)?.rawValue
}
