internal import Hexadecimal

/// A value as JSON has it (RFC 8259), to be written.
indirect enum JSON: Hashable {
    case number(Int)
    case string(String)
    case array([JSON])
    /// The members keep their order.
    case object([Member])

    struct Member: Hashable {
        let name: String
        let value: JSON

        init(_ name: String, _ value: JSON) {
            self.name = name
            self.value = value
        }
    }

    /// In one line.
    var text: String {
        switch self {
        case .number(let number): String(number)
        case .string(let string): Self.quote(string)
        case .array(let values): "[" + values.map(\.text).joined(separator: ", ") + "]"
        case .object(let members): "{" + members.map { "\(Self.quote($0.name)): \($0.value.text)" }.joined(separator: ", ") + "}"
        }
    }

    /// As a file: each element of a list has a line of its own.
    var document: String {
        guard case .array(let values) = self, !values.isEmpty else { return text + "\n" }
        return "[\n" + values.map { "  " + $0.text }.joined(separator: ",\n") + "\n]\n"
    }

    /// A terminal, too, shows what it is given: no control character is written as it is, whether JSON allows it or not, and no
    /// separator of lines.
    private static func quote(_ string: String) -> String {
        var text = "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\u{8}": text += "\\b"
            case "\u{c}": text += "\\f"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case "\u{0}"..."\u{1f}", "\u{7f}"..."\u{9f}", "\u{2028}", "\u{2029}":
                text += "\\u" + scalar.value.hex(4)
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text + "\""
    }
}
