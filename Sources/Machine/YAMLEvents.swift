internal import CYAML
internal import Hexadecimal

/// What libyaml comes across in a text, one thing after the other.
struct YAMLEvent {
    enum Kind {
        case beginOfDocument
        case scalar(String)
        case beginOfSequence
        case beginOfMapping
        case end
        case alias(String)
        case endOfText
        /// Nothing that a reader would care about.
        case other
    }

    let kind: Kind
    let mark: YAMLMark
    /// Without its `&`.
    var anchor: String?
    /// As libyaml expands it: `tag:yaml.org,2002:str` of `!!str`.
    var tag: String?
}

/// libyaml's parser at work on a text.
struct YAMLEvents: ~Copyable {
    /// It has pointers to itself and must not move.
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let bytes: UnsafeBufferPointer<UInt8>

    /// - Parameter bytes: UTF-8 without a byte order mark; they must live as long as this. Nil where there is no memory.
    init?(_ bytes: UnsafeBufferPointer<UInt8>) {
        parser = .allocate(capacity: 1)
        parser.initialize(to: yaml_parser_t())
        self.bytes = bytes
        // it frees what it has got itself when it fails
        guard yaml_parser_initialize(parser) == 1 else {
            parser.deallocate()
            return nil
        }
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count)
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
    }

    /// The next event; nil where the text is not YAML, and `problem` says why. Nothing comes after that or after `endOfText`.
    mutating func next() -> YAMLEvent? {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else { return nil }
        defer { yaml_event_delete(&event) }
        let mark = YAMLMark(event.start_mark)
        switch event.type {
        case YAML_STREAM_END_EVENT: return YAMLEvent(kind: .endOfText, mark: mark)
        case YAML_DOCUMENT_START_EVENT: return YAMLEvent(kind: .beginOfDocument, mark: mark)
        case YAML_ALIAS_EVENT: return YAMLEvent(kind: .alias(text(event.data.alias.anchor) ?? ""), mark: mark)
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            let value = String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
            return YAMLEvent(kind: .scalar(value), mark: mark, anchor: text(scalar.anchor), tag: text(scalar.tag))
        case YAML_SEQUENCE_START_EVENT:
            let start = event.data.sequence_start
            return YAMLEvent(kind: .beginOfSequence, mark: mark, anchor: text(start.anchor), tag: text(start.tag))
        case YAML_MAPPING_START_EVENT:
            let start = event.data.mapping_start
            return YAMLEvent(kind: .beginOfMapping, mark: mark, anchor: text(start.anchor), tag: text(start.tag))
        case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT: return YAMLEvent(kind: .end, mark: mark)
        default: return YAMLEvent(kind: .other, mark: mark)
        }
    }

    private func text(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String? {
        pointer.map { String(cString: $0) }
    }

    // MARK: - What is wrong

    /// Why there is no next event.
    var problem: YAMLProblem {
        let problem = parser.pointee.problem.map { String(cString: $0) } ?? "there is not enough memory"
        if parser.pointee.error == YAML_READER_ERROR { return problemOfReader(problem) }
        let mark = YAMLMark(parser.pointee.problem_mark)
        if let character = problemOfCharacter(at: mark) { return character }
        guard let context = parser.pointee.context.map({ String(cString: $0) }) else {
            return YAMLProblem(mark: mark, text: "this is not YAML; \(problem)")
        }
        let beginning = YAMLMark(parser.pointee.context_mark)
        let place = beginning.line == mark.line ? "" : " that begins at line \(beginning.line)"
        return YAMLProblem(mark: mark, text: "this is not YAML; \(problem) \(context)\(place)")
    }

    /// Bytes and characters that must not be there. libyaml knows how many bytes are before them.
    private func problemOfReader(_ problem: String) -> YAMLProblem {
        var offset = min(Int(parser.pointee.problem_offset), bytes.count)
        // the character begins before the byte that does not belong to it
        if problem.contains("trailing") {
            repeat { offset -= 1 } while offset > 0 && bytes[offset] & 0xc0 == 0x80
        }
        var place = TextPlace()
        for scalar in String(decoding: bytes[..<offset], as: UTF8.self).unicodeScalars { place.pass(scalar) }
        let value = parser.pointee.problem_value
        guard problem.hasPrefix("control characters") else {
            return YAMLProblem(mark: place.mark, text: "this is not UTF-8; save the file as UTF-8")
        }
        switch value {
        case 0: return YAMLProblem(mark: place.mark, text: "a NUL is here; if this is UTF-16, save it as UTF-8")
        case 0xfeff: return problemOfMark(at: place.mark)
        default:
            return YAMLProblem(mark: place.mark, text: "the control character U+\(max(0, value).hex(4)) is not allowed")
        }
    }

    /// A tab, and a byte order mark that begins a line: libyaml does not say that it is this that it does not like.
    private func problemOfCharacter(at mark: YAMLMark) -> YAMLProblem? {
        var place = TextPlace()
        // what stands in the line up to there
        var line: [Unicode.Scalar] = []
        for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars where place.mark <= mark {
            // a line feed that ends the line before is behind its carriage return
            if place.mark.line == mark.line, scalar != "\n" { line.append(scalar) }
            place.pass(scalar)
        }
        if line.first == "\u{feff}" { return problemOfMark(at: YAMLMark(line: mark.line, column: 1)) }
        guard line.count == mark.column, line.last == "\t" else { return nil }
        let isIndentation = line.allSatisfy { $0 == " " || $0 == "\t" }
        let what = isIndentation ? "indents this line" : "cannot stand here"
        return YAMLProblem(mark: mark, text: "a tab \(what); YAML takes spaces")
    }

    private func problemOfMark(at mark: YAMLMark) -> YAMLProblem {
        YAMLProblem(mark: mark, text: "a byte order mark is here; only the text may begin with one")
    }
}

/// Counts lines and columns as libyaml does.
private struct TextPlace {
    private(set) var mark = YAMLMark(line: 1, column: 1)
    private var isBehindReturn = false

    mutating func pass(_ scalar: Unicode.Scalar) {
        switch scalar {
        case "\n" where isBehindReturn: break
        case "\r", "\n", "\u{85}", "\u{2028}", "\u{2029}": mark = YAMLMark(line: mark.line + 1, column: 1)
        default: mark = YAMLMark(line: mark.line, column: mark.column + 1)
        }
        isBehindReturn = scalar == "\r"
    }
}

extension YAMLMark {
    fileprivate init(_ mark: yaml_mark_t) {
        self.init(line: Int(mark.line) + 1, column: Int(mark.column) + 1)
    }
}
