/// The order in which a directory lists its children: by a 31-bit hash of the name, ties by the name's bytes.
///
/// Kernel: fs/kernfs/dir.c, kernfs_name_hash; the sum is that of partial_name_hash.
/// Measured: docs/kernel/kernfs.md, "Order of a listing".
public struct NameHash: Comparable, Hashable, Sendable {
    /// 2 … 2^31 - 2; 0 and 1 are the offsets of `.` and `..`, 2^31 - 1 the end.
    public let rawValue: UInt32

    /// The offset behind the last entry.
    public static let end: UInt32 = 0x7fff_ffff

    /// Hashes the bytes of a name, which has a character for each (`Tree`).
    public init(_ name: some StringProtocol) {
        var sum: UInt64 = 0
        for scalar in name.unicodeScalars {
            let byte = UInt8(truncatingIfNeeded: scalar.value)
            sum = (sum &+ UInt64(byte) << 4 &+ UInt64(byte) >> 4) &* 11
        }
        var hash = UInt32(truncatingIfNeeded: (sum &* 0x61c8_8646_80b5_83eb) >> 32) & 0x7fff_ffff
        if hash < 2 { hash += 2 }
        if hash >= 0x7fff_ffff { hash = 0x7fff_fffe }
        rawValue = hash
    }

    public static func < (a: NameHash, b: NameHash) -> Bool {
        a.rawValue < b.rawValue
    }
}
