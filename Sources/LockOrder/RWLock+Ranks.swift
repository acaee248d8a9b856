// After which ranks a reader/writer lock may be taken. One rung each, the same text: the constraint on `Outer` is all that
// matters. Reading and writing have the same rank: a reader that waits for a writer deadlocks as well as anybody.

extension RWLock where R == MdevParentRank {
    /// Takes the parent away: no mdev is being made or removed meanwhile.
    ///
    /// May wait for readers and writers. Not interruptible.
    ///
    /// - Throws: what `body` throws.
    @inlinable
    public func withWriteLock<Outer: OutsideMdevParent, Result, Failure>(
        after held: borrowing Held<Outer>, fileID: StaticString = #fileID, line: UInt = #line,
        _ body: (inout State, borrowing Held<R>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try exclusively(LockSite(fileID, line), body)
    }
}

extension RWLock where R == MdevParentRank, State: Sendable {
    /// Keeps the parent registered: mdevs come and go inside. Never waits.
    ///
    /// - Returns: `nil`, without having called `body`, where a writer has the lock or waits for it.
    /// - Throws: what `body` throws.
    @inlinable
    public func withReadLockIfAvailable<Outer: OutsideMdevParent, Result, Failure>(
        after held: borrowing Held<Outer>, fileID: StaticString = #fileID, line: UInt = #line,
        _ body: (borrowing State, borrowing Held<R>) throws(Failure) -> Result
    ) throws(Failure) -> Result? {
        try sharedIfAvailable(LockSite(fileID, line), body)
    }
}

extension RWLock where R == GuestsRank {
    /// Changes who runs with what: a guest is attached or detached.
    ///
    /// May wait for readers and writers. Not interruptible.
    ///
    /// - Throws: what `body` throws.
    @inlinable
    public func withWriteLock<Outer: OutsideGuests, Result, Failure>(
        after held: borrowing Held<Outer>, fileID: StaticString = #fileID, line: UInt = #line,
        _ body: (inout State, borrowing Held<R>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try exclusively(LockSite(fileID, line), body)
    }
}

extension RWLock where R == GuestsRank, State: Sendable {
    /// Freezes who runs with what: plug and unplug inside, after taking the guest's own lock.
    ///
    /// May wait for a writer, also for one that waits itself. Not interruptible.
    ///
    /// - Throws: what `body` throws.
    @inlinable
    public func withReadLock<Outer: OutsideGuests, Result, Failure>(
        after held: borrowing Held<Outer>, fileID: StaticString = #fileID, line: UInt = #line,
        _ body: (borrowing State, borrowing Held<R>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try shared(LockSite(fileID, line), body)
    }
}

extension RWLock where R == PQAPHookRank {
    /// Sets or clears the hook: nobody is inside it.
    ///
    /// May wait for readers and writers. Not interruptible.
    ///
    /// - Throws: what `body` throws.
    @inlinable
    public func withWriteLock<Outer: OutsidePQAPHook, Result, Failure>(
        after held: borrowing Held<Outer>, fileID: StaticString = #fileID, line: UInt = #line,
        _ body: (inout State, borrowing Held<R>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try exclusively(LockSite(fileID, line), body)
    }
}

extension RWLock where R == PQAPHookRank, State: Sendable {
    /// Keeps the hook while it is being called.
    ///
    /// May wait for a writer, also for one that waits itself. Not interruptible.
    ///
    /// - Throws: what `body` throws.
    @inlinable
    public func withReadLock<Outer: OutsidePQAPHook, Result, Failure>(
        after held: borrowing Held<Outer>, fileID: StaticString = #fileID, line: UInt = #line,
        _ body: (borrowing State, borrowing Held<R>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try shared(LockSite(fileID, line), body)
    }
}
