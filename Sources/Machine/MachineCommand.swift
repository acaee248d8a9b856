internal import AdjunctProcessor
internal import SystemAdditions
public import SystemPackage

/// Why a machine did not do what it was told. Nothing was changed.
public struct MachineCommandError: Error, Hashable, CustomStringConvertible {
    /// EINVAL: malformed or impossible. ENOENT: there is no such queue.
    public let errno: Errno
    /// What is wrong and what would be right, for the log.
    public let reason: String

    /// EINVAL.
    static func invalid(_ reason: String) -> Self {
        Self(errno: .EINVAL, reason: reason)
    }

    /// ENOENT.
    static func notFound(_ reason: String) -> Self {
        Self(errno: .ENOENT, reason: reason)
    }

    public var description: String { reason }
}

/// A line of the control plane's `machine` file. Numbers are hexadecimal as in the tree, `0x` is allowed; those of `maxima`,
/// `rawtype`, `depth`, `max_msg_size`, `reset-busy` and `-n` are decimal.
///
///     adapter 06 unplug                             nothing is done if it is not plugged
///     adapter 06 type=CEX8P config=1 chkstop=0      what is not named stays; an adapter that is not plugged is plugged,
///                                                   and is a CEX8C, configured and not checkstopped, if nothing else is said
///     adapter 05 rawtype=15 depth=8 max_msg_size=12288
///     domain 47 usage|control|both|none
///     maxima 255 255                                of adapters and domains
///     queue 05.0047 reset-busy=5 absent=0 chkstop=0
///     queue 05.0047 reset-rc=02 reset-n=1           answers so once, for ever without -n; also tapq-, aqic-, nqap-
enum MachineCommand: Hashable, Sendable {
    case unplug(AdapterID)
    case adapter(AdapterID, AdapterChange)
    case domain(DomainID, usage: Bool, control: Bool)
    case maxima(adapter: UInt8, domain: UInt8)
    case queue(APQN, QueueFaultChanges)

    struct AdapterChange: Hashable, Sendable {
        var type: CardType?
        var rawType: UInt8?
        var depth: Int?
        var maximumMessageSize: Int?
        var config: Bool?
        var chkstop: Bool?
    }

    /// Reads a line; whether the machine can do it is not looked at.
    ///
    /// - Throws: `EINVAL` for anything else than a command.
    init(_ text: String) throws(MachineCommandError) {
        var words = text.split(whereSeparator: \.isWhitespace)[...]
        let subject = words.popFirst()
        switch subject {
        case "adapter":
            let id = try Self.take(&words, "an adapter", "06") { AdapterID(hex: $0) }
            if words == ["unplug"] {
                self = .unplug(id)
            } else {
                self = .adapter(id, try Self.adapterChange(words))
            }
        case "domain":
            let id = try Self.take(&words, "a domain", "47") { DomainID(hex: $0) }
            let (usage, control) = try Self.take(&words, "a use", "usage, control, both or none") {
                ["usage": (true, false), "control": (false, true), "both": (true, true), "none": (false, false)][$0]
            }
            self = .domain(id, usage: usage, control: control)
            try Self.end(words)
        case "maxima":
            let adapter = try Self.take(&words, "a maximum", "255, decimal", decimal)
            let domain = try Self.take(&words, "a maximum", "255, decimal", decimal)
            self = .maxima(adapter: adapter, domain: domain)
            try Self.end(words)
        case "queue":
            let apqn = try Self.take(&words, "a queue", "05.0047") { APQN($0) }
            self = .queue(apqn, try Self.queueChange(words))
        case nil:
            throw MachineCommandError.invalid("the command is empty")
        case let other?:
            throw MachineCommandError.invalid("'\(other)' is no command of a machine; adapter, domain, maxima and queue are")
        }
    }

    private static func adapterChange(_ words: ArraySlice<Substring>) throws(MachineCommandError) -> AdapterChange {
        var change = AdapterChange()
        try settings(words, allowed: "unplug, type=, rawtype=, depth=, max_msg_size=, config= and chkstop=") {
            (key, value) throws(MachineCommandError) in
            switch key {
            case "type": change.type = try read(key, value, CardType.names) { CardType($0) }
            case "rawtype": change.rawType = try read(key, value, Spelling.rawType, decimal)
            case "depth": change.depth = try read(key, value, Spelling.depth, depth)
            case "max_msg_size": change.maximumMessageSize = try read(key, value, Spelling.messageSize, messageSize)
            case "config": change.config = try read(key, value, "0 or 1", flag)
            case "chkstop": change.chkstop = try read(key, value, "0 or 1", flag)
            default: return false
            }
            return true
        }
        return change
    }

    private static func queueChange(_ words: ArraySlice<Substring>) throws(MachineCommandError) -> QueueFaultChanges {
        var change = QueueFaultChanges()
        let keys = MachineDescription.QueueFaults.keys.map { $0 + "=" }
        let allowed = keys.dropLast().joined(separator: ", ") + " and \(keys[keys.count - 1])"
        try settings(words, allowed: allowed) { (key, value) throws(MachineCommandError) in
            guard let right = MachineDescription.QueueFaults.values(of: String(key)) else { return false }
            try read(key, value, right) { change.set(String(key), $0) ? () : nil }
            return true
        }
        return change
    }

    /// Hands every `key=value` to `set`, which says whether it knows the key.
    ///
    /// - Throws: `EINVAL` without words, and for a word that is no `key=value` or whose key nobody knows; what `set` throws.
    private static func settings(
        _ words: ArraySlice<Substring>, allowed: String,
        set: (Substring, Substring) throws(MachineCommandError) -> Bool
    ) throws(MachineCommandError) {
        guard !words.isEmpty else { throw MachineCommandError.invalid("nothing to change; \(allowed) do") }
        for word in words {
            guard let sign = word.firstIndex(of: "="),
                try set(word[..<sign], word[word.index(after: sign)...])
            else { throw MachineCommandError.invalid("'\(word)' means nothing here; \(allowed) do") }
        }
    }

    private static func take<Value>(
        _ words: inout ArraySlice<Substring>, _ what: String, _ example: String, _ parse: (String) -> Value?
    ) throws(MachineCommandError) -> Value {
        guard let word = words.popFirst() else {
            throw MachineCommandError.invalid("\(what) is missing; say \(example)")
        }
        guard let value = parse(String(word)) else {
            throw MachineCommandError.invalid("'\(word)' is not \(what); say \(example)")
        }
        return value
    }

    private static func read<Value>(
        _ key: Substring, _ word: Substring, _ allowed: String, _ parse: (String) -> Value?
    ) throws(MachineCommandError) -> Value {
        guard let value = parse(String(word)) else {
            throw MachineCommandError.invalid("\(key)=\(word) is not possible; \(allowed)")
        }
        return value
    }

    private static func end(_ words: ArraySlice<Substring>) throws(MachineCommandError) {
        if let word = words.first { throw MachineCommandError.invalid("'\(word)' is one word too many") }
    }
}
