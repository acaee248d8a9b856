internal import SystemAdditions

/// A path below the root of sysfs as a system call gets it: bytes, of which a NUL is the end, slashes not tidied up.
public struct SysfsPath: Hashable, Sendable, ExpressibleByStringInterpolation, CustomStringConvertible {
    /// Without a NUL.
    public let bytes: [UInt8]

    /// Takes the bytes before the first NUL.
    public init(_ bytes: some Sequence<UInt8>) {
        self.bytes = bytes.prefix { $0 != 0 }
    }

    /// Takes the UTF-8 of a literal before the first NUL.
    public init(stringLiteral text: String) {
        self.init(text.utf8)
    }

    /// The path of a name in the directory of this path.
    public func appending(_ name: [UInt8]) -> SysfsPath {
        SysfsPath(bytes + [UInt8(ascii: "/")] + name)
    }

    public var description: String { String(latin1: bytes) }
}
