internal import Journals
public import Kernels
internal import LockOrder
internal import Synchronization
internal import SystemAdditions
public import SystemPackage

/// A file system with the semantics of kernfs, as sysfs uses it.
///
/// Directories come and go by the hand of drivers, files are rows of attribute tables, links point to directories. Users can
/// open, read and write attributes, and nothing else.
///
/// Names are bytes, as in Linux, which any of them may be but a slash and a zero byte. All texts here have a character for
/// each byte (`String.init(latin1:)`): names, targets of links, paths, and what an attribute emits. Such texts are equal where
/// their bytes are.
///
/// One leaf lock guards the shape of the tree. It is never held while an attribute is shown or stored.
public final class Tree: Sendable {
    /// Which Linux this is the /sys of.
    public let release: KernelRelease
    /// What the lock is called, for a scheduler.
    package static let lockName: StaticString = "kernfs"
    let state: Leaf<TreeState>
    /// How often something has been removed; changed with the lock held. While it stays what it was, nothing has gone since.
    let removals = Removals()
    let interceptor = Leaf<Interceptor?>("interceptor", nil)
    /// Every access asks: without an interceptor it must cost nothing.
    let isIntercepted = Atomic(false)

    /// A tree of nothing but a root.
    ///
    /// - Parameters:
    ///   - uid: the owner of everything (`setOwner`).
    ///   - gid: the group of everything.
    ///   - now: the time that new nodes carry. Called with the tree's lock held: it must take no lock of LockOrder.
    public init(release: KernelRelease, uid: UInt32 = 0, gid: UInt32 = 0, now: @escaping @Sendable () -> Timestamp) {
        self.release = release
        state = Leaf(Tree.lockName, TreeState(uid: uid, gid: gid, removals: removals, now: now))
    }

    /// The directory at the top, /sys. It answers ENOENT once it has been removed, as `Computer.dismantle` does.
    public var root: Directory { Directory(tree: self, number: 0) }

    /// Makes everything belong to this user and group, as the owner of a mount that is not root's.
    public func setOwner(uid: UInt32, gid: UInt32) {
        state.withLock { state in
            state.uid = uid
            state.gid = gid
            for inode in state.overrides.keys {
                state.overrides[inode]?.uid = uid
                state.overrides[inode]?.gid = gid
            }
        }
    }

    // MARK: - Looking

    /// The node of that name in a directory.
    ///
    /// - Throws: `ENOENT` where there is none, or the directory is gone; `ENOTDIR` where `parent` is none.
    public func lookUp(_ name: String, in parent: Inode) throws(Errno) -> NodeStatus {
        try measured(
            state.withLock { state throws(Errno) in
                guard parent.slot == 0 else { throw .ENOTDIR }
                guard let record = state.live(parent.block), let inode = record.inode(named: name) else { throw .ENOENT }
                return try state.status(inode)
            })
    }

    /// What `stat` says of a node: also of a directory that is gone, and of what was in it, for as long as a cache remembers one
    /// of them (`remember`); and of a file that is gone from a directory that is there, while the cache holds anything of it, for the
    /// latest few tables.
    ///
    /// - Throws: `ENOENT` where there is no such node, or none any more.
    public func status(_ inode: Inode) throws(Errno) -> NodeStatus {
        try measured(state.withLock { state throws(Errno) in try state.status(inode) })
    }

    /// The status with its size, which of a journal is under a lock of its own.
    private func measured(_ status: NodeStatus) -> NodeStatus {
        guard status.isGrowing, let journal = state.withLock({ $0.journal(status.inode) }) else { return status }
        var status = status
        status.size = UInt64(journal.withJournal { $0.end.offset })
        return status
    }

    /// The names in a directory in the order in which the kernel lists them; of a removed directory none.
    ///
    /// - Throws: `ENOTDIR` where the node is no directory.
    /// - Complexity: O(1) unless the directory has changed since it was last listed, else O(*n* log *n*).
    public func entries(of directory: Inode) throws(Errno) -> [DirectoryEntry] {
        try state.withLock { state throws(Errno) in
            guard directory.slot == 0 else { throw .ENOTDIR }
            return state.live(directory.block)?.sortedEntries() ?? []
        }
    }

    /// The parent of a directory; the root for the root itself, and for a directory that is gone and that no cache remembers.
    public func parent(of directory: Inode) -> Inode {
        state.withLock { state in
            Inode(block: state.directories[directory.block]?.parent ?? 0, slot: 0)
        }
    }

    /// Whether a node is a directory, or in it, or anywhere below it. False once a directory on the way is gone and forgotten.
    public func isBelow(_ directory: Inode, _ node: Inode) -> Bool {
        state.withLock { state in
            guard let top = state.directories[directory.block]?.number else { return false }
            var record = state.directories[node.block]
            while let here = record, here.number != top {
                record = here.number == Inode.root.block ? nil : state.directories[here.parent]
            }
            return record != nil
        }
    }

    /// Where a link points to: always relative.
    ///
    /// - Throws: `ENOENT` where the link or the directory that it is in is gone, `EINVAL` where the node is no link.
    ///
    /// Kernel: fs/kernfs/symlink.c, kernfs_iop_get_link.
    public func target(of link: Inode) throws(Errno) -> String {
        try state.withLock { state throws(Errno) in
            guard let record = state.live(link.block) else { throw .ENOENT }
            guard link.slot != 0, record.formerAttribute(link) == nil else { throw .EINVAL }
            guard let name = record.link(link), case .link(_, let target)? = record.children[name] else { throw .ENOENT }
            return state.relativePath(from: record, to: target)
        }
    }

    // MARK: - Changing what users may change

    /// Changes the owner, the permissions or the times of a node; they stick for the node's life.
    ///
    /// - Parameter change: called with the tree's lock held: it must take no lock of LockOrder, and leave the inode, the kind and
    ///   the link count as they are.
    /// - Returns: what `stat` says from now on.
    /// - Throws: `ENOENT` where `status` throws it.
    public func setStatus(_ inode: Inode, _ change: (inout NodeStatus) -> Void) throws(Errno) -> NodeStatus {
        try measured(
            state.withLock { state throws(Errno) in
                var status = try state.status(inode)
                change(&status)
                state.overrides[inode] = status
                return status
            })
    }

    // MARK: - Caches above

    /// Says that a cache above the tree holds the node: `status` then answers for its directory, and for what was in it, even
    /// when the directory is gone.
    public func remember(_ inode: Inode) {
        state.withLock { $0.directories[inode.block]?.remembered += 1 }
    }

    /// Takes back `count` calls of `remember`.
    public func forget(_ inode: Inode, count: UInt64) {
        state.withLock { state in
            guard let record = state.directories[inode.block] else { return }
            record.remembered -= min(count, record.remembered)
            if record.remembered == 0 { state.dropOverrides(of: record.forgetGoneGroups()) }
            state.dropIfUnused(record)
        }
    }

    /// Starts the recording of changes; earlier ones are not reported.
    public func recordChanges() {
        state.withLock { $0.changes = [] }
    }

    /// Whether `takeChanges` would find any.
    public var hasChanges: Bool {
        state.withLock { $0.changes?.isEmpty == false }
    }

    /// The changes since the last call, in their order; none where they are not recorded (`recordChanges`).
    public func takeChanges() -> [Change] {
        state.withLock { state in
            guard let changes = state.changes, !changes.isEmpty else { return [] }
            state.changes = []
            return changes
        }
    }
}
