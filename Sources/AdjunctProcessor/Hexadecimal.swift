// Hexadecimal text without Foundation.

/// The lower-case digit of a value from 0 to 15.
@inline(__always)
func hexDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") - 10 + value
}

/// The value of a hexadecimal digit of either case, nil for any other byte.
@inline(__always)
func hexValue(_ digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
    default: nil
    }
}

/// An optional `0x` and one to four hexadecimal digits whose value fits a byte; nil for anything else.
func hexByte(_ text: some Collection<UInt8>) -> UInt8? {
    let digits = text.starts(with: "0x".utf8) ? text.dropFirst(2) : text[...]
    guard (1...4).contains(digits.count) else { return nil }
    var value: UInt32 = 0
    for digit in digits {
        guard let nibble = hexValue(digit) else { return nil }
        value = value << 4 | UInt32(nibble)
    }
    return UInt8(exactly: value)
}
