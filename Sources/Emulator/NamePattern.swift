internal import Glibc
internal import SystemAdditions

/// Whether fnmatch(3) finds that a pattern fits a path: byte by byte, where both have a character for each.
func fileNameMatches(_ pattern: String, _ path: String) -> Bool {
    pattern.withLatin1CString { pattern in path.withLatin1CString { fnmatch(pattern, $0, FNM_PATHNAME) == 0 } }
}

/// A pattern for one name of a path, as fnmatch(3) reads it: `*`, `?`, `[…]`, and `\` before what is meant as it is.
struct NamePattern: Hashable, Sendable {
    let text: String
    private let parts: [Part]

    private enum Part: Hashable, Sendable {
        /// As many bytes as there are.
        case any
        /// One byte of these.
        case one(Set<UInt8>)
    }

    private static let everyByte = Set((1...UInt8.max).filter { $0 != UInt8(ascii: "/") })

    init(_ text: String) {
        self.text = text
        let bytes = text.latin1
        var parts: [Part] = []
        var at = 0
        while at < bytes.count {
            var end = at + 1
            switch bytes[at] {
            case UInt8(ascii: "*"): parts.append(.any)
            case UInt8(ascii: "?"): parts.append(.one(Self.everyByte))
            case UInt8(ascii: "\\"):
                // at the very end it fits nothing
                parts.append(.one(end < bytes.count ? [bytes[end]] : []))
                end += 1
            case UInt8(ascii: "["):
                if let bracket = Self.endOfBracket(bytes, at) {
                    parts.append(.one(Self.members(bytes[at..<bracket])))
                    end = bracket
                } else {
                    parts.append(.one([bytes[at]]))
                }
            default: parts.append(.one([bytes[at]]))
            }
            at = end
        }
        self.parts = parts
    }

    /// The index behind the `]` that ends what begins at `start`; nil where nothing ends it, and the `[` is one.
    private static func endOfBracket(_ bytes: [UInt8], _ start: Int) -> Int? {
        var at = start + 1
        if at < bytes.count, bytes[at] == UInt8(ascii: "!") || bytes[at] == UInt8(ascii: "^") { at += 1 }
        let first = at
        while at < bytes.count {
            switch bytes[at] {
            case UInt8(ascii: "]") where at > first: return at + 1
            case UInt8(ascii: "\\"): at += 2
            case UInt8(ascii: "[") where at + 1 < bytes.count && ":=.".utf8.contains(bytes[at + 1]):
                let end = bytes.indices.first {
                    $0 > at + 2 && bytes[$0] == UInt8(ascii: "]") && bytes[$0 - 1] == bytes[at + 1]
                }
                at = end.map { $0 + 1 } ?? at + 1
            default: at += 1
            }
        }
        return nil
    }

    private static func members(_ bracket: ArraySlice<UInt8>) -> Set<UInt8> {
        let pattern = String(latin1: bracket)
        return everyByte.filter { fileNameMatches(pattern, String(latin1: [$0])) }
    }

    /// Whether it has one name only.
    private var isLiteral: Bool {
        parts.allSatisfy { if case .one(let bytes) = $0 { bytes.count == 1 } else { false } }
    }

    /// Whether there is a name that both fit.
    func meets(_ other: NamePattern) -> Bool {
        // what is left of the one and of the other when the beginnings fit the same bytes
        var todo = [(0, 0)]
        var seen: Set<Int> = []
        while let (here, there) = todo.popLast() {
            guard seen.insert(here * (other.parts.count + 1) + there).inserted else { continue }
            let (one, two) = (parts[here...].first, other.parts[there...].first)
            if one == nil, two == nil { return true }
            if case .any = one {
                todo.append((here + 1, there))
                if two != nil { todo.append((here, there + 1)) }
            }
            if case .any = two {
                todo.append((here, there + 1))
                if one != nil { todo.append((here + 1, there)) }
            }
            if case .one(let bytes) = one, case .one(let others) = two, !bytes.isDisjoint(with: others) {
                todo.append((here + 1, there + 1))
            }
        }
        return false
    }

    /// Whether every name that fits the other fits this one too; where that is hard to say, no.
    func covers(_ other: NamePattern) -> Bool {
        text == "*" || parts == other.parts || other.isLiteral && meets(other)
    }
}
