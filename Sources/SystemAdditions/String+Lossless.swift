internal import Glibc
public import SystemPackage

/// Bytes as a text for people, of which the bytes can be had again: what is UTF-8 reads as such, and each byte that is not has a
/// character that stands for it, from the end of the last plane for private use.
///
/// So arguments and paths, which are any bytes, go through what takes texts only. They are equal where their bytes are, not where
/// these texts are: compare `FilePath`s.
extension String {
    /// The text of these bytes.
    public init(lossless bytes: some Sequence<UInt8>) {
        let bytes = Array(bytes)
        if let text = String(validating: bytes, as: UTF8.self), !text.unicodeScalars.contains(where: \.isStandIn) {
            self = text
            return
        }
        var scalars = String.UnicodeScalarView()
        var parser = UTF8.ForwardParser()
        var iterator = bytes.makeIterator()
        var at = 0
        while true {
            let (count, scalar): (Int, Unicode.Scalar?)
            switch parser.parseScalar(from: &iterator) {
            case .emptyInput:
                self.init(scalars)
                return
            case .valid(let encoded): (count, scalar) = (encoded.count, UTF8.decode(encoded))
            case .error(let length): (count, scalar) = (length, nil)
            }
            if let scalar, !scalar.isStandIn {
                scalars.append(scalar)
            } else {
                scalars.append(contentsOf: bytes[at..<at + count].map(Unicode.Scalar.init(standInFor:)))
            }
            at += count
        }
    }

    /// The bytes that the text was made of; those of its UTF-8 where it was made of none.
    public var losslessBytes: [UInt8] {
        guard unicodeScalars.contains(where: \.isStandIn) else { return Array(utf8) }
        return unicodeScalars.flatMap { scalar in
            scalar.isStandIn ? [UInt8(truncatingIfNeeded: scalar.value)] : Array(String(scalar).utf8)
        }
    }

    /// Calls `body` with those bytes and a zero byte behind them, as C wants a path.
    public func withLosslessCString<Result>(_ body: (UnsafePointer<CChar>) throws -> Result) rethrows -> Result {
        guard unicodeScalars.contains(where: \.isStandIn) else { return try withCString(body) }
        return try (losslessBytes.map { CChar(truncatingIfNeeded: $0) } + [0]).withUnsafeBufferPointer { bytes in
            // an array that is not empty has an address
            try bytes.baseAddress.map(body) ?? withCString(body)
        }
    }

    /// Those bytes and a zero byte behind them, as strdup(3) makes them: to be freed.
    public func duplicated() -> UnsafeMutablePointer<CChar>? {
        withLosslessCString { strdup($0) }
    }
}

extension Unicode.Scalar {
    private static let firstStandIn: UInt32 = 0x10_ff80

    fileprivate var isStandIn: Bool { value >= Unicode.Scalar.firstStandIn }

    /// Of a byte from 0x80 on; every other one is UTF-8.
    fileprivate init(standInFor byte: UInt8) {
        self = Unicode.Scalar(Unicode.Scalar.firstStandIn + UInt32(byte & 0x7f)) ?? "\u{fffd}"
    }
}

extension FilePath {
    /// The path of these bytes, which end before the first zero byte.
    public init(bytes: some Sequence<UInt8>) {
        self.init(platformString: bytes.map { CChar(truncatingIfNeeded: $0) } + [0])
    }

    /// The path of an argument, which may be any bytes (``Swift/String/init(lossless:)``).
    public init(lossless text: String) {
        self.init(bytes: text.losslessBytes)
    }

    /// The bytes of the path.
    public var bytes: [UInt8] {
        withPlatformString { Array(UnsafeRawBufferPointer(start: $0, count: strlen($0))) }
    }

    /// The path as a text of which it can be made again.
    public var lossless: String {
        String(lossless: bytes)
    }
}
