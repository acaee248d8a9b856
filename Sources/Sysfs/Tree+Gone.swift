internal import LockOrder

extension Tree {
    /// Whether a node has been removed: nobody finds it any more, though who has it open still has it.
    public func isGone(_ inode: Inode) -> Bool {
        state.withLock { state in
            guard let record = state.live(inode.block) else { return true }
            guard inode != record.inode else { return false }
            return record.removedFiles.contains(inode) || record.attribute(inode) == nil && record.link(inode) == nil
        }
    }
}
