/// A place in a text. Lines and columns start at 1; a column is a character.
struct YAMLMark: Hashable, Comparable, Sendable {
    let line: Int
    let column: Int

    static func < (one: YAMLMark, other: YAMLMark) -> Bool {
        (one.line, one.column) < (other.line, other.column)
    }
}

/// What is wrong at a place of a text.
struct YAMLProblem: Hashable, Sendable {
    let mark: YAMLMark
    let text: String
}

/// A node of a YAML text as it was written.
///
/// YAML would read `04` as octal and `0e1` as a float: here nothing is resolved, the text counts. In the place of an alias is the
/// node that it stands for.
struct YAMLNode {
    typealias Entry = (key: YAMLNode, value: YAMLNode)

    enum Content {
        case scalar(String)
        case sequence([YAMLNode])
        /// In the order written. The keys are scalars; one may be there twice.
        case mapping([Entry])
    }

    let content: Content
    /// Where it begins; of an alias, where the alias stands.
    var mark: YAMLMark
    /// Whether nothing of it was left out because it was wrong.
    var isComplete = true
    /// The nodes that it consists of, itself among them.
    var size = 1
    /// The levels that it consists of: 1 for a scalar.
    var height = 1

    /// The text of a scalar.
    var scalar: String? {
        if case .scalar(let text) = content { text } else { nil }
    }

    var sequence: [YAMLNode]? {
        if case .sequence(let items) = content { items } else { nil }
    }

    var mapping: [Entry]? {
        if case .mapping(let entries) = content { entries } else { nil }
    }

    /// The text of a key, which is a scalar.
    var text: String { scalar ?? "" }
}
