internal import SystemAdditions

/// The kernel's messages as they are compared. Left out are the time in front of each, and all of a call trace but the message that
/// begins it. Those about a reset that takes long are under a rate limit: one of each kind is kept, without its time.
func comparableMessages(_ lines: [String]) -> (messages: [String], limited: Set<String>) {
    var messages: [String] = []
    var limited: Set<String> = []
    var isInTrace = false
    for line in lines.map(withoutTime) {
        if line.hasPrefix("WARNING: CPU: ") || line.hasPrefix("WARNING: at ") || line.hasPrefix("Modules linked in: ") {
            isInTrace = true
        }
        defer { if line.hasPrefix("---[ end trace ") { isInTrace = false } }
        guard !isInTrace else { continue }
        // what the control plane says is no message of Linux
        guard !line.hasPrefix("apmatrix: "), !line.hasSuffix(" callbacks suppressed") else { continue }
        if line.hasPrefix("Waited ") { limited.insert(withoutDuration(line)) } else { messages.append(line) }
    }
    return (messages, limited)
}

/// `[   12.345678] ` goes.
private func withoutTime(_ line: String) -> String {
    guard line.hasPrefix("["), let end = line.firstIndex(of: "]") else { return line }
    let time = line[line.index(after: line.startIndex)..<end]
    guard time.contains("."),
        time.utf8.allSatisfy({
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: ".")
        })
    else { return line }
    return String(line[line.index(after: end)...].drop { $0 == " " })
}

/// `Waited 20ms for …`, with `N` in the place of the number.
private func withoutDuration(_ line: String) -> String {
    let words = line.words
    guard words.count > 1, words[1].hasSuffix("ms") else { return line }
    return (["Waited", "Nms"] + words[2...]).joined(separator: " ")
}

/// The lines of a dump, with `N` for the numbers that differ from boot to boot: of devices, of scans, and how large modules are.
func dumpedLines(_ text: [UInt8]) -> [String] {
    text.split(separator: UInt8(ascii: "\n")).map { line in
        let text = String(latin1: withoutNumbers(after: ["MAJOR=", "MINOR="], in: Array(line)))
        guard let equals = text.firstRange(of: " = ") else { return text }
        let (path, value) = (text[..<equals.lowerBound], text[equals.upperBound...])
        switch path.split(whereSeparator: { $0 == "/" || $0 == " " }).last {
        case "dev": return path + " = " + String(latin1: withoutNumbers(ofDevice: String(value).latin1))
        case "scans", "coresize", "initsize": return path + " = N"
        default: return text
        }
    }
}
