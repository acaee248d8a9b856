public import LockOrder
internal import SystemAdditions
public import SystemPackage

/// An attribute that somebody has opened.
///
/// The text is shown into the open file when it is read from the start, and later reads continue in it; one write is one
/// store. Reads and writes of one open file take turns, those of different open files run side by side.
///
/// Kernel: fs/kernfs/file.c, fs/seq_file.c.
public final class OpenFile: Sendable {
    public let inode: Inode
    private let tree: Tree
    private let group: any AttributeGroup
    private let row: Int
    private let state = Leaf("open file", State())

    private struct State {
        /// Somebody is reading or writing; the others wait their turn.
        var isBusy = false
        /// What the last show has written, from its start.
        var shown: [UInt8] = []
        /// It has been shown since it was opened.
        var wasShown = false
        /// Where the last read ended; a read elsewhere shows again.
        var position = 0
    }

    init(tree: Tree, inode: Inode, group: any AttributeGroup, row: Int) {
        self.tree = tree
        self.inode = inode
        self.group = group
        self.row = row
    }

    /// Reads up to `count` bytes at an offset.
    ///
    /// - Throws: what the attribute's show throws; `ENODEV` when the attribute is gone and nothing of an earlier read is left.
    public func read(at offset: Int, count: Int, _ held: borrowing Held<Unlocked>) throws(Errno) -> ArraySlice<UInt8> {
        var state = takeTurn()
        defer { passTurn(state) }
        if offset == 0 || offset != state.position {
            var page = Page()
            try tree.withActive(self) { () throws(Errno) in
                try tree.intercept(.read, inode)
                try group.show(row, into: &page, held)
            }
            state.shown = page.bytes
            state.wasShown = true
        } else if offset >= state.shown.count {
            try tree.checkActive(self)
        }
        let start = min(offset, state.shown.count)
        let end = min(start + count, state.shown.count)
        state.position = end > start ? end : offset
        return state.shown[start..<end]
    }

    /// Stores what one `write(2)` has written: at most a page of it, whatever the offset.
    ///
    /// - Returns: how many bytes were taken.
    /// - Throws: what the attribute's store throws; `ENODEV` when the attribute is gone.
    public func write(_ bytes: [UInt8], _ held: borrowing Held<Unlocked>) throws(Errno) -> Int {
        guard !bytes.isEmpty else {
            try tree.checkActive(self)
            return 0
        }
        let state = takeTurn()
        defer { passTurn(state) }
        let input = Input(bytes.count > Page.size ? Array(bytes.prefix(Page.size)) : bytes)
        try tree.withActive(self) { () throws(Errno) in
            try tree.intercept(.write, inode)
            try group.store(row, input, held)
        }
        return input.bytes.count
    }

    /// Whether `poll(2)` has something exceptional to tell: nothing has been read yet, or the attribute is gone.
    public var hasEvent: Bool {
        do throws(Errno) {
            try tree.checkActive(self)
            return state.withLock { !$0.wasShown }
        } catch {
            return true
        }
    }

    private func takeTurn() -> State {
        state.wait { state -> State? in
            guard !state.isBusy else { return nil }
            state.isBusy = true
            return state
        }
    }

    private func passTurn(_ next: consuming State) {
        next.isBusy = false
        state.withLock { $0 = next }
        state.notifyAll()
    }
}

extension Tree {
    /// Opens an attribute.
    ///
    /// - Throws: `ENODEV` where it is gone, `EISDIR` where it is none, `EACCES` where no permission bit at all allows what is
    ///   wanted: that holds for root too.
    ///
    /// Kernel: fs/kernfs/file.c, kernfs_fop_open.
    public func open(_ inode: Inode, reading: Bool, writing: Bool) throws(Errno) -> OpenFile {
        try state.withLock { state throws(Errno) in
            guard let record = state.live(inode.directory), !record.removedSlots.contains(inode.slot) else { throw .ENODEV }
            guard inode.slot != 0 else { throw .EISDIR }
            guard let (group, row) = record.attribute(inode.slot) else { throw .ENODEV }
            let mode = state.overrides[inode]?.mode ?? group.columns.modes[row]
            guard !reading || mode.isReadable, !writing || mode.isWritable else { throw .EACCES }
            return OpenFile(tree: self, inode: inode, group: group.attributes, row: row)
        }
    }

    /// Runs a callback of a file; a removal of the file waits for it.
    func withActive(_ file: OpenFile, _ callback: () throws(Errno) -> Void) throws(Errno) {
        let inode = file.inode
        try state.withLock { state throws(Errno) in
            try state.checkActive(inode)
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
        try state.withLock { state throws(Errno) in try state.checkActive(file.inode) }
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
    fileprivate func checkActive(_ inode: Inode) throws(Errno) {
        guard let record = live(inode.directory), !record.removedSlots.contains(inode.slot),
            record.attribute(inode.slot) != nil
        else { throw .ENODEV }
    }

    fileprivate func isRunning(_ isRemoved: (Inode) -> Bool) -> Bool {
        running.contains { isRemoved($0) && !selfRemovals.contains($0) }
    }
}
