internal import SystemAdditions

/// What is to be recorded: the comments and requests of a recording.
///
/// The answers in it are passed over, so that a recording can be recorded again.
public struct Script: Hashable, Sendable {
    /// The name of the file, for messages.
    public let file: String
    /// Comments and requests, in order.
    public let lines: [Line]

    /// A line that is not passed over.
    public enum Line: Hashable, Sendable {
        /// A comment with its `#`, or an empty line.
        case comment(String)
        /// A line with `> `.
        case request(Step)
    }

    /// A request, and where it stands.
    public struct Step: Hashable, Sendable {
        /// The line it stands in, from 1.
        public let number: Int
        /// The line without its `> `.
        public let text: String
        /// What the text asks for.
        public let request: Request
    }

    /// A line that is neither a comment nor a request: where it is, what is wrong, and what is right.
    public struct Malformed: Error, Hashable, CustomStringConvertible {
        /// Counted from 1.
        public let line: Int
        /// `FILE:NUMBER: what is wrong; what is right`
        public let description: String
    }

    /// The requests, in order.
    public var steps: [Step] {
        lines.compactMap { line in
            if case .request(let step) = line { step } else { nil }
        }
    }

    /// Reads the text of a script to its end.
    ///
    /// - Throws: `Malformed` for the first line that is wrong.
    public init(file: String, text: [UInt8]) throws(Malformed) {
        self.file = file
        var lines: [Line] = []
        var body = text[...]
        if body.last == UInt8(ascii: "\n") { body = body.dropLast() }
        for (number, bytes) in zip(1..., body.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)) {
            let line = String(latin1: bytes)
            if line.isEmpty || line.hasPrefix("#") {
                lines.append(.comment(line))
            } else if !line.hasPrefix("<") {
                do throws(Unfit) {
                    lines.append(.request(try Step(number, line)))
                } catch {
                    throw Malformed(line: number, description: "\(file):\(number): \(error.reason)")
                }
            }
        }
        self.lines = text.isEmpty ? [] : lines
    }
}

extension Script.Step {
    fileprivate init(_ number: Int, _ line: String) throws(Unfit) {
        guard line.hasPrefix("> ") else {
            throw Unfit(reason: "neither request nor comment: \(line.prefix(80)); they begin with '> ' and '#'")
        }
        guard line.utf8.last != UInt8(ascii: "\r") else {
            throw Unfit(reason: "a carriage return at the end of the line; a line ends in a newline alone")
        }
        let text = String(line.dropFirst(2))
        do throws(Request.Unreadable) {
            self.init(number: number, text: text, request: try Request(text))
        } catch {
            throw Unfit(reason: "\(error); \(error.advice)")
        }
    }
}

/// Why a line is no step.
private struct Unfit: Error {
    let reason: String
}

extension Script {
    /// Plays the requests in turn, and gives the recording away line by line, without newlines: a request before it is played, so
    /// that it is known should the kernel hang, and its answer as soon as there is one.
    ///
    /// A request that the player cannot play becomes a comment.
    ///
    /// - Returns: how many requests became comments.
    /// - Throws: what `write` throws; no request is played after that.
    @discardableResult
    public func record<Failure: Error>(
        on player: Player, write: (String) throws(Failure) -> Void
    ) throws(Failure) -> Int {
        var leftOut = 0
        for line in lines {
            switch line {
            case .comment(let text): try write(text)
            case .request(let step) where player.plays(step.request):
                try write("> \(step.text)")
                try write("< \(player.answer(step.request))")
            case .request(let step):
                try write("# not recorded, no control plane: \(step.text)")
                leftOut += 1
            }
        }
        return leftOut
    }
}
