internal import Hexadecimal

/// What is wrong with a machine file: all of it, in the order of the text.
public struct MachineDescriptionError: Error, Hashable, CustomStringConvertible {
    /// One thing that is wrong, and where.
    public struct Problem: Hashable, Sendable {
        /// From 1 on; nil where it is about the file and not about its text.
        public let line: Int?
        /// From 1 on, in characters; nil where the line is.
        public let column: Int?
        /// What is wrong; after a semicolon, what would be right.
        public let text: String
    }

    /// The name that the text was read under.
    public let file: String
    /// At least one, at most `mostTold`.
    public let problems: [Problem]
    /// How many more there are.
    public let untold: Int

    /// The most problems that are told one by one: more would not help.
    public static let mostTold = 20

    /// The whole file is wrong: it cannot be read, for example.
    init(file: String, _ problem: String) {
        self.file = file
        problems = [Problem(line: nil, column: nil, text: problem)]
        untold = 0
    }

    /// - Parameter problems: at least one.
    init(file: String, _ problems: [YAMLProblem], more: Int) {
        self.file = file
        let ordered = problems.enumerated().sorted { ($0.element.mark, $0.offset) < ($1.element.mark, $1.offset) }.map(\.element)
        self.problems = ordered.prefix(Self.mostTold).map { Problem(line: $0.mark.line, column: $0.mark.column, text: $0.text) }
        untold = problems.count - self.problems.count + more
    }

    /// A line for each problem, without a newline behind the last: `machine.yaml:3:9: unknown key 'typ'; did you mean 'type'?`.
    public var description: String {
        var lines = problems.map { problem in
            guard let line = problem.line, let column = problem.column else { return "\(file): \(problem.text)" }
            return "\(file):\(line):\(column): \(problem.text)"
        }
        if untold > 0 { lines.append("\(file): … and \(untold) more") }
        return lines.map(Self.onOneLine).joined(separator: "\n")
    }

    /// The text without what a terminal would obey, and not longer than anybody reads: a value may be megabytes, with newlines in it.
    private static func onOneLine(_ text: String) -> String {
        var shown = ""
        for (number, scalar) in text.unicodeScalars.enumerated() {
            if number == 500 { return shown + "…" }
            switch scalar {
            case "\n": shown += "\\n"
            case "\t": shown += "\\t"
            case "\u{0}"..."\u{1f}", "\u{7f}"..."\u{9f}": shown += "\\u" + scalar.value.hex(4)
            default: shown.unicodeScalars.append(scalar)
            }
        }
        return shown
    }
}
