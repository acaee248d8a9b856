/// Makes the tree of nodes of a text, and finds what a machine file has no use for: tags, merge keys, a second document.
///
/// It leaves wrong nodes out of the tree and collects the problems. It ends the reading where the tree would become too large.
struct YAMLComposer {
    /// The most bytes that a text may have.
    static let mostBytes = 4 << 20
    /// The most levels of nodes; a machine has seven.
    static let mostLevels = 20
    /// The most nodes, with what aliases stand for counted wherever they stand. A text of `mostBytes` with the keys of every
    /// domain has fewer.
    static let mostNodes = 600_000

    /// Nil where the text is empty or has more wrong than can be left out.
    private(set) var root: YAMLNode?
    private(set) var problems: [YAMLProblem] = []

    private var open: [Collection] = []
    private var anchors: [String: YAMLNode] = [:]
    private var anchorLines: [String: Int] = [:]
    private var nodes = 0
    private var documents = 0

    /// A mapping or sequence whose end is still to come.
    private struct Collection {
        enum Place {
            case item, key
            /// Nil for a value whose key is wrong.
            case value(key: YAMLNode?)
        }

        let anchor: String?
        let mark: YAMLMark
        /// What the next node will be.
        var place: Place
        var items: [YAMLNode] = []
        var entries: [YAMLNode.Entry] = []
        var isComplete = true
        var size = 1
        var height = 0

        var isAtKey: Bool {
            if case .key = place { true } else { false }
        }
    }

    /// Reads a text.
    init(_ text: [UInt8]) {
        let beginning = YAMLMark(line: 1, column: 1)
        guard text.count <= Self.mostBytes else {
            tell(beginning, "the text is longer than \(Self.mostBytes >> 20) MB, the most that is read")
            return
        }
        guard !isUTF16(text) else {
            problems = [YAMLProblem(mark: beginning, text: "this is UTF-16 or UTF-32; save the file as UTF-8")]
            return
        }
        // Editors of other systems begin UTF-8 with a byte order mark. YAML allows it, and it means nothing.
        let mark: [UInt8] = [0xef, 0xbb, 0xbf]
        text.withUnsafeBufferPointer { bytes in
            let bytes = bytes.starts(with: mark) ? UnsafeBufferPointer(rebasing: bytes[mark.count...]) : bytes
            guard var events = YAMLEvents(bytes) else {
                problems = [YAMLProblem(mark: beginning, text: "there is not enough memory to read this")]
                return
            }
            while true {
                guard let event = events.next() else {
                    root = nil
                    problems.append(events.problem)
                    return
                }
                guard take(event) else { return }
            }
        }
    }

    /// Whether more is to come.
    private mutating func take(_ event: YAMLEvent) -> Bool {
        if let tag = event.tag { tell(event.mark, "the tag '\(written(tag))' has no meaning here; leave it out") }
        switch event.kind {
        case .endOfText: return false
        case .other: return true
        case .beginOfDocument:
            documents += 1
            guard documents > 1 else { return true }
            tell(event.mark, "a second document begins here; a machine file is one")
            return false
        case .scalar(let text):
            let node = YAMLNode(content: .scalar(text), mark: event.mark)
            if let anchor = event.anchor, open.last?.isAtKey == true {
                tell(event.mark, "the anchor '&\(anchor)' stands before a key; only values can have one")
            } else {
                name(event.anchor, node)
            }
            return add(node, at: event.mark)
        case .alias(let name): return take(alias: name, at: event.mark)
        case .beginOfSequence: return begin(event, .item)
        case .beginOfMapping: return begin(event, .key)
        case .end:
            guard let collection = open.popLast() else { return true }
            let content: YAMLNode.Content =
                if case .item = collection.place { .sequence(collection.items) } else { .mapping(collection.entries) }
            let node = YAMLNode(
                content: content, mark: collection.mark, isComplete: collection.isComplete, size: collection.size,
                height: collection.height + 1)
            name(collection.anchor, node)
            place(node)
            return true
        }
    }

    private mutating func begin(_ event: YAMLEvent, _ place: Collection.Place) -> Bool {
        if let anchor = event.anchor { claim(anchor, at: event.mark) }
        open.append(Collection(anchor: event.anchor, mark: event.mark, place: place))
        return isBounded(levels: open.count, more: 1, at: event.mark)
    }

    private mutating func take(alias name: String, at mark: YAMLMark) -> Bool {
        if open.last?.isAtKey == true {
            tell(mark, "the alias '*\(name)' cannot be a key; write the key itself")
        } else if open.contains(where: { $0.anchor == name }) {
            tell(mark, "the alias '*\(name)' stands inside of what it stands for")
        } else if var node = anchors[name] {
            node.mark = mark
            return add(node, at: mark)
        } else {
            tell(mark, "the alias '*\(name)' stands for nothing; put '&\(name)' before a value above it")
        }
        skip()
        return true
    }

    /// Puts a whole node where it belongs, if there is room for it.
    private mutating func add(_ node: YAMLNode, at mark: YAMLMark) -> Bool {
        guard isBounded(levels: open.count + node.height, more: node.size, at: mark) else { return false }
        place(node)
        return true
    }

    private mutating func isBounded(levels: Int, more: Int, at mark: YAMLMark) -> Bool {
        nodes += more
        if levels > Self.mostLevels {
            tell(mark, "this is nested deeper than \(Self.mostLevels) levels, the most that is read")
        } else if nodes > Self.mostNodes {
            let right = "the most that is read; an alias counts as what it stands for"
            tell(mark, "there are more than \(Self.mostNodes) values up to here, \(right)")
        } else {
            return true
        }
        root = nil
        return false
    }

    private mutating func place(_ node: YAMLNode) {
        guard var collection = open.popLast() else {
            root = node
            return
        }
        collection.size += node.size
        collection.height = max(collection.height, node.height)
        switch collection.place {
        case .item:
            collection.items.append(node)
            collection.isComplete = collection.isComplete && node.isComplete
        case .key:
            let key = checked(key: node)
            collection.isComplete = collection.isComplete && key != nil
            collection.place = .value(key: key)
        case .value(let key):
            if let key { collection.entries.append((key, node)) }
            collection.place = .key
        }
        open.append(collection)
    }

    /// Leaves out the node that would come next.
    private mutating func skip() {
        guard var collection = open.popLast() else { return }
        collection.isComplete = false
        switch collection.place {
        case .item: break
        case .key: collection.place = .value(key: nil)
        case .value: collection.place = .key
        }
        open.append(collection)
    }

    /// Nil for what cannot be a key.
    private mutating func checked(key: YAMLNode) -> YAMLNode? {
        switch key.content {
        case .scalar("<<"):
            tell(key.mark, "the merge key '<<' is not supported; write out the entries")
        case .scalar: return key
        case .sequence: tell(key.mark, "a list cannot be a key; a key is a word or a number")
        case .mapping: tell(key.mark, "a mapping cannot be a key; a key is a word or a number")
        }
        return nil
    }

    // MARK: - Anchors

    private mutating func name(_ anchor: String?, _ node: YAMLNode) {
        guard let anchor else { return }
        if node.scalar != nil { claim(anchor, at: node.mark) }
        anchors[anchor] = node
    }

    /// An anchor stands for one thing, so that nobody has to look which of two an alias means.
    private mutating func claim(_ anchor: String, at mark: YAMLMark) {
        if let first = anchorLines[anchor] {
            tell(mark, "the anchor '&\(anchor)' is given twice, first at line \(first); take another name")
        } else {
            anchorLines[anchor] = mark.line
        }
    }

    // MARK: - Problems

    private mutating func tell(_ mark: YAMLMark, _ text: String) {
        problems.append(YAMLProblem(mark: mark, text: text))
    }

    private func written(_ tag: String) -> String {
        let core = "tag:yaml.org,2002:"
        if tag.hasPrefix(core) { return "!!" + tag.dropFirst(core.count) }
        return tag.hasPrefix("!") ? tag : "!<\(tag)>"
    }
}

/// A text begins with a byte order mark or an ASCII character, of which UTF-16 and UTF-32 make two and four bytes.
private func isUTF16(_ text: [UInt8]) -> Bool {
    guard text.count >= 2 else { return false }
    let hasMark = [[0xff, 0xfe], [0xfe, 0xff], [0, 0, 0xfe, 0xff]].contains { text.starts(with: $0) }
    return hasMark || (text[0] == 0) != (text[1] == 0)
}
