/// A line of the control plane's `guests-long`: `NAME UUID… req=N cfg=N open=N masks=…`, and whatever fields are added behind. The name may
/// have any byte in it but a blank and the end of a line, so also a `=`.
struct GuestLine {
    let name: String
    let devices: [String]
    let fields: [(name: String, value: String)]

    /// Nil for an empty line.
    init?(_ line: some Sequence<UInt8>) {
        // JSON cannot say what is not UTF-8
        var words = line.split(separator: UInt8(ascii: " ")).map { String(decoding: $0, as: UTF8.self) }[...]
        guard let name = words.popFirst() else { return nil }
        self.name = name
        devices = Array(words.prefix { !$0.contains("=") })
        fields = words.dropFirst(devices.count).map { word in
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (name: String(parts[0]), value: parts.count == 2 ? String(parts[1]) : "")
        }
    }

    /// The lines of a file.
    static func lines(of text: [UInt8]) -> [GuestLine] {
        text.split(separator: UInt8(ascii: "\n")).compactMap { GuestLine($0) }
    }

    var json: JSON {
        .object(
            [.init("name", .string(name)), .init("devices", .array(devices.map { .string($0) }))]
                + fields.map { .init($0.name, Int($0.value).map { .number($0) } ?? .string($0.value)) })
    }
}
