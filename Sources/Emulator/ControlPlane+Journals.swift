internal import Journals
internal import Sysfs
internal import SystemAdditions
internal import SystemPackage

extension ControlPlane {
    /// How many bytes a journal may be told to keep.
    private static let limits = 64 << 10...1 << 30

    /// A file that only grows: `uevents`, `log`, `hardware`. Its one command is `limit BYTES`.
    static func journal(_ name: String, _ journal: @escaping @Sendable (Computer) -> any SharedJournal) -> Attribute<Computer> {
        Attribute(name, mode, journal: journal) { computer, input, held throws(Errno) in
            try execute(input, from: name, computer, held) { computer, line, _ throws(ControlError) in
                let words = line.split(separator: " ")
                guard words.count == 2, words[0] == "limit" else {
                    throw ControlError(.EINVAL, "the only command is 'limit BYTES', as 'limit 32M'")
                }
                guard let limit = bytes(words[1]), limits.contains(limit) else {
                    throw ControlError(.EINVAL, "a limit is a number of bytes, from 64K to 1G")
                }
                journal(computer).withJournal { $0.setLimit(limit) }
            }
        }
    }

    /// A decimal number, with K, M or G behind it or without.
    private static func bytes(_ text: Substring) -> Int? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let units = ["": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30]
        guard let number = Int(digits), let unit = units[String(text.dropFirst(digits.count))] else { return nil }
        let (bytes, isTooMuch) = number.multipliedReportingOverflow(by: unit)
        return isTooMuch ? nil : bytes
    }
}
