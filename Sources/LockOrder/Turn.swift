internal import Synchronization

/// A turn, which one thread has at a time: what ``Turns`` is made of, for whoever keeps the state by itself.
///
/// One atomic word, and a leaf's lock for those who wait. Where nobody waits, a turn is one atomic instruction at its beginning and one at
/// its end.
public struct Turn: ~Copyable, Sendable {
    private enum Word {
        static let free: UInt8 = 0
        static let taken: UInt8 = 1
        /// Taken, and somebody waits.
        static let awaited: UInt8 = 2
    }

    private let core: LockCore
    private let word = Atomic<UInt8>(Word.free)

    /// - Parameter name: The name of the leaf in statistics.
    public init(_ name: StaticString) {
        core = LockCore(.leaf, name)
    }

    /// Waits until it is the caller's turn, and runs `body` in it. Not recursive.
    ///
    /// - Throws: what `body` throws.
    @inlinable
    public func take<Result, Failure>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
        begin()
        defer { end() }
        return try body()
    }

    @usableFromInline
    func begin() {
        // who looks at what locks do sees every turn
        guard Instrumentation.isOn || !beginsAtOnce() else { return }
        wait()
    }

    @usableFromInline
    func end() {
        guard Instrumentation.isOn || !endsAtOnce() else { return }
        handBack()
    }

    /// Takes the turn if nobody has it.
    func beginsAtOnce() -> Bool {
        guard exchange(Word.free, with: Word.taken) == nil else { return false }
        core.countAcquisition()
        return true
    }

    /// Gives the turn back if nobody waits for it.
    func endsAtOnce() -> Bool {
        exchange(Word.taken, with: Word.free) == nil
    }

    func wait() {
        let site = LockSite(#fileID, #line)
        while true {
            let hold = core.acquire(.exclusive, site)
            let isTaken = takeOrMark()
            let seen = isTaken ? 0 : core.expectNotification()
            core.release(.exclusive, hold)
            if isTaken { return }
            core.awaitNotification(after: seen, site)
        }
    }

    func handBack() {
        let hold = core.acquire(.exclusive, LockSite(#fileID, #line))
        word.store(Word.free, ordering: .releasing)
        core.release(.exclusive, hold)
        core.notifyAll()
    }

    /// Takes the turn, or marks that somebody waits: whoever ends the turn then needs the lock, which is held here, to tell of it.
    private func takeOrMark() -> Bool {
        while let found = exchange(Word.free, with: Word.taken) {
            if found == Word.awaited || exchange(Word.taken, with: Word.awaited) == nil { return false }
        }
        return true
    }

    /// - Returns: nil where it has been done, else what was found instead.
    private func exchange(_ expected: UInt8, with new: UInt8) -> UInt8? {
        let (isDone, found) = word.compareExchange(expected: expected, desired: new, ordering: .acquiringAndReleasing)
        return isDone ? nil : found
    }
}
