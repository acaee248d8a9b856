/// The number by which kernel and file system name one node.
///
/// The file system hands it out in an ``Entry``; the kernel uses it until it has forgotten all of its references.
public struct NodeID: RawRepresentable, Hashable, Sendable {
    /// As it stands in requests; 0 is none, 1 the root.
    public let rawValue: UInt64

    /// A node's number. The kernel takes it for the inode number, too.
    @inlinable
    public init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    /// The root of the mount; the kernel knows it without a lookup.
    public static let root = NodeID(rawValue: 1)
}

/// The number a file system gives to one open file or directory; the kernel hands it back with each use.
public struct FileHandle: RawRepresentable, Hashable, Sendable {
    /// As it stands in requests; any number, 0 included. It means nothing to the kernel.
    public let rawValue: UInt64

    /// An opening's number, of the file system's choice.
    @inlinable
    public init(rawValue: UInt64) {
        self.rawValue = rawValue
    }
}
