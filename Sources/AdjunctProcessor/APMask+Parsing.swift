// The text of the mask files: apmask, aqmask, the masks of a zcrypt node, a token of ap_config.

/// What a number above 2^64 - 1 becomes in a relative mask.
public enum NumberOverflow: Sendable {
    /// It stays at 2^64 - 1, and is refused as all numbers above 255. Linux 7.2.
    case saturates
    /// It is reduced modulo 2^64, so `+18446744073709551616` means `+0`. Linux 6.1 and 6.12.
    case wraps
}

extension APMask {
    /// The mask that the text asks for, nil when it is malformed (EINVAL).
    ///
    /// * Absolute: an optional prefix `0x` or `x`, up to 64 hexadecimal digits **from the left** (`0x8` is bit 0 alone), one
    ///   optional newline. No digit at all is the empty mask.
    /// * Relative, when the first byte is a sign: `+5`, `-0x20-0x2f,+7`: terms of a sign and one number or a range change
    ///   `current` one after the other. Numbers are decimal, octal (`010`) or hexadecimal (`0x10`). Any run of `,` and
    ///   newline may follow a term, and none need to. One bad term and nothing happened.
    ///
    /// - Parameters:
    ///   - text: what was written, already cut at the first NUL.
    ///   - current: where relative terms start.
    ///
    /// Kernel: ap_bus.c, ap_parse_mask_str.
    public static func parse(_ text: some Collection<UInt8>, current: APMask, overflow: NumberOverflow) -> APMask? {
        let bytes = Array(text)
        if bytes.first == UInt8(ascii: "+") || bytes.first == UInt8(ascii: "-") {
            return parseRelative(bytes[...], current: current, overflow: overflow)
        }
        return parseAbsolute(bytes.last == UInt8(ascii: "\n") ? bytes.dropLast() : bytes[...])
    }

    /// One token of `ap_config`: the absolute form without its newline. No digit at all is the empty mask. Nil when it is
    /// malformed (EINVAL).
    ///
    /// Kernel: ap_bus.c, ap_hex2bitmap.
    public static func parseHex(_ token: some Collection<UInt8>) -> APMask? {
        parseAbsolute(Array(token)[...])
    }

    private static func parseAbsolute(_ text: ArraySlice<UInt8>) -> APMask? {
        var digits = text
        // "0x" loses its zero, then "x" goes: "0xx8" is refused, and so is "0X8".
        if digits.starts(with: "0x".utf8) { digits = digits.dropFirst() }
        if digits.first == UInt8(ascii: "x") { digits = digits.dropFirst() }

        var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        var count = 0
        for digit in digits {
            guard count < 64, let nibble = hexValue(digit) else { return nil }
            let bits = UInt64(nibble) << UInt64(60 - 4 * (count & 15))
            switch count >> 4 {
            case 0: words.0 |= bits
            case 1: words.1 |= bits
            case 2: words.2 |= bits
            default: words.3 |= bits
            }
            count += 1
        }
        return APMask(words: words)
    }

    private static func parseRelative(_ text: ArraySlice<UInt8>, current: APMask, overflow: NumberOverflow) -> APMask? {
        var mask = current
        var rest = text
        while let sign = rest.popFirst() {
            guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"),
                let first = takeNumber(&rest, overflow)
            else { return nil }
            var last = first
            if rest.first == UInt8(ascii: "-") {
                rest.removeFirst()
                guard let number = takeNumber(&rest, overflow), first <= number else { return nil }
                last = number
            }
            for bit in first...last { mask[bit] = sign == UInt8(ascii: "+") }
            rest = rest.drop { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\n") }
        }
        return mask
    }

    /// Takes a number as `simple_strtoul` with base 0 does; nil without a digit or above 255.
    ///
    /// `0x` needs a hexadecimal digit after it, or it is the octal number 0 with an `x` left over.
    private static func takeNumber(_ text: inout ArraySlice<UInt8>, _ overflow: NumberOverflow) -> UInt8? {
        var radix: UInt64 = 10
        if text.first == UInt8(ascii: "0") {
            let afterPrefix = text.dropFirst(2)
            let isHexadecimal =
                (text.dropFirst().first ?? 0) | 0x20 == UInt8(ascii: "x") && afterPrefix.first.flatMap(hexValue) != nil
            radix = isHexadecimal ? 16 : 8
            if isHexadecimal { text = afterPrefix }
        }
        var value: UInt64?
        while let digit = text.first.flatMap(hexValue), digit < radix {
            text.removeFirst()
            let (high, low) = (value ?? 0).multipliedFullWidth(by: radix)
            let (sum, carry) = low.addingReportingOverflow(UInt64(digit))
            let overflows = high != 0 || carry
            value = overflows && overflow == .saturates ? .max : sum
            if overflows && overflow == .saturates {
                // Whatever digits follow, it stays there.
                text = text.drop { (hexValue($0) ?? .max) < radix }
            }
        }
        return value.flatMap { UInt8(exactly: $0) }
    }
}
