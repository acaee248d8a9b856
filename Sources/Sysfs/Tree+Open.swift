internal import LockOrder
internal import SystemAdditions
public import SystemPackage

extension Tree {
    /// Opens an attribute.
    ///
    /// - Throws: `ENODEV` where it is gone, `EISDIR` where it is none, `EACCES` where no permission bit at all allows what is
    ///   wanted: that holds for root too.
    ///
    /// Kernel: fs/kernfs/file.c, kernfs_fop_open.
    public func open(_ inode: Inode, reading: Bool, writing: Bool) throws(Errno) -> OpenFile {
        try state.withLock { state throws(Errno) in
            guard let record = state.live(inode.block), !record.removedFiles.contains(inode) else { throw .ENODEV }
            guard inode.slot != 0 else { throw .EISDIR }
            guard let (group, row) = record.attribute(inode) else { throw .ENODEV }
            let mode = state.overrides[inode]?.mode ?? group.columns.modes[row]
            guard !reading || mode.isReadable, !writing || mode.isWritable else { throw .EACCES }
            let journal = group.columns.journals.contains(row) ? group.attributes.journal(row) : nil
            return OpenFile(tree: self, inode: inode, group: group.attributes, row: row, journal: journal)
        }
    }

    /// Runs a callback of a file; a removal of the file waits for it.
    ///
    /// - Throws: `ENODEV`, without having called it, when the file is gone; else what `callback` throws.
    func withActive(_ file: OpenFile, _ callback: () throws(Errno) -> Void) throws(Errno) {
        let inode = file.inode
        try state.withLock { state throws(Errno) in
            try state.checkActive(file)
            state.running.append(inode)
        }
        defer {
            let somebodyWaits = state.withLock { state in
                if let index = state.running.lastIndex(of: inode) { state.running.remove(at: index) }
                return state.drains > 0
            }
            if somebodyWaits { state.notifyAll() }
        }
        try callback()
    }

    /// - Throws: `ENODEV` when the file is gone.
    func checkActive(_ file: OpenFile) throws(Errno) {
        guard !removals.noneSince(file) else { return }
        try state.withLock { state throws(Errno) in try state.checkActive(file) }
    }

    /// Waits until no callback runs on a file that `isRemoved` names, but for those that remove themselves.
    func drain(_ isRemoved: (Inode) -> Bool) {
        let isIdle = state.withLock { state in
            let isIdle = !state.isRunning(isRemoved)
            if !isIdle { state.drains += 1 }
            return isIdle
        }
        guard !isIdle else { return }
        state.wait { state -> Void? in
            guard !state.isRunning(isRemoved) else { return nil }
            state.drains -= 1
            return ()
        }
    }
}

extension TreeState {
    fileprivate func checkActive(_ file: OpenFile) throws(Errno) {
        guard !removals.noneSince(file) else { return }
        let inode = file.inode
        guard let record = live(inode.block), !record.removedFiles.contains(inode), record.attribute(inode) != nil
        else { throw .ENODEV }
        removals.wasThere(file)
    }

    fileprivate func isRunning(_ isRemoved: (Inode) -> Bool) -> Bool {
        running.contains { isRemoved($0) && !selfRemovals.contains($0) }
    }
}
