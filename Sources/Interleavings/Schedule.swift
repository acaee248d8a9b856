/// Who went on at every point of a run: enough to have the same run again.
///
/// As text it is short, and can be pasted into a test: `a12b3a` is the first operation for twelve points, the second one for
/// three, then the first one for one. The thread of posted work (``Run/post(_:)``) is the letter behind the last operation.
public struct Schedule: Hashable, Sendable, CustomStringConvertible {
    /// The number of the thread that was chosen, point by point.
    public let choices: [Int]

    /// A schedule of these threads, point by point: 0 is the first operation.
    public init(_ choices: [Int]) {
        self.choices = choices
    }

    /// Reads what `description` writes; nil for anything else.
    public init?(_ text: String) {
        var choices: [Int] = []
        var rest = text.utf8[...]
        while let letter = rest.popFirst() {
            guard (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(letter) else { return nil }
            let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            rest = rest.dropFirst(digits.count)
            guard let count = digits.isEmpty ? 1 : Int(String(decoding: digits, as: UTF8.self)), count <= 1_000_000 else {
                return nil
            }
            choices += Array(repeating: Int(letter - UInt8(ascii: "a")), count: count)
        }
        self.choices = choices
    }

    /// The letter of a thread.
    static func letter(_ thread: Int) -> String {
        String(decoding: [UInt8(ascii: "a") + UInt8(thread)], as: UTF8.self)
    }

    public var description: String {
        var text = ""
        var rest = choices[...]
        while let thread = rest.first {
            let count = rest.prefix { $0 == thread }.count
            text += Schedule.letter(thread) + (count > 1 ? "\(count)" : "")
            rest = rest.dropFirst(count)
        }
        return text
    }
}
