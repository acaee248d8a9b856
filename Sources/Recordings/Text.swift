extension String {
    /// The words between blanks.
    var words: [Substring] { self[...].words }
}

extension Substring {
    /// The words between blanks.
    var words: [Substring] { utf8.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }.map(Substring.init) }
}

/// Strings as C writes them: `\n \r \t \\ \" \xNN`.
public enum CEscapes {
    /// The bytes between double quotes, in ASCII.
    public static func quote(_ bytes: some Collection<UInt8>) -> String {
        var out: [UInt8] = [UInt8(ascii: "\"")]
        out.reserveCapacity(bytes.count + 2)
        for byte in bytes {
            if let letter = letter(of: byte) {
                out += [backslash, letter]
            } else if (0x20...0x7e).contains(byte) {
                out.append(byte)
            } else {
                out += [backslash, UInt8(ascii: "x"), hexDigits[Int(byte >> 4)], hexDigits[Int(byte & 15)]]
            }
        }
        out.append(UInt8(ascii: "\""))
        return String(decoding: out, as: UTF8.self)
    }

    /// The bytes that the text between two quotes stands for; nil where an escape is none. `\0` is understood too.
    public static func unescape(_ text: some Collection<UInt8>) -> [UInt8]? {
        guard text.contains(backslash) else { return Array(text) }
        var out: [UInt8] = []
        out.reserveCapacity(text.count)
        var rest = text.makeIterator()
        while let byte = rest.next() {
            guard byte == backslash else {
                out.append(byte)
                continue
            }
            guard let letter = rest.next() else { return nil }
            if letter == UInt8(ascii: "x") {
                guard let high = rest.next().flatMap(hexValue), let low = rest.next().flatMap(hexValue) else { return nil }
                out.append(high << 4 | low)
            } else {
                guard let byte = self.byte(of: letter) else { return nil }
                out.append(byte)
            }
        }
        return out
    }

    static let backslash = UInt8(ascii: "\\")
    private static let hexDigits = Array("0123456789abcdef".utf8)

    private static func hexValue(_ digit: UInt8) -> UInt8? {
        Character(Unicode.Scalar(digit)).hexDigitValue.map(UInt8.init)
    }

    private static func letter(of byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "\n"): UInt8(ascii: "n")
        case UInt8(ascii: "\r"): UInt8(ascii: "r")
        case UInt8(ascii: "\t"): UInt8(ascii: "t")
        case UInt8(ascii: "\\"), UInt8(ascii: "\""): byte
        default: nil
        }
    }

    private static func byte(of letter: UInt8) -> UInt8? {
        switch letter {
        case UInt8(ascii: "n"): UInt8(ascii: "\n")
        case UInt8(ascii: "r"): UInt8(ascii: "\r")
        case UInt8(ascii: "t"): UInt8(ascii: "\t")
        case UInt8(ascii: "0"): 0
        case UInt8(ascii: "\\"), UInt8(ascii: "\""): letter
        default: nil
        }
    }
}
