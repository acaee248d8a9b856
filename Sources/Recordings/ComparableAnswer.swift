internal import SystemAdditions

/// An answer without what differs from boot to boot; two answers mean the same where these are equal.
public enum ComparableAnswer: Hashable, Sendable, CustomStringConvertible {
    /// The answer, with `N` for numbers that differ; of some errors only a part.
    case text(String)
    /// What happened, in order, or sorted where the order is left to chance.
    case events([String])
    /// The kernel's messages, in order, and those of which a rate limit leaves some out, or all.
    case messages([String], limited: Set<String>)

    /// Of what a rate limit leaves out there may be nothing on one side.
    public static func == (one: Self, other: Self) -> Bool {
        switch (one, other) {
        case (.text(let text), .text(let same)): text == same
        case (.events(let events), .events(let same)): events == same
        case (.messages(let messages, let limited), .messages(let same, let others)):
            messages == same && (limited == others || limited.isEmpty || others.isEmpty)
        default: false
        }
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(events ?? ["\(self)"])
    }

    /// What has an order, and is told apart one by one.
    private var events: [String]? {
        switch self {
        case .text: nil
        case .events(let events): events
        case .messages(let messages, _): messages
        }
    }

    /// Tests/Recordings/README.md, "What is compared", says what is left out of which answer.
    ///
    /// - Parameters:
    ///   - isWalk: whether the order of uevents is left to chance, and the event behind a complete binding too.
    public init(of answer: String, to request: String, isWalk: Bool = false) {
        let words = request.words
        switch words.first {
        case "uevents" where answer.hasPrefix("ok"):
            let events = uevents(quoted(answer))
            self = .events(isWalk ? events.filter { !$0.contains("BINDINGS=complete") }.sorted() : events)
        case "hw" where request == "hw events":
            self = .events(bracketed(answer).filter { $0.contains("ZAPQ") }.sorted())
        case "dmesg" where answer.hasPrefix("ok"):
            let (messages, limited) = comparableMessages(lines(quoted(answer)))
            self = .messages(messages, limited: limited)
        case "dump" where answer.hasPrefix("ok"):
            self = .events(dumpedLines(quoted(answer)))
        case "guest" where answer.hasPrefix("err "):
            self = .text("err \(answer.words.last ?? "")")
        case "settle":
            self = .text(String(answer.words.first ?? ""))
        case "module" where answer.hasPrefix("err"):
            self = .text("err")
        case "read" where request.hasSuffix("/dev"):
            self = .text(String(latin1: withoutNumbers(ofDevice: answer.latin1)))
        case "read" where request.hasSuffix("/uevent"), "pread", "reads", "sendfile", "fread", "fpread":
            self = .text(String(latin1: withoutNumbers(after: ["MAJOR=", "MINOR="], in: answer.latin1)))
        default:
            self = .text(answer)
        }
    }

    public var description: String {
        switch self {
        case .text(let text): text
        case .events(let events): "\(events)"
        case .messages(let messages, let limited): "\(messages + limited.sorted())"
        }
    }

    /// What of the two differs: of events, those only that the other does not have, if there are any.
    static func difference(_ wanted: ComparableAnswer, _ given: ComparableAnswer) -> (wanted: String, given: String) {
        guard let kernel = wanted.events, let ours = given.events, kernel != ours else { return ("\(wanted)", "\(given)") }
        let missing = kernel.filter { !ours.contains($0) }
        let extra = ours.filter { !kernel.contains($0) }
        return ("\(missing.isEmpty ? kernel : missing)", "\(extra.isEmpty ? ours : extra)")
    }
}

// MARK: - Taking answers apart

/// The bytes behind `ok `, out of their quotes.
private func quoted(_ answer: String) -> [UInt8] {
    let text = answer.latin1.dropFirst(4).dropLast()
    return CEscapes.unescape(text) ?? Array(text)
}

func lines(_ text: [UInt8]) -> [String] {
    text.split { [0x0a, 0x0b, 0x0c, 0x0d, 0x1c, 0x1d, 0x1e, 0x85].contains($0) }.map(String.init(latin1:))
}

/// What is in brackets, with them.
private func bracketed(_ answer: String) -> [String] {
    var found: [String] = []
    var rest = answer[...]
    while let open = rest.firstIndex(of: "["), let close = rest[open...].firstIndex(of: "]") {
        found.append(String(rest[open...close]))
        rest = rest[rest.index(after: close)...]
    }
    return found
}

/// One line for each uevent, without numbers that count from boot, and without those of kvm's node.
private func uevents(_ text: [UInt8]) -> [String] {
    lines(withoutNumbers(fields: [" SEQNUM=", " MAJOR=", " MINOR=", " PID="], in: joined(text)))
        .filter { !$0.contains("virtual/misc/kvm") }
}

/// The value of a mask ends in a newline of its own, behind which the next field starts with a blank: one line again.
private func joined(_ text: [UInt8]) -> [UInt8] {
    rewrite(text, at: newline) { rest in
        let field = rest.dropFirst(2)
        let name = field.prefix { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }
        guard rest.dropFirst().first == blank, !name.isEmpty, field.dropFirst(name.count).first == UInt8(ascii: "=") else {
            return nil
        }
        return (2, [blank])
    }
}

/// Takes fields out, with their numbers.
private func withoutNumbers(fields: [StaticString], in text: [UInt8]) -> [UInt8] {
    rewrite(text, at: blank) { rest in
        match(fields, rest).map { ($0.name + $0.digits, []) }
    }
}

/// Puts an `N` in the place of the numbers.
func withoutNumbers(after names: [StaticString], in text: [UInt8]) -> [UInt8] {
    rewrite(text, at: UInt8(ascii: "M")) { rest in
        match(names, rest).map { ($0.name + $0.digits, Array(rest.prefix($0.name)) + [UInt8(ascii: "N")]) }
    }
}

/// The first of the names with which the text goes on, if a number follows: their lengths.
private func match(_ names: [StaticString], _ text: ArraySlice<UInt8>) -> (name: Int, digits: Int)? {
    for name in names {
        let count = name.utf8CodeUnitCount
        guard name.withUTF8Buffer({ text.starts(with: $0) }) else { continue }
        let digits = text.dropFirst(count).prefix(while: isDigit).count
        return digits > 0 ? (count, digits) : nil
    }
    return nil
}

/// Puts `N:N` in the place of two numbers with a colon between them.
func withoutNumbers(ofDevice text: [UInt8]) -> [UInt8] {
    var out: [UInt8] = []
    var rest = text[...]
    while let first = rest.first {
        let major = rest.prefix(while: isDigit)
        let behind = rest[major.endIndex...]
        let minor = behind.dropFirst().prefix(while: isDigit)
        if major.isEmpty {
            out.append(first)
            rest = rest.dropFirst()
        } else if behind.first == UInt8(ascii: ":"), !minor.isEmpty {
            out += "N:N".utf8
            rest = rest[minor.endIndex...]
        } else {
            out += major
            rest = behind
        }
    }
    return out
}

/// Copies a text; wherever a byte stands, `match` says how many bytes from there give way to others.
private func rewrite(
    _ text: [UInt8], at byte: UInt8, _ match: (ArraySlice<UInt8>) -> (count: Int, replacement: [UInt8])?
) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(text.count)
    var rest = text[...]
    while let index = rest.firstIndex(of: byte) {
        out += rest[..<index]
        rest = rest[index...]
        let (count, replacement) = match(rest) ?? (1, [byte])
        out += replacement
        rest = rest.dropFirst(count)
    }
    return out + rest
}

private func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

private let newline = UInt8(ascii: "\n")
private let blank = UInt8(ascii: " ")
