internal import Glibc
internal import SystemAdditions
internal import VFS

extension Request {
    /// A line that is no request.
    public struct Unreadable: Error, Hashable, CustomStringConvertible {
        /// What is wrong, with the line.
        public let description: String
        /// What would be right.
        public let advice: String
    }

    /// Reads a line of a recording, without its `> `.
    ///
    /// - Throws: `Unreadable` for a line that is no request, is not well quoted, or has no number where one belongs.
    public init(_ line: String) throws(Unreadable) {
        let words = line.words.map(String.init)
        switch (words.first, words.count) {
        case ("bg", 3...):
            // behind the name the line is a request of its own
            let request = String(line[line.words[1].endIndex...])
            do throws(Unreadable) {
                self = .background(name: words[1], try Request(inBackground: request))
            } catch {
                throw Unreadable(description: error.description, advice: Request.advice(for: line))
            }
        case ("wait", 2): self = .wait(name: words[1], .seconds(1))
        case ("wait", 3): self = .wait(name: words[1], try milliseconds(words[2], in: line))
        case ("hw", 2) where words[1] == "events": self = .news(.hardware)
        case ("hw", 3) where words[1] == "remove-adapter":
            self = .command(.machine, "adapter \(words[2]) unplug", pause: .zero)
        case ("hw", 3...): self = .command(.machine, words.rest, pause: .zero)
        case ("guest", 3) where words[1] == "events": self = .guestEvents(name: words[2])
        case ("guest", 3) where words[1] == "kill": self = .command(.guests, words.rest, pause: .milliseconds(200))
        case ("guest", 3) where ["stop", "reset"].contains(words[1]),
            ("guest", 4...) where ["start", "start-deaf", "start-cdev", "start-silent"].contains(words[1]):
            self = .command(.guests, words.rest, pause: .milliseconds(20))
        case ("module", 3...) where ["load", "unload"].contains(words[1]):
            self = .command(.modules, words.rest, pause: .zero)
        case ("uevents", 1): self = .news(.uevents)
        case ("dmesg", 1): self = .news(.log)
        case ("settle", 1): self = .settle
        case ("idle", 1): self = .pause(.milliseconds(300))
        case ("sleep", 2): self = .sleep(try milliseconds(words[1], in: line))
        case ("ping", 1): self = .ping
        default: self = .file(try FileRequest(line))
        }
    }

    /// Reads what may be done in the background: system calls on a file, and commands to guests and modules, after which the machine
    /// is given no time.
    private init(inBackground line: String) throws(Unreadable) {
        switch line.words.first {
        case "guest", "module":
            guard case .command(let file, let command, _) = try Request(line) else { throw noSuchRequest(line) }
            self = .command(file, command, pause: .zero)
        default: self = .file(try FileRequest(line))
        }
    }
}

extension FileRequest {
    /// Reads a line that asks for system calls.
    ///
    /// - Throws: `Request.Unreadable` for any other line.
    public init(_ line: String) throws(Request.Unreadable) {
        guard let tokens = tokens(of: line) else {
            throw Request.Unreadable(
                description: "not well quoted: \(line)",
                advice: #"data stands between two ", and what has a meaning there is written \n \r \t \\ \" \xNN"#)
        }
        guard let request = FileRequest(tokens) else { throw noSuchRequest(line) }
        self = request
    }

    private init?(_ tokens: [[UInt8]]) {
        guard tokens.count > 1 else { return nil }
        if let request = NodeRequest(tokens) {
            self = .node(request)
            return
        }
        if let request = HeldRequest(tokens) {
            self = .held(String(latin1: tokens[1]), request)
            return
        }
        let path = SysfsPath(tokens[1])
        func text(_ index: Int) -> String { String(latin1: tokens[index]) }
        switch (text(0), tokens.count - 1) {
        case ("write", 2): self = .write(path, tokens[2])
        case ("writes", 2...): self = .writes(path, Array(tokens[2...]))
        case ("pwrite", 3):
            guard let offset = number(text(2)) else { return nil }
            self = offset < 0 ? .write(path, tokens[3]) : .pwrite(path, offset: offset, tokens[3])
        case ("read", 1): self = .read(path)
        case ("pread", 3):
            guard let offset = number(text(2)), let count = number(text(3)) else { return nil }
            self = count < 0 ? .read(path) : .pread(path, offset: offset, count: count)
        case ("list", 1): self = .list(path)
        case ("tree", 1): self = .tree(path)
        case ("link", 1): self = .link(path)
        case ("stat", 1): self = .stat(path)
        case ("open", 2):
            guard let flags = OpenFlags(text(2)) else { return nil }
            self = .open(path, flags)
        case ("mkdir", 1): self = .makeDirectory(path)
        case ("rmdir", 1): self = .removeDirectory(path)
        case ("unlink", 1): self = .unlink(path)
        case ("creat", 1), ("create", 1): self = .open(path, [.writeOnly, .create, .truncate])
        case ("rename", 2): self = .rename(path, to: SysfsPath(tokens[2]))
        case ("symlink", 2): self = .symbolicLink(SysfsPath(tokens[2]), to: path.bytes)
        case ("truncate", 2):
            guard let length = number(text(2)) else { return nil }
            self = .truncate(path, length: length)
        case ("chmod", 2):
            guard let mode = number(text(2), base: 8) else { return nil }
            self = .changeMode(path, UInt16(truncatingIfNeeded: mode))
        case ("access", 2): self = .access(path, AccessMode(text(2)))
        case ("readdir", 1): self = .listing(path)
        case ("dump", 1): self = .dump(path)
        case ("reads", 2):
            guard let count = number(text(2)), count >= 0 else { return nil }
            self = .reads(path, count: count)
        case ("sendfile", 1): self = .send(path)
        default: return nil
        }
    }
}

/// The words of a line, or what is between double quotes; nil where a quote or an escape is wrong.
private func tokens(of line: String) -> [[UInt8]]? {
    var tokens: [[UInt8]] = []
    var rest = line.latin1[...]
    while true {
        rest = rest.drop(while: \.isBlank)
        guard let first = rest.first else { return tokens }
        if first == UInt8(ascii: "\"") {
            let start = rest.startIndex + 1
            guard let end = closingQuote(in: rest[start...]), let token = CEscapes.unescape(rest[start..<end]) else { return nil }
            tokens.append(token)
            rest = rest[(end + 1)...]
        } else {
            let token = rest.prefix { !$0.isBlank }
            tokens.append(Array(token))
            rest = rest[token.endIndex...]
        }
    }
}

private func closingQuote(in text: ArraySlice<UInt8>) -> Int? {
    var index = text.startIndex
    while index < text.endIndex, text[index] != UInt8(ascii: "\"") {
        index += text[index] == CEscapes.backslash ? 2 : 1
    }
    return index < text.endIndex ? index : nil
}

/// A number as C reads it; nil where something else is, or follows.
func number(_ text: String, base: Int32 = 0) -> Int? {
    text.withCString { start in
        var end: UnsafeMutablePointer<CChar>?
        let number = strtol(start, &end, base)
        return end.map { $0 > UnsafeMutablePointer(mutating: start) && $0.pointee == 0 } == true ? number : nil
    }
}

/// As many as poll(2) takes.
private func milliseconds(_ text: String, in line: String) throws(Request.Unreadable) -> Duration {
    guard let number = number(text), (0...Int(Int32.max)).contains(number) else { throw noSuchRequest(line) }
    return .milliseconds(number)
}

private func noSuchRequest(_ line: String) -> Request.Unreadable {
    Request.Unreadable(description: "no such request: \(line)", advice: Request.advice(for: line))
}

extension [String] {
    /// The words behind the first.
    fileprivate var rest: String { dropFirst().joined(separator: " ") }
}

extension UInt8 {
    fileprivate var isBlank: Bool { self == UInt8(ascii: " ") || self == UInt8(ascii: "\t") }
}
