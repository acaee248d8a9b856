internal import CFuse

/// What a name stands for, and how long the kernel may believe it without asking again.
///
/// Each entry answered with success adds one reference to its node, which ``FileSystem/forget(_:count:)`` gives back.
public struct Entry: Sendable {
    /// The node, or nil where the name does not exist and the kernel may remember that.
    public var node: NodeID?
    /// Tells apart two nodes that had the same number one after the other.
    public var generation: UInt64
    /// What `stat(2)` reports of the node; nobody looks at it where there is none.
    public var attributes: NodeAttributes
    /// How long the name stays valid, in seconds.
    public var entryTimeout: Double
    /// How long the attributes stay valid, in seconds.
    public var attributeTimeout: Double

    /// An answer to a lookup. A timeout of 0 has the kernel ask each time.
    public init(
        node: NodeID, generation: UInt64 = 0, attributes: NodeAttributes, entryTimeout: Double,
        attributeTimeout: Double
    ) {
        self.node = node
        self.generation = generation
        self.attributes = attributes
        self.entryTimeout = entryTimeout
        self.attributeTimeout = attributeTimeout
    }

    /// The answer "there is no such name", which the kernel may repeat by itself for `timeout` seconds.
    public static func negative(timeout: Double) -> Entry {
        var entry = Entry(
            node: .root, attributes: NodeAttributes(node: NodeID(rawValue: 0), mode: 0), entryTimeout: timeout,
            attributeTimeout: 0)
        entry.node = nil
        return entry
    }

    var parameters: fuse_entry_param {
        fuse_entry_param(
            ino: node?.rawValue ?? 0, generation: generation, attr: attributes.status,
            attr_timeout: attributeTimeout, entry_timeout: entryTimeout)
    }
}
