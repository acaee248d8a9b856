internal import AdjunctProcessor
internal import Yams

/// Reads the nodes of a YAML text as the scalars that were written, and knows where each stands.
///
/// YAML would read `04` as octal and `0e1` as a float: here nothing is resolved, the text counts.
struct YAMLDocument {
    let file: String

    /// The outermost node of the text.
    func root(of yaml: String) throws(MachineDescriptionError) -> Node {
        do {
            if let node = try compose(yaml: yaml) { return node }
        } catch {
            throw self.error(from: error)
        }
        throw at(1, 1, "the text is empty; a machine is a mapping such as 'adapters: {05: CEX8C}'")
    }

    /// The entries in the order written. Keys are unique as written.
    func mapping(_ node: Node, _ what: String) throws(MachineDescriptionError) -> Node.Mapping {
        guard let mapping = node.mapping else { throw error(node, "\(what) must be a mapping (key: value)") }
        return mapping
    }

    /// The items; a single scalar is a list of one.
    func sequence(_ node: Node, _ what: String) throws(MachineDescriptionError) -> [Node] {
        if let sequence = node.sequence { return Array(sequence) }
        guard let scalar = node.scalar, !scalar.string.isEmpty else { throw error(node, "\(what) must be a list ([a, b])") }
        return [node]
    }

    /// The text of a scalar.
    func text(_ node: Node, _ what: String) throws(MachineDescriptionError) -> String {
        guard let scalar = node.scalar else { throw error(node, "\(what) must be a word") }
        return scalar.string
    }

    /// What `parse` makes of a scalar; where it makes nothing, the error names what is right.
    func value<Value>(
        _ node: Node, _ right: String, _ parse: (String) -> Value?
    ) throws(MachineDescriptionError) -> Value {
        guard let text = node.scalar?.string else { throw error(node, "a single value is expected here; \(right)") }
        guard let value = parse(text) else { throw error(node, "'\(text)' is not possible here; \(right)") }
        return value
    }

    /// A number or a range of numbers, hexadecimal, none above `last`.
    func range(_ node: Node, _ what: String, through last: UInt8) throws(MachineDescriptionError) -> ClosedRange<UInt8> {
        let range: ClosedRange<UInt8> = try value(node, "\(what)s are hexadecimal, 05 or 00-1f") { text in
            let ends = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
            guard let low = hexadecimal(String(ends[0])), let high = hexadecimal(String(ends[ends.count - 1])) else { return nil }
            return low <= high ? low...high : nil
        }
        guard range.upperBound <= last else {
            throw error(node, "\(what) \(AdapterID(range.upperBound)) is above the greatest, \(AdapterID(last))")
        }
        return range
    }

    /// A list of numbers and ranges.
    func mask(_ node: Node, _ what: String, through last: UInt8) throws(MachineDescriptionError) -> APMask {
        var mask = APMask.none
        for item in try sequence(node, "\(what)s") {
            for number in try range(item, what, through: last) { mask[number] = true }
        }
        return mask
    }

    /// The error for a key that means nothing.
    func unknown(_ key: Node, _ known: String) -> MachineDescriptionError {
        error(key, "'\(key.scalar?.string ?? "this")' is not possible here; \(known)")
    }

    func error(_ node: Node, _ problem: String) -> MachineDescriptionError {
        at(node.mark?.line ?? 1, node.mark?.column ?? 1, problem)
    }

    private func at(_ line: Int, _ column: Int, _ problem: String) -> MachineDescriptionError {
        MachineDescriptionError(file: file, line: line, column: column, problem: problem)
    }

    /// The parser's own errors.
    private func error(from error: any Error) -> MachineDescriptionError {
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _), .composer(_, let problem, let mark, _):
            return at(mark.line, mark.column, "this is not YAML; \(problem)")
        case .duplicatedKeysInMapping(let keys, let context):
            let names = keys.sorted().map { "'\($0)'" }.joined(separator: ", ")
            return at(context.mark.line, context.mark.column, "\(names) is given twice in this mapping; once will do")
        case .reader(let problem, _, _, _):
            return at(1, 1, "this is not YAML; \(problem)")
        default:
            return at(1, 1, "this is not YAML; \(error)")
        }
    }
}
