import Recordings
import SystemAdditions

/// What is done at once to a host: a request as a recording has it, or a few that only make sense together, such as a removal
/// that waits and what ends it.
struct Step: Hashable {
    let lines: [String]

    init(_ lines: String...) {
        self.lines = lines
    }

    static func write(_ path: String, _ text: [UInt8]) -> Step { Step("write \(word(path)) \(CEscapes.quote(text))") }

    static func write(_ path: String, _ text: String) -> Step { write(path, Array(text.utf8)) }

    /// A path, in quotes where a blank would end it.
    static func word(_ path: String) -> String {
        let bytes = path.latin1
        let isPlain = bytes.allSatisfy { (0x21...0x7e).contains($0) && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
        return isPlain ? path : CEscapes.quote(bytes)
    }
}

extension [Step] {
    /// The requests, ready to be pasted into a recording.
    var script: String { flatMap(\.lines).map { "> \($0)\n" }.joined() }
}

/// Why a walk is no good.
struct Failure: Equatable {
    /// The same for the same defect, however long the walk to it: what shrinking keeps.
    let kind: String
    /// What was asked, answered and expected.
    let text: String
}
