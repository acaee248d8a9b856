internal import AdjunctProcessor
public import Machine
public import Recordings

extension MachineDescription {
    /// A line at the beginning of a recording that no machine is like.
    public struct Impossible: Error, Hashable, CustomStringConvertible {
        /// Which line, what is wrong with it, and what is right.
        public let description: String
    }

    /// The machine that a recording begins on: the default one, changed as its head says.
    ///
    /// Beyond the commands of the control plane a head knows those of the machine that was recorded: `clear` takes everything out;
    /// `qci FLAGS` and `uv 1` say what QCI tells, `sclp 0` that nothing can be configured; of an adapter `fac=` are its function bits,
    /// `qd=` is its depth less one, `ml=` its longest message in units of 4096 bytes, and `nd=` what nothing shows.
    ///
    /// - Throws: for a command that is none, or cannot be done.
    public init(of head: Recording.Head) throws(Impossible) {
        self = .default
        for command in head.machine {
            do {
                try change(command)
            } catch {
                throw Impossible(description: "# machine: '\(command)': \(error)")
            }
        }
        if head.missing.contains(.configuration) { features = nil }
        if head.missing.contains(.interrupts) { interrupts = false }
        boot = Boot(commandLine: head.commandLine, modules: try head.modules.map(Self.known))
    }

    private static func known(_ modules: [String]) throws(Impossible) -> [String] {
        for name in modules where !Boot.knownModules.contains(name) {
            throw Impossible(
                description: "# cmdline: there is no module '\(name)'; there are \(Boot.knownModules.joined(separator: ", "))")
        }
        return modules
    }

    private mutating func change(_ command: String) throws {
        let words = command.split(separator: " ").map(String.init)
        switch (words.first, words.count) {
        case ("clear", 1):
            adapters = [:]
            (usageDomains, controlDomains) = (.none, .none)
            queues = [:]
        case ("qci", 2): features = Features(ofQCI: try number(words[1]), keeping: features)
        case ("uv", 2):
            secureExecution = try number(words[1]) != 0
            if secureExecution { features?.insert(.apsb) } else { features?.remove(.apsb) }
        case ("sclp", 2): reconfiguration = try number(words[1]) != 0
        case ("remove-adapter", 2): adapters[try id(words[1])] = nil
        case ("adapter", 2...): try changeAdapter(words)
        case ("queue", 3...):
            guard let apqn = APQN(words[1]) else { throw Impossible(description: "'\(words[1])' is no queue; say 05.0047") }
            try execute((["queue", "\(apqn)"] + words[2...]).joined(separator: " "))
        default: try execute(command)
        }
    }

    /// Says in the control plane's words what a head says of an adapter.
    private mutating func changeAdapter(_ words: [String]) throws {
        var command = Array(words[..<2])
        var functions: Int?
        for word in words[2...] {
            let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
            switch (parts[0], parts.count) {
            case ("fac", 2): functions = try number(parts[1])
            case ("qd", 2): command.append("depth=\(try number(parts[1]) + 1)")
            case ("ml", 2): command.append("max_msg_size=\(try number(parts[1]) * 4096)")
            case ("nd", 2): _ = try number(parts[1])
            default: command.append(word)
            }
        }
        let id = try id(words[1])
        // a command changes something
        if command.count == 2 { command.append("config=\((adapters[id]?.config ?? true) ? 1 : 0)") }
        try execute(command.joined(separator: " "))
        if let functions { adapters[id]?.functions = UInt32(functions) }
    }

    private func id(_ text: String) throws(Impossible) -> AdapterID {
        guard let id = AdapterID(hex: text) else { throw Impossible(description: "'\(text)' is no adapter; say 06") }
        return id
    }

    private func number(_ text: String) throws(Impossible) -> Int {
        let number = text.hasPrefix("0x") ? Int(text.dropFirst(2), radix: 16) : Int(text)
        guard let number, (0...0xffff_ffff).contains(number) else {
            throw Impossible(description: "'\(text)' is no number; say 16 or 0x10")
        }
        return number
    }
}

extension MachineDescription.Features {
    /// The first byte that QCI answers, whose bits they are; what stands elsewhere is kept.
    fileprivate init(ofQCI flags: Int, keeping old: Self?) {
        self = old?.intersection(.apsb) ?? []
        for (bit, feature) in [(0x80, Self.apsc), (0x40, .apxa), (0x20, .qact), (0x10, .rc8a)] where flags & bit != 0 {
            insert(feature)
        }
    }
}
