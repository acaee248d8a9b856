/// The number by which kernel and file system name one node.
///
/// The file system hands it out in an ``Entry``; the kernel uses it until it has forgotten all of its references.
public struct NodeID: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt64

    @inlinable
    public init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    /// The root of the mount; the kernel knows it without a lookup.
    public static let root = NodeID(rawValue: 1)
}

/// The number a file system gives to one open file or directory; the kernel hands it back with each use.
public struct FileHandle: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt64

    @inlinable
    public init(rawValue: UInt64) {
        self.rawValue = rawValue
    }
}
