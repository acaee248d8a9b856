internal import APBus
internal import DriverCore
internal import SystemAdditions

/// The parameters on a kernel's command line.
///
/// Kernel: kernel/params.c, parse_args; lib/cmdline.c, next_arg.
struct KernelCommandLine {
    /// A word with its value; nil where there is no `=`.
    typealias Word = (name: String, value: String?)

    /// In order, up to a word `--`, behind which everything is for init.
    let words: [Word]

    init(_ text: String) {
        var words: [Word] = []
        var rest = Array(text.utf8)[...]
        func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        while true {
            rest = rest.drop(while: isBlank)
            guard !rest.isEmpty else { break }
            // a blank between double quotes ends no word
            var isQuoted = false
            let word = rest.prefix { byte in
                if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
                return isQuoted || !isBlank(byte)
            }
            rest = rest[word.endIndex...]
            let parsed = Self.word(String(latin1: word))
            if parsed.name == "--", parsed.value == nil { break }
            words.append(parsed)
        }
        self.words = words
    }

    /// Takes the word apart at its first `=`; quotes around all of it, or around its value, go.
    private static func word(_ text: String) -> Word {
        let text = text.hasPrefix("\"") ? unquoted(text) : text
        guard let equals = text.firstIndex(of: "=") else { return (text, nil) }
        let value = String(text[text.index(after: equals)...])
        return (String(text[..<equals]), value.hasPrefix("\"") ? unquoted(value) : value)
    }

    private static func unquoted(_ text: String) -> String {
        let inner = text.dropFirst()
        return String(inner.hasSuffix("\"") ? inner.dropLast() : inner)
    }
}

extension KernelCommandLine {
    /// What it says of the bus. What cannot be taken is told in the log, and is as if it were not there; what is not known is nothing
    /// to Linux. Of several the last one holds.
    func busParameters(log: KernelLog, hasPools: Bool) -> APBus.Parameters {
        let reader = ParameterReader(of: "Booting kernel", log: log)
        var parameters = APBus.Parameters()
        for (name, value) in words {
            // in names of parameters a hyphen is an underscore
            let known = name.replacing("-", with: "_")
            switch known {
            case "ap.domain": reader.take(&parameters.domain, value, name)
            case "ap.poll_thread": reader.take(&parameters.pollThread, value, name)
            case "ap.useirq": reader.take(&parameters.useInterrupts, value, name)
            case "ap.msgpool_min_items" where hasPools: reader.take(&parameters.leastPooledMessages, value, name)
            case "ap.apmask": reader.takeText(&parameters.adapters, value, name)
            case "ap.aqmask": reader.takeText(&parameters.domains, value, name)
            default: break
            }
        }
        return parameters
    }

    /// What `modprobe` gives a module: the words `MODULE.NAME=VALUE`, without the name of the module.
    func words(of module: ModuleName) -> [Word] {
        words.compactMap { name, value in
            guard let dot = name.firstIndex(of: "."), name[..<dot].replacing("-", with: "_") == module.rawValue else {
                return nil
            }
            return (String(name[name.index(after: dot)...]), value)
        }
    }
}
