internal import SystemAdditions

/// What a kernel answered, request by request.
///
/// A line that starts with `#` speaks about what follows, one with `> ` is a request, and the one behind it with `< ` its
/// answer. A recording is read and written byte for byte.
public struct Recording: Hashable, Sendable {
    /// The name of the file, without its directory and its suffix.
    public let name: String
    /// Comments and exchanges, in order.
    public var lines: [Line]

    /// A line of the text, or the two lines of an exchange.
    public enum Line: Hashable, Sendable {
        /// A comment with its `#`, or an empty line.
        case comment(String)
        /// A request and the line behind it, which is its answer.
        case exchange(Exchange)
    }

    /// A request and the kernel's answer.
    public struct Exchange: Hashable, Sendable {
        /// Without its `> `.
        public let request: String
        /// Without its `< `.
        public let answer: String

        /// Neither may have a newline, which is not checked.
        public init(request: String, answer: String) {
            self.request = request
            self.answer = answer
        }
    }

    /// A line that is no part of a recording, or a request without its answer.
    public struct Malformed: Error, Hashable, CustomStringConvertible {
        /// Counted from 1.
        public let line: Int
        /// `NAME, line NUMBER: what is wrong`
        public let description: String
    }

    /// Nothing is checked.
    public init(name: String, lines: [Line] = []) {
        self.name = name
        self.lines = lines
    }

    /// Reads the text of a recording.
    ///
    /// - Throws: `Malformed` for the first line that is neither a comment, an empty line nor a request, and for a request without
    ///   its answer. Whether there is such a request is not looked at.
    public init(name: String, text: [UInt8]) throws(Malformed) {
        self.init(name: name)
        var request: String?
        var number = 0
        func malformed(_ what: String) -> Malformed { Malformed(line: number, description: "\(name), line \(number): \(what)") }

        var body = text[...]
        if body.suffix(1).first == UInt8(ascii: "\n") { body = body.dropLast() }
        guard !text.isEmpty else { return }
        for bytes in body.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            number += 1
            let line = String(latin1: bytes)
            if let answered = request {
                guard line.hasPrefix("< ") else { throw malformed("the request above has no answer") }
                lines.append(.exchange(Exchange(request: answered, answer: String(line.dropFirst(2)))))
                request = nil
            } else if line.hasPrefix("> ") {
                request = String(line.dropFirst(2))
            } else {
                guard line.isEmpty || line.hasPrefix("#") else {
                    throw malformed("no comment and no request: \(line.prefix(80))")
                }
                lines.append(.comment(line))
            }
        }
        guard request == nil else { throw malformed("the last request has no answer; if it hung, write '< blocked' behind it") }
    }

    /// The text of the recording, as it was read; the last line gets a newline if it had none.
    public var text: [UInt8] {
        var text: [UInt8] = []
        for line in lines {
            switch line {
            case .comment(let comment): text += comment.latin1
            case .exchange(let exchange): text += "> \(exchange.request)\n< \(exchange.answer)".latin1
            }
            text.append(UInt8(ascii: "\n"))
        }
        return text
    }

    /// The requests with their answers; the first has number 1 in reports and in `Deviations`.
    public var exchanges: [Exchange] {
        lines.compactMap { line in
            if case .exchange(let exchange) = line { exchange } else { nil }
        }
    }

    /// Whether requests wait for each other: where whoever sleeps moves the clock on, none would wait.
    public var needsRealTime: Bool { exchanges.contains { $0.request.hasPrefix("bg ") } }

    /// Whether this is a random walk, in which the order of uevents is left to chance.
    public var isWalk: Bool { name.hasPrefix("walk-") }
}

extension Recording.Exchange {
    /// Whether the kernel hung or crashed here, so that it has nothing more to say. To a `wait`, `blocked` is an answer.
    public var isEnd: Bool {
        (answer == "blocked" || answer == "skipped") && !request.hasPrefix("wait ")
    }
}
