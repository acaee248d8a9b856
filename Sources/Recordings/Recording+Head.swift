extension Recording {
    /// The machine that a recording begins on, as the comments in front of its first request say.
    ///
    ///     # machine: adapter 05 config=0; domain 47 none     changes to the default machine before it is booted
    ///     # cpu: apqci=off,apqi=off                          no QCI, no AP interrupts
    ///     # cmdline: ap.apmask=-5 oracle.mods=zcrypt         Linux's command line, and which modules alone are loaded
    public struct Head: Hashable, Sendable {
        /// Commands like those of `hw`, in order.
        public var machine: [String] = []
        /// What the processor does not have.
        public var missing: Set<Facility> = []
        /// The command line, without what only says which modules are loaded.
        public var commandLine = ""
        /// The modules that are loaded at boot; nil: all.
        public var modules: [String]?

        /// What a processor may lack, as a recording writes it.
        public enum Facility: String, Hashable, Sendable, CaseIterable {
            /// The instruction QCI.
            case configuration = "apqci"
            /// AP interrupts.
            case interrupts = "apqi"
        }

        /// Nothing is said: the default machine.
        public init() {}
    }

    /// What the comments in front of the first request say of the machine.
    ///
    /// - Throws: `Malformed` for a word of `# cpu:` that is not known.
    public func head() throws(Malformed) -> Head {
        var head = Head()
        for (number, line) in zip(1..., lines) {
            guard case .comment(let comment) = line else { break }
            do throws(Head.Unknown) {
                try head.read(comment)
            } catch {
                throw Malformed(line: number, description: "\(name), line \(number): \(error.reason)")
            }
        }
        return head
    }
}

extension Script {
    /// What the comments in front of the first request say of the machine that it is for.
    ///
    /// - Throws: `Malformed` for a word of `# cpu:` that is not known.
    public func head() throws(Malformed) -> Recording.Head {
        var head = Recording.Head()
        for (number, line) in zip(1..., lines) {
            guard case .comment(let comment) = line else { break }
            do throws(Recording.Head.Unknown) {
                try head.read(comment)
            } catch {
                throw Malformed(line: number, description: "\(file):\(number): \(error.reason)")
            }
        }
        return head
    }
}

extension Recording.Head {
    /// A word that stands for nothing.
    struct Unknown: Error {
        let reason: String
    }

    /// Takes what a comment says; most say nothing.
    mutating func read(_ comment: String) throws(Unknown) {
        if let text = comment.value(of: "machine") {
            machine = text.split(separator: ";").map { $0.words.joined(separator: " ") }.filter { !$0.isEmpty }
        } else if let text = comment.value(of: "cpu") {
            missing = []
            for word in text.split(separator: ",") { missing.insert(try Self.facility(word)) }
        } else if let text = comment.value(of: "cmdline") {
            setBoot(text)
        }
    }

    private static func facility(_ word: Substring) throws(Unknown) -> Facility {
        let parts = word.words.joined().split(separator: "=", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[1] == "off", let facility = Facility(rawValue: String(parts[0])) else {
            let right = Facility.allCases.map { "\($0.rawValue)=off" }.joined(separator: ", ")
            throw Unknown(reason: "'\(word)' is nothing that a processor lacks; it may be \(right)")
        }
        return facility
    }

    /// The word that names the modules, and means nothing to the kernel.
    private static let modulesWord = "oracle.mods="

    fileprivate mutating func setBoot(_ text: String) {
        let naming = text.words.filter { $0.hasPrefix(Self.modulesWord) }
        let rest = text.words.filter { !$0.hasPrefix(Self.modulesWord) }
        modules = naming.last.map { $0.dropFirst(Self.modulesWord.count).split(separator: ",").map(String.init) }
        commandLine = rest.joined(separator: " ")
    }
}

extension String {
    /// What stands behind `# KEY: `; nil in another comment.
    fileprivate func value(of key: String) -> String? {
        let start = "# \(key):"
        return hasPrefix(start) ? String(dropFirst(start.count)) : nil
    }
}

extension Player {
    /// Plays as the recording was played that begins so.
    public func prepare(for head: Recording.Head) {
        scansToSettle = head.missing.contains(.configuration) ? 3 : 1
    }
}
