internal import SystemAdditions

/// The name of a device whose maker has given it where a format belongs, as Linux 6.1 does with nodes of /sys/class/zcrypt: `%%` is a
/// percent sign, and other conversions take arguments that nobody has passed.
///
/// Kernel: drivers/s390/crypto/zcrypt_api.c, zcdn_create; lib/vsprintf.c, vsnprintf.
struct FormattedName {
    /// The name; nil where it would be longer than anybody could want.
    let text: String?

    /// What lies where the first argument would: the same at each call, in the build that was recorded. It is an address, and this is the
    /// string there. Of further ones nothing is known.
    private static let firstArgument: Int64 = 0x3ff_7ff0_14b8
    private static let firstString: [UInt8] = [0x92]
    private static let longest = 255

    init(_ format: String) {
        var result: [UInt8] = []
        var rest = format.latin1[...]
        var arguments = 0
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                result.append(byte)
                continue
            }
            let conversion = Conversion(&rest)
            guard let text = conversion.text(isFirst: arguments == 0) else { break }
            if conversion.takesArgument { arguments += 1 }
            result += text
        }
        text = result.count <= FormattedName.longest ? String(latin1: result) : nil
    }

    /// What stands behind a percent sign.
    private struct Conversion {
        private var flags: Set<UInt8> = []
        private var width = 0
        private var isLong = false
        private let letter: UInt8

        init(_ rest: inout ArraySlice<UInt8>) {
            while let flag = rest.first, "-+ #0".utf8.contains(flag) { flags.insert(rest.removeFirst()) }
            width = Conversion.number(&rest)
            if rest.first == UInt8(ascii: ".") {
                rest.removeFirst()
                _ = Conversion.number(&rest)
            }
            while let length = rest.first, "hlLzt".utf8.contains(length) {
                isLong = isLong || length != UInt8(ascii: "h")
                rest.removeFirst()
            }
            letter = rest.popFirst() ?? 0
        }

        private static func number(_ rest: inout ArraySlice<UInt8>) -> Int {
            var number = 0
            while let digit = rest.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) {
                number = min(number * 10 + Int(digit - UInt8(ascii: "0")), FormattedName.longest + 1)
                rest.removeFirst()
            }
            return number
        }

        var takesArgument: Bool { letter != UInt8(ascii: "%") }

        /// nil: what there is no conversion for ends the text.
        func text(isFirst: Bool) -> [UInt8]? {
            let argument = isFirst ? FormattedName.firstArgument : 0
            let signed = isLong ? argument : Int64(Int32(truncatingIfNeeded: argument))
            let unsigned = isLong ? UInt64(bitPattern: argument) : UInt64(UInt32(truncatingIfNeeded: argument))
            switch letter {
            case UInt8(ascii: "%"): return [letter]
            case UInt8(ascii: "d"), UInt8(ascii: "i"): return padded(String(signed).latin1)
            case UInt8(ascii: "u"): return padded(String(unsigned).latin1)
            case UInt8(ascii: "x"): return padded(String(unsigned, radix: 16).latin1)
            case UInt8(ascii: "X"): return padded(String(unsigned, radix: 16, uppercase: true).latin1)
            case UInt8(ascii: "o"): return padded(String(unsigned, radix: 8).latin1)
            case UInt8(ascii: "c"): return padded([UInt8(truncatingIfNeeded: argument)])
            case UInt8(ascii: "s"): return padded(isFirst ? FormattedName.firstString : "(null)".latin1)
            default: return nil
            }
        }

        private func padded(_ text: [UInt8]) -> [UInt8] {
            let count = max(0, width - text.count)
            if flags.contains(UInt8(ascii: "-")) { return text + Array(repeating: UInt8(ascii: " "), count: count) }
            return Array(repeating: flags.contains(UInt8(ascii: "0")) ? UInt8(ascii: "0") : UInt8(ascii: " "), count: count)
                + text
        }
    }
}
