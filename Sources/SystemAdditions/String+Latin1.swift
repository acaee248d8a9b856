/// Bytes as a text with a character for each, as in ISO 8859-1: whatever a kernel answered can be written down and read again
/// unchanged.
extension String {
    /// The text of these bytes.
    public init(latin1 bytes: some Collection<UInt8>) {
        if bytes.allSatisfy({ $0 < 0x80 }) {
            self.init(decoding: bytes, as: UTF8.self)
        } else {
            self.init(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
        }
    }

    /// The bytes of the text; what no byte stands for becomes a question mark.
    public var latin1: [UInt8] {
        let bytes = Array(utf8)
        if bytes.allSatisfy({ $0 < 0x80 }) { return bytes }
        return unicodeScalars.map { UInt8(exactly: $0.value) ?? UInt8(ascii: "?") }
    }
}
