/// Bytes as a text with a character for each, as in ISO 8859-1: whatever a kernel was told, or answered, can be compared, kept
/// and written down unchanged.
///
/// Two such texts are equal, in order and of one hash as their bytes are: no character of it is composed of others, so none is
/// equivalent to others. A text of UTF-8 has names that are equal and yet have other bytes, and replaces what is no UTF-8.
extension String {
    /// The text of these bytes.
    public init(latin1 bytes: some Collection<UInt8>) {
        if bytes.allSatisfy({ $0 < 0x80 }) {
            self.init(decoding: bytes, as: UTF8.self)
        } else {
            self.init(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
        }
    }

    /// The bytes of the text. What is not of such bytes, as the `…` of a message of ours, is in UTF-8.
    public var latin1: [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(latin1: self)
        return bytes
    }

    /// Calls `body` with the bytes of the text, ended by a zero byte.
    public func withLatin1CString<Result>(_ body: (UnsafePointer<CChar>) throws -> Result) rethrows -> Result {
        if utf8.allSatisfy({ $0 < 0x80 }) { return try withCString(body) }
        return try (latin1.map { CChar(truncatingIfNeeded: $0) } + [0]).withUnsafeBufferPointer { bytes in
            // an array that is not empty has an address
            try bytes.baseAddress.map(body) ?? withCString(body)
        }
    }
}

extension [UInt8] {
    /// Appends the bytes of a text (`String.latin1`).
    public mutating func append(latin1 text: String) {
        var text = text
        text.withUTF8 { bytes in
            if bytes.allSatisfy({ $0 < 0x80 }) {
                append(contentsOf: bytes)
            } else {
                for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
                    if let byte = UInt8(exactly: scalar.value) {
                        append(byte)
                    } else {
                        append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
                    }
                }
            }
        }
    }
}
