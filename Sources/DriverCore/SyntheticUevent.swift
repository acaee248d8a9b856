internal import SystemAdditions
internal import SystemPackage
internal import Sysfs

/// A uevent that a user asks for by writing to an `uevent` file: `ACTION [UUID [KEY=VALUE]…]`.
///
/// Kernel: lib/kobject_uevent.c, kobject_synth_uevent.
struct SyntheticUevent: Equatable {
    let action: UeventAction
    let variables: [UeventVariable]

    /// - Throws: `EINVAL` for any other text, `ENOMEM` where the environment would have more than 64 variables or 2048 bytes.
    init(_ input: Input) throws(Errno) {
        var text = input.bytes[...]
        // one newline or NUL at the end is not part of it
        if text.last == UInt8(ascii: "\n") || text.last == 0 { text = text.dropLast() }
        let words = text.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        guard let first = words.first,
            let action = UeventAction.allCases.first(where: { first.elementsEqual($0.rawValue.utf8) })
        else { throw .EINVAL }
        self.action = action
        guard words.count > 1 else {
            variables = [UeventVariable("SYNTH_UUID", "0")]
            return
        }
        guard SyntheticUevent.isUUID(words[1]) else { throw .EINVAL }
        var variables = [UeventVariable("SYNTH_UUID", String(decoding: words[1], as: UTF8.self))]
        for word in words.dropFirst(2) {
            let parts = word.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy(SyntheticUevent.isAlphanumeric) })
            else { throw .EINVAL }
            let key = "SYNTH_ARG_" + String(decoding: parts[0], as: UTF8.self)
            variables.append(UeventVariable(key, String(decoding: parts[1], as: UTF8.self)))
        }
        guard variables.count <= 61, variables.reduce(0, { $0 + $1.key.utf8.count + $1.value.utf8.count + 2 }) <= 1800
        else { throw .ENOMEM }
        self.variables = variables
    }

    static func isUUID(_ text: some Collection<UInt8>) -> Bool {
        text.count == 36
            && text.enumerated().allSatisfy { at, byte in
                [8, 13, 18, 23].contains(at) ? byte == UInt8(ascii: "-") : isHexDigit(byte)
            }
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) && (byte | 0x20 <= UInt8(ascii: "f"))
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"):
            true
        default: false
        }
    }
}
