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
    /// The attribute's, also after it is gone.
    public let inode: Inode
    private let tree: Tree
    private let group: any AttributeGroup
    private let row: Int
    /// What the turns are called, for a scheduler.
    package static let lockName: StaticString = "open file"
    /// Readers and writers take turns.
    private let turns = Turns(OpenFile.lockName, State())

    private struct State {
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
    /// - Throws: what the interceptor or the attribute's show throws; `EIO` where it has no show; `ENODEV` when the attribute is
    ///   gone and nothing of an earlier read is left.
    public func read(at offset: Int, count: Int, _ held: borrowing Held<Unlocked>) throws(Errno) -> ArraySlice<UInt8> {
        try turns.withTurn { state throws(Errno) in
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
    }

    /// Stores what one `write(2)` has written: at most a page of it, whatever the offset.
    ///
    /// - Returns: how many bytes were taken.
    /// - Throws: what the interceptor or the attribute's store throws; `EIO` where it has no store; `ENODEV` when the attribute
    ///   is gone, also for a write of no bytes.
    public func write(_ bytes: [UInt8], _ held: borrowing Held<Unlocked>) throws(Errno) -> Int {
        guard !bytes.isEmpty else {
            try tree.checkActive(self)
            return 0
        }
        let input = Input(bytes)
        try turns.withTurn { _ throws(Errno) in
            try tree.withActive(self) { () throws(Errno) in
                try tree.intercept(.write, inode)
                try group.store(row, input, held)
            }
        }
        return input.bytes.count
    }

    /// Whether `poll(2)` has something exceptional to tell: nothing has been read yet, or the attribute is gone.
    public var hasEvent: Bool {
        do throws(Errno) {
            try tree.checkActive(self)
            return !turns.state.wasShown
        } catch {
            return true
        }
    }
}
