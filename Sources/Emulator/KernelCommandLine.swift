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
    /// The longest text that a parameter takes.
    private static let longestText = 1024

    /// What it says of the bus. What cannot be taken is told in the log, and is as if it were not there; what is not known is nothing
    /// to Linux. Of several the last one holds.
    func busParameters(log: KernelLog, hasPools: Bool) -> APBus.Parameters {
        var parameters = APBus.Parameters()
        for (name, value) in words {
            // in names of parameters a hyphen is an underscore
            let known = name.replacing("-", with: "_")
            switch known {
            case "ap.domain": take(&parameters.domain, value, name, log, number)
            case "ap.poll_thread": take(&parameters.pollThread, value, name, log, number)
            case "ap.useirq": take(&parameters.useInterrupts, value, name, log, number)
            case "ap.msgpool_min_items" where hasPools:
                take(&parameters.leastPooledMessages, value, name, log) { number($0) }
            case "ap.apmask": takeText(&parameters.adapters, value, name, log)
            case "ap.aqmask": takeText(&parameters.domains, value, name, log)
            default: break
            }
        }
        return parameters
    }

    private func take<Value>(
        _ target: inout Value, _ value: String?, _ name: String, _ log: KernelLog, _ parse: (String) -> Value?
    ) {
        guard let parsed = value.flatMap(parse) else { return refuse(value, name, log) }
        target = parsed
    }

    private func takeText(_ target: inout String?, _ value: String?, _ name: String, _ log: KernelLog) {
        guard let value else { return refuse(value, name, log) }
        guard value.utf8.count <= Self.longestText else {
            log.print("\(name.drop { $0 != "." }.dropFirst()): string parameter too long")
            log.print("Booting kernel: `\(value)' too large for parameter `\(name)'")
            return
        }
        target = value
    }

    private func refuse(_ value: String?, _ name: String, _ log: KernelLog) {
        log.print("Booting kernel: `\(value ?? "")' invalid for parameter `\(name)'")
    }

    /// A number as C writes it, decimal, hexadecimal or octal, with a sign or without.
    ///
    /// Kernel: lib/kstrtox.c, kstrtoint, kstrtouint.
    private func number<Value: FixedWidthInteger>(_ text: String) -> Value? {
        var digits = text[...]
        var sign = ""
        if let first = digits.first, first == "+" || first == "-" && Value.isSigned {
            sign = String(first)
            digits = digits.dropFirst()
        }
        var radix = 10
        if digits.hasPrefix("0x") || digits.hasPrefix("0X") {
            radix = 16
            digits = digits.dropFirst(2)
        } else if digits.hasPrefix("0"), digits.count > 1 {
            radix = 8
        }
        guard let first = digits.first, first != "+", first != "-" else { return nil }
        return Value(sign + digits, radix: radix)
    }
}
