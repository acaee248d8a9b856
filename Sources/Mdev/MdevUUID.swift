internal import Sysfs
internal import SystemAdditions
internal import SystemPackage

/// The name of a mediated device: 36 characters, lower case.
public struct MdevUUID: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// 36 characters with lower-case letters: the name of the directory.
    public let description: String

    /// Reads what was written to `create`: 36 or 37 bytes, of which the first 36 are a UUID; the last may be anything.
    ///
    /// - Throws: `EINVAL` for any other text.
    ///
    /// Kernel: drivers/vfio/mdev/mdev_sysfs.c, create_store; lib/uuid.c, guid_parse.
    init(_ input: Input) throws(Errno) {
        guard input.bytes.count == 36 || input.bytes.count == 37,
            let uuid = MdevUUID(String(decoding: input.text.prefix(36), as: UTF8.self))
        else { throw .EINVAL }
        self = uuid
    }

    /// Reads 36 characters in the usual form, upper or lower case; nil for any other text. Version and variant do not matter.
    public init?(_ text: String) {
        let lowercased = text.lowercased()
        guard lowercased.utf8.count == 36,
            zip(0..., lowercased.utf8).allSatisfy({ at, byte in
                switch at {
                case 8, 13, 18, 23: byte == UInt8(ascii: "-")
                default:
                    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                        || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
                }
            })
        else { return nil }
        description = lowercased
    }

    public static func < (a: MdevUUID, b: MdevUUID) -> Bool {
        a.description < b.description
    }
}
