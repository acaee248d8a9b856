public import Kernels
internal import SystemAdditions
public import SystemPackage

/// How the kernel reads numbers and names out of what is written to an attribute.
///
/// Each function takes the text as a C string sees it: the bytes before the first NUL (`Input.text`).
public enum KernelText {
    /// Reads an unsigned 64-bit number in base 0 (decimal, `0x` hex, `0` octal) with at most one `+` before and one
    /// newline behind it.
    ///
    /// - Throws: `EINVAL` for anything else, `ERANGE` for a number over 64 bits, whatever follows it.
    ///
    /// Kernel: lib/kstrtox.c, kstrtoul.
    public static func unsignedLong(_ text: ArraySlice<UInt8>) throws(Errno) -> UInt64 {
        var rest = text
        if rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
        let radix = takeRadix(&rest, base: 0)
        let (value, digits, overflow) = takeDigits(&rest, radix: radix)
        guard digits > 0 else { throw .EINVAL }
        guard !overflow else { throw .ERANGE }
        if rest.first == UInt8(ascii: "\n") { rest = rest.dropFirst() }
        guard rest.isEmpty else { throw .EINVAL }
        return value
    }

    /// Reads a number of a smaller type as `unsignedLong` does; one with a sign may have a `-` in the place of the `+`.
    ///
    /// - Throws: `EINVAL` for anything else, `ERANGE` for a number that does not fit.
    ///
    /// Kernel: lib/kstrtox.c, kstrtoint, kstrtouint.
    public static func integer<Value: FixedWidthInteger>(_ text: ArraySlice<UInt8>) throws(Errno) -> Value {
        let isNegative = Value.isSigned && text.first == UInt8(ascii: "-")
        let rest = isNegative ? text.dropFirst() : text
        guard !isNegative || rest.first != UInt8(ascii: "+") else { throw .EINVAL }
        let size = try unsignedLong(rest)
        guard size <= UInt64(Value.max) + (isNegative ? 1 : 0) else { throw .ERANGE }
        return Value(truncatingIfNeeded: isNegative ? 0 &- size : size)
    }

    /// Reads a yes or a no from the first character, and the second one where the first is an `o`.
    ///
    /// - Parameter release: `e`/`d` (enable, disable) are understood from 7.2 on.
    /// - Throws: `EINVAL` when it is neither.
    ///
    /// Kernel: lib/kstrtox.c, kstrtobool.
    public static func boolean(_ text: ArraySlice<UInt8>, release: KernelRelease) throws(Errno) -> Bool {
        guard let first = text.first else { throw .EINVAL }
        switch lowercase(first) {
        case UInt8(ascii: "1"), UInt8(ascii: "y"), UInt8(ascii: "t"): return true
        case UInt8(ascii: "0"), UInt8(ascii: "n"), UInt8(ascii: "f"): return false
        case UInt8(ascii: "e") where release.has(.booleansKnowEnable): return true
        case UInt8(ascii: "d") where release.has(.booleansKnowEnable): return false
        case UInt8(ascii: "o"):
            switch text.dropFirst().first.map(lowercase) {
            case UInt8(ascii: "n"): return true
            case UInt8(ascii: "f"): return false
            default: throw .EINVAL
            }
        default: throw .EINVAL
        }
    }

    /// The base in which `scannedInteger` reads.
    public enum ScanBase: Sendable {
        /// `%d`
        case decimal
        /// `%i`: by prefix
        case prefixed
    }

    /// Reads a 32-bit integer as `sscanf` does: leading white space and one `-` allowed, the rest of the text ignored, the
    /// negative or positive value of the digits cut to its low 32 bits.
    ///
    /// - Parameter release: 7.2 refuses digits whose value does not fit into 64 bits; before, they are cut to the low 64.
    /// - Throws: `EINVAL` where there is no number.
    ///
    /// Kernel: lib/vsprintf.c, vsscanf with `%d` or `%i`.
    public static func scannedInteger(
        _ text: ArraySlice<UInt8>, _ base: ScanBase, release: KernelRelease
    ) throws(Errno) -> Int32 {
        var rest = text.drop(while: isSpace)
        let negative = rest.first == UInt8(ascii: "-")
        if negative { rest = rest.dropFirst() }
        let value = try scannedDigits(&rest, base, release: release)
        return Int32(truncatingIfNeeded: negative ? 0 &- value : value)
    }

    /// Reads an unsigned 64-bit integer as `sscanf` does with `%llu`: as `scannedInteger`, but no sign is allowed.
    ///
    /// - Throws: `EINVAL` where there is no number.
    public static func scannedLong(
        _ text: ArraySlice<UInt8>, _ base: ScanBase, release: KernelRelease
    ) throws(Errno) -> UInt64 {
        var rest = text.drop(while: isSpace)
        return try scannedDigits(&rest, base, release: release)
    }

    private static func scannedDigits(
        _ rest: inout ArraySlice<UInt8>, _ base: ScanBase, release: KernelRelease
    ) throws(Errno) -> UInt64 {
        let radix = base == .decimal ? 10 : takeRadix(&rest, base: 0)
        let (value, digits, overflow) = takeDigits(&rest, radix: radix)
        guard digits > 0, !overflow || !release.has(.scannedNumbersMustFit) else { throw .EINVAL }
        return value
    }

    /// Whether the text names `name`: byte for byte, with one newline behind it tolerated.
    ///
    /// Kernel: lib/string_helpers.c, sysfs_streq.
    public static func names(_ text: ArraySlice<UInt8>, _ name: some StringProtocol) -> Bool {
        let trimmed = text.last == UInt8(ascii: "\n") ? text.dropLast() : text
        return trimmed.lazy.map { UInt32($0) }.elementsEqual(name.unicodeScalars.lazy.map(\.value))
    }

    /// The name in the text for a look-up by `sysfs_streq`: without its one trailing newline.
    public static func name(_ text: ArraySlice<UInt8>) -> String {
        String(latin1: text.last == UInt8(ascii: "\n") ? text.dropLast() : text)
    }

    static func lowercase(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }

    /// White space as the kernel's ctype table has it.
    public static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || (0x09...0x0d).contains(byte) || byte == 0xa0
    }

    /// Takes a base prefix off the text; a `0x` counts only where a hex digit follows.
    private static func takeRadix(_ rest: inout ArraySlice<UInt8>, base: Int) -> Int {
        guard base == 0 else { return base }
        guard rest.first == UInt8(ascii: "0") else { return 10 }
        let behind = rest.dropFirst()
        guard let mark = behind.first, lowercase(mark) == UInt8(ascii: "x"),
            let digit = behind.dropFirst().first, hexDigit(digit) != nil
        else { return 8 }
        rest = behind.dropFirst()
        return 16
    }

    private static func takeDigits(_ rest: inout ArraySlice<UInt8>, radix: Int) -> (value: UInt64, digits: Int, overflow: Bool) {
        var value: UInt64 = 0
        var digits = 0
        var overflow = false
        while let byte = rest.first, let digit = hexDigit(byte), digit < UInt64(radix) {
            let (product, high) = value.multipliedReportingOverflow(by: UInt64(radix))
            let (sum, carry) = product.addingReportingOverflow(digit)
            overflow = overflow || high || carry
            value = sum
            digits += 1
            rest = rest.dropFirst()
        }
        return (value, digits, overflow)
    }

    private static func hexDigit(_ byte: UInt8) -> UInt64? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }
}

extension KernelText {
    /// Reads a 0 or a 1, in decimal; what follows the number is ignored.
    ///
    /// - Throws: `EINVAL` unless the text begins with the decimal number 0 or 1.
    public static func zeroOrOne(_ text: ArraySlice<UInt8>, release: KernelRelease) throws(Errno) -> Bool {
        switch try scannedInteger(text, .decimal, release: release) {
        case 0: false
        case 1: true
        default: throw .EINVAL
        }
    }
}
