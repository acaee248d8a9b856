internal import LockOrder

/// A file as its own show or store sees it.
public struct RunningFile: Sendable {
    let tree: Tree
    /// nil: the caller was no show or store of it.
    let inode: Inode?

    /// Runs the part of the show or store in which no removal of the file is to wait for it: what it does there may need those who
    /// remove, or be the removal. The file may be gone when this returns.
    ///
    /// - Throws: what `body` throws.
    ///
    /// Kernel: fs/kernfs/dir.c, kernfs_break_active_protection.
    public func lettingGo<Result, Failure>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
        guard let inode, leave(inode) else { return try body() }
        defer { tree.state.withLock { $0.running.append(inode) } }
        return try body()
    }

    /// - Returns: whether a show or store of it was running.
    private func leave(_ inode: Inode) -> Bool {
        let left: Bool = tree.state.withLock { state in
            guard let index = state.running.lastIndex(of: inode) else { return false }
            state.running.remove(at: index)
            return true
        }
        if left { tree.state.notifyAll() }
        return left
    }
}
