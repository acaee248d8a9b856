internal import Synchronization

/// Counts what is removed from a tree, so that whether an open file is still there need not be looked up each time: it is while nothing
/// has been removed since it was seen there.
final class Removals: Sendable {
    private let count = Atomic<UInt64>(0)

    /// Something is removed. The tree's lock is held.
    func countOne() {
        count.wrappingAdd(1, ordering: .releasing)
    }

    /// Whether nothing has been removed since the file was seen in the tree.
    func noneSince(_ file: OpenFile) -> Bool {
        file.seenAt.load(ordering: .relaxed) == count.load(ordering: .acquiring)
    }

    /// The file is in the tree. The tree's lock is held.
    func wasThere(_ file: OpenFile) {
        file.seenAt.store(count.load(ordering: .relaxed), ordering: .relaxed)
    }
}
