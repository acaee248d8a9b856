internal import Journals
public import LockOrder
internal import Synchronization
internal import SystemAdditions
public import SystemPackage

/// An attribute that somebody has opened.
///
/// The text is shown into the open file when it is read from the start, and later reads continue in it; one write is one
/// store. Reads and writes of one open file take turns, those of different open files run side by side. Of a journal nothing is
/// kept but how far it was read: each read gives a piece of the journal itself.
///
/// Kernel: fs/kernfs/file.c, fs/seq_file.c.
public final class OpenFile: Sendable {
    /// The attribute's, also after it is gone.
    public let inode: Inode
    private let tree: Tree
    private let group: any AttributeGroup
    private let row: Int
    /// What is read, where the text only grows.
    private let journal: (any SharedJournal)?
    /// What the turns are called, for a scheduler.
    package static let lockName: StaticString = "open file"
    /// Readers and writers take turns.
    private let turn = Turn(OpenFile.lockName)
    // Unsafe: only touched by whoever's turn it is; so it needs no check at every access.
    @exclusivity(unchecked) nonisolated(unsafe) private var state = State()
    /// It has been shown since it was opened.
    private let wasShown = Atomic(false)
    /// How many removals there had been when it was last seen in the tree (`Removals`).
    let seenAt = Atomic<UInt64>(.max)

    private struct State {
        /// What the last show has written, from its start.
        var shown: [UInt8] = []
        /// What the last write has written.
        var written: [UInt8] = []
        /// Where `shown` begins: at 0, but for what is shown where a read that has failed would have gone on.
        var base = 0
        /// The last show has failed, and nothing of an earlier one is left.
        var hasFailed = false
        /// Where the last read ended; a read elsewhere shows again.
        var position = 0
        /// How far the journal was read.
        var reader = JournalReader()
    }

    init(tree: Tree, inode: Inode, group: any AttributeGroup, row: Int, journal: (any SharedJournal)?) {
        self.tree = tree
        self.inode = inode
        self.group = group
        self.row = row
        self.journal = journal
    }

    /// Reads up to `count` bytes at an offset.
    ///
    /// - Throws: what the interceptor or the attribute's show throws; `EIO` where it has no show; `ENODEV` when the attribute is
    ///   gone and nothing of an earlier read is left.
    public func read(at offset: Int, count: Int, _ held: borrowing Held<Unlocked>) throws(Errno) -> ArraySlice<UInt8> {
        if let journal { return try read(journal, at: offset, count: count) }
        return try turn.take { () throws(Errno) in
            if offset == 0 || offset != state.position || state.hasFailed {
                try show(for: offset, held)
            } else if offset - state.base >= state.shown.count {
                try tree.checkActive(self)
            }
            let start = min(offset - state.base, state.shown.count)
            let end = min(start + count, state.shown.count)
            state.position = end > start ? state.base + end : offset
            return state.shown[start..<end]
        }
    }

    /// Shows the text for a read at an offset.
    private func show(for offset: Int, _ held: borrowing Held<Unlocked>) throws(Errno) {
        state.base = state.hasFailed && offset == state.position ? offset : 0
        if offset != 0, offset != state.position { state.position = 0 }
        var page = Page(in: &state.shown)
        state.hasFailed = true
        try tree.withActive(self) { () throws(Errno) in
            try tree.intercept(.read, inode)
            try group.show(row, into: &page, held)
        }
        page.take(into: &state.shown)
        state.hasFailed = false
        wasShown.store(true, ordering: .relaxed)
    }

    /// Reads from a journal, which takes as long whatever is in it.
    ///
    /// - Throws: what the interceptor throws; `ENODEV` when the attribute is gone.
    private func read(_ journal: any SharedJournal, at offset: Int, count: Int) throws(Errno) -> ArraySlice<UInt8> {
        try turn.take { () throws(Errno) in
            var text: ArraySlice<UInt8> = []
            try tree.withActive(self) { () throws(Errno) in
                try tree.intercept(.read, inode)
                text = journal.withJournal { state.reader.read(at: offset, count: count, in: $0) }
            }
            return text
        }
    }

    /// Stores what one `write(2)` has written: at most a page of it, whatever the offset.
    ///
    /// - Returns: how many bytes were taken.
    /// - Throws: what the interceptor or the attribute's store throws; `EIO` where it has no store; `ENODEV` when the attribute
    ///   is gone, also for a write of no bytes.
    public func write(_ bytes: [UInt8], _ held: borrowing Held<Unlocked>) throws(Errno) -> Int {
        try bytes.withUnsafeBytes { bytes in Result { () throws(Errno) in try write(bytes, held) } }.get()
    }

    /// The same of bytes that lie somewhere else; they are copied.
    public func write(_ bytes: UnsafeRawBufferPointer, _ held: borrowing Held<Unlocked>) throws(Errno) -> Int {
        guard !bytes.isEmpty else {
            try tree.checkActive(self)
            return 0
        }
        return try turn.take { () throws(Errno) in
            let input = Input(bytes, in: &state.written)
            // the memory is for the next write, where the store has not kept it
            defer { state.written = input.bytes }
            try tree.withActive(self) { () throws(Errno) in
                try tree.intercept(.write, inode)
                try group.store(row, input, held)
            }
            return input.bytes.count
        }
    }

    /// Whether `poll(2)` has something exceptional to tell: nothing has been read yet, which of a journal is nothing exceptional,
    /// or the attribute is gone.
    public var hasEvent: Bool {
        do throws(Errno) {
            try tree.checkActive(self)
            return journal == nil && !wasShown.load(ordering: .relaxed)
        } catch {
            return true
        }
    }
}

// Waiting for more of a journal.
extension OpenFile {
    /// Whether the text only grows.
    package var isJournal: Bool { journal != nil }

    /// Whether a read can be expected to give something, or an error, where the last one has ended. Always, of what is no journal.
    package var hasMore: Bool {
        guard let journal, !hasEvent else { return true }
        return turn.take {
            state.reader.readOn()
            return journal.withJournal { state.reader.hasMore(in: $0) }
        }
    }

    /// Calls `body` once when the journal has grown: `Growth.whenItHappens`. Ask `hasMore` after this, not before.
    package func whenItGrows(_ body: @escaping @Sendable () -> Void) {
        journal?.growth.whenItHappens(for: self, body)
    }

    /// Does not call what was asked for.
    package func stopWaiting() {
        journal?.growth.forget(self)
    }
}
