import SystemAdditions
import SystemPackage
import Testing

/// Bytes go through texts and come out unchanged.
@Suite struct BytesTests {
    private static let every = (0...UInt8.max).flatMap { one in (0...UInt8.max).map { [one, $0] } }
    private static let samples: [[UInt8]] = [
        [], Array("plain".utf8), Array("é e\u{301} 中 \u{1f600}".utf8), [0xff], [0xc3], [0xe4, 0xb8], [0xe4, 0xb8, 0x2f, 0xad],
        [0xf4, 0x8f, 0xbe, 0x80], [0xf4, 0x8f, 0xbf, 0xbf, 0xff], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xc0, 0xaf],
    ]

    @Test func bothKindsOfTextsGiveThemBack() {
        for bytes in Self.every + Self.samples {
            #expect(String(latin1: bytes).latin1 == bytes)
            #expect(String(lossless: bytes).losslessBytes == bytes)
        }
        #expect(String(lossless: "é".utf8) == "é")
        #expect("é\u{10ff7f}".losslessBytes == Array("é\u{10ff7f}".utf8))
    }

    /// A message of ours may have what no byte stands for.
    @Test func whatIsNoByteIsWrittenInUTF8() {
        #expect("UUID… \u{e9}".latin1 == Array("UUID… ".utf8) + [0xe9])
    }

    @Test func stringsOfCAreTheBytes() {
        for bytes in Self.samples where !bytes.contains(0) {
            #expect(
                String(latin1: bytes).withLatin1CString { Array(UnsafeRawBufferPointer(start: $0, count: bytes.count + 1)) }
                    == bytes + [0])
            #expect(FilePath(bytes: bytes).bytes == FilePath(lossless: String(lossless: bytes)).bytes)
        }
        #expect(FilePath(bytes: [0x2f, 0xff]).bytes == [0x2f, 0xff])
        #expect(FilePath(bytes: Array("/é".utf8)) != FilePath(bytes: Array("/e\u{301}".utf8)))
    }
}
