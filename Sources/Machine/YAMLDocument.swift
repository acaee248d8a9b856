internal import AdjunctProcessor
internal import Suggestions

/// Reads the nodes of a YAML text, and collects what is wrong with them: a reader that can make nothing of a node tells it here
/// and goes on with the next.
final class YAMLDocument {
    let file: String
    /// The outermost node; nil where there is none, which has been told.
    let root: YAMLNode?
    private var problems: [YAMLProblem] = []
    /// An alias brings its problems wherever it stands.
    private var told: Set<YAMLProblem> = []
    private var more = 0
    /// Nobody reads that many. From there on they are counted.
    private static let mostKept = 1000

    /// - Parameter file: the name under which errors are reported.
    init(_ text: [UInt8], file: String) {
        self.file = file
        let composer = YAMLComposer(text)
        let isEmpty = composer.root.map { $0.scalar == "" } ?? composer.problems.isEmpty
        root = isEmpty ? nil : composer.root
        for problem in composer.problems { tell(problem.mark, problem.text) }
        if isEmpty {
            tell(YAMLMark(line: 1, column: 1), "the text is empty; a machine is a mapping such as 'adapters: {05: CEX8C}'")
        }
    }

    /// All that is wrong; nil if nothing is.
    var error: MachineDescriptionError? {
        problems.isEmpty ? nil : MachineDescriptionError(file: file, problems, more: more)
    }

    /// Notes what is wrong with a node.
    func tell(_ node: YAMLNode, _ problem: @autoclosure () -> String) {
        tell(node.mark, problem())
    }

    private func tell(_ mark: YAMLMark, _ text: @autoclosure () -> String) {
        guard told.count < Self.mostKept else {
            more += 1
            return
        }
        let problem = YAMLProblem(mark: mark, text: text())
        if told.insert(problem).inserted { problems.append(problem) }
    }

    // MARK: - Collections

    /// The entries in the order written, among them those whose key was there before.
    func mapping(_ node: YAMLNode, _ what: String) -> [YAMLNode.Entry] {
        let entries = entries(node, what)
        var lines: [String: Int] = [:]
        for (key, _) in entries {
            if let first = lines[key.text] {
                tell(key, "'\(key.text)' is given twice, first at line \(first); once will do")
            } else {
                lines[key.text] = key.mark.line
            }
        }
        return entries
    }

    /// The same for keys that stand for numbers, of which the reader sees itself whether one was there before.
    func entries(_ node: YAMLNode, _ what: String) -> [YAMLNode.Entry] {
        if node.mapping == nil { tell(node, "\(what) must be a mapping (key: value)") }
        return node.mapping ?? []
    }

    /// The items; a single scalar is a list of one.
    func sequence(_ node: YAMLNode, _ what: String) -> [YAMLNode] {
        if let sequence = node.sequence { return sequence }
        guard let scalar = node.scalar, !scalar.isEmpty else {
            tell(node, "\(what) must be a list ([a, b])")
            return []
        }
        return [node]
    }

    /// Notes a key that means nothing.
    func unknown(_ key: YAMLNode, _ known: [String]) {
        func right() -> String {
            if let meant = nearestWord(to: key.text, among: known) { return "did you mean '\(meant)'?" }
            return "known are \(known.joined(separator: ", "))"
        }
        tell(key, "unknown key '\(key.text)'; \(right())")
    }

    // MARK: - Values

    /// What `parse` makes of a scalar. Where it makes nothing, what is told names what is right.
    func value<Value>(_ node: YAMLNode, _ right: String, _ parse: (String) -> Value?) -> Value? {
        guard let text = node.scalar else {
            tell(node, "a single value is expected here; \(right)")
            return nil
        }
        guard let value = parse(text) else {
            tell(node, "'\(text)' is not possible here; \(right)")
            return nil
        }
        return value
    }

    /// Sets what `parse` makes of a scalar; where it makes nothing, that is told.
    func set<Value>(_ target: inout Value, _ node: YAMLNode, _ right: String, _ parse: (String) -> Value?) {
        if let value = value(node, right, parse) { target = value }
    }

    /// A number or a range of numbers, hexadecimal, none above `last`.
    func range(_ node: YAMLNode, _ what: String, through last: UInt8) -> ClosedRange<UInt8>? {
        let range: ClosedRange<UInt8>? = value(node, "\(what)s are hexadecimal, 05 or 00-1f") { text in
            let ends = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
            guard let low = hexadecimal(String(ends[0])), let high = hexadecimal(String(ends[ends.count - 1])) else { return nil }
            return low <= high ? low...high : nil
        }
        guard let range else { return nil }
        guard range.upperBound <= last else {
            tell(node, "\(what) \(AdapterID(range.upperBound)) is above the greatest, \(AdapterID(last))")
            return nil
        }
        return range
    }

    /// A list of numbers and ranges; those that are wrong are left out, and the list is not complete.
    func mask(_ node: YAMLNode, _ what: String, through last: UInt8) -> (mask: APMask, isComplete: Bool) {
        var mask = APMask.none
        let items = sequence(node, "\(what)s")
        var isComplete = node.isComplete && !items.isEmpty || node.sequence?.isEmpty == true
        for item in items {
            guard let range = range(item, what, through: last) else {
                isComplete = false
                continue
            }
            // bit by bit, a file full of ranges would take minutes
            let below = range.lowerBound == 0 ? APMask.none : .through(range.lowerBound - 1)
            mask = mask.union(APMask.through(range.upperBound).subtracting(below))
        }
        return (mask, isComplete)
    }
}
