extension String {
    /// As one word of a shell, in quotes where it needs them.
    var shellWord: String {
        let isPlain = allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "/._-+:,@%".contains($0)) }
        guard isEmpty || !isPlain else { return self }
        // a quote with an accent behind it is one character, and still ends what is quoted
        let pieces = unicodeScalars.split(separator: "'", omittingEmptySubsequences: false).map { String($0) }
        return "'" + pieces.joined(separator: "'\\''") + "'"
    }

    /// `1 request`, `2 requests`.
    static func count(_ number: Int, _ noun: String) -> String {
        "\(number) \(noun)\(number == 1 ? "" : "s")"
    }
}
