extension APMask: CustomStringConvertible {
    /// The length of `description`: `0x` and 64 digits.
    public static let textLength = 66

    /// `0x` and 64 lower-case hexadecimal digits, no newline: what every mask file shows.
    public var description: String {
        String(unsafeUninitializedCapacity: Self.textLength) { buffer in
            buffer[0] = UInt8(ascii: "0")
            buffer[1] = UInt8(ascii: "x")
            for index in 0..<64 { buffer[index + 2] = digit(index) }
            return Self.textLength
        }
    }

    /// Appends the bytes of `description`.
    public func write(into bytes: inout [UInt8]) {
        bytes.reserveCapacity(bytes.count + Self.textLength)
        bytes.append(UInt8(ascii: "0"))
        bytes.append(UInt8(ascii: "x"))
        for index in 0..<64 { bytes.append(digit(index)) }
    }

    /// The hexadecimal digit at `index` from the left: bits 4 × index to 4 × index + 3.
    @inline(__always)
    private func digit(_ index: Int) -> UInt8 {
        let word =
            switch index >> 4 {
            case 0: word0
            case 1: word1
            case 2: word2
            default: word3
            }
        return hexDigit(UInt8(truncatingIfNeeded: word >> UInt64(60 - 4 * (index & 15))) & 15)
    }
}
