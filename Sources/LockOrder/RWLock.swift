/// A reader/writer lock of rank `R` with the state that it guards inside, for what the kernel has an `rw_semaphore` for.
///
/// Readers hold it side by side and see the state, a writer holds it alone and may change it:
///
///     guestsLock.withReadLock(after: held) { guests, held in … }
///     guestsLock.withWriteLock(after: held) { guests, held in … }
///
/// A writer that waits keeps new readers out, so a stream of readers cannot starve it. For the same reason it must not be taken
/// twice by a thread, not even for reading: between the two a writer may have come to wait.
///
/// Reading needs `State: Sendable`: two readers have it in their hands at once.
public final class RWLock<R: Rank, State> {
    @usableFromInline let core: LockCore
    /// Only touched with `core` held: that excludes more strictly than Swift's own check at every access, which is spared.
    @exclusivity(unchecked) @usableFromInline var state: State

    /// - Parameters:
    ///   - name: The lock's class, as the kernel calls it: `"guests_lock"`. Locks of one name and rank share statistics.
    ///   - state: What it guards.
    @inlinable
    public init(_ name: StaticString, _ state: consuming sending State) {
        core = LockCore(R.rank, name)
        self.state = state
    }

    /// Which lock this is, in reports and to a scheduler.
    public var identity: LockIdentity { core.identity }

    /// Whether anybody holds it or waits for it at this moment: for inspections of what should be at rest.
    package var isInUse: Bool { core.isInUse }

    /// Takes the lock, runs `body` with it, and gives it back. For the declaration of a ladder, which asks for the token.
    ///
    /// May wait. Not interruptible.
    ///
    /// - Throws: what `body` throws.
    @inlinable
    public func exclusively<Result, Failure>(
        _ rung: Rung<R>, _ site: LockSite, _ body: (inout State, borrowing Held<R>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let hold = core.acquire(.exclusive, site)
        defer { core.release(.exclusive, hold) }
        return try body(&state, Held())
    }

    /// Takes the lock for reading, runs `body` with it, and gives it back. For the declaration of a ladder, which asks for the
    /// token.
    ///
    /// May wait for a writer, also for one that waits itself. Not interruptible.
    ///
    /// - Throws: what `body` throws.
    @inlinable
    public func shared<Result, Failure>(
        _ rung: Rung<R>, _ site: LockSite, _ body: (borrowing State, borrowing Held<R>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let hold = core.acquire(.shared, site)
        defer { core.release(.shared, hold) }
        return try body(state, Held())
    }

    /// The same where no writer has the lock or waits for it; never waits. For the declaration of a ladder, which asks for the
    /// token.
    ///
    /// - Returns: `nil`, without having called `body`, where a writer has the lock or waits for it.
    /// - Throws: what `body` throws.
    @inlinable
    public func sharedIfAvailable<Result, Failure>(
        _ rung: Rung<R>, _ site: LockSite, _ body: (borrowing State, borrowing Held<R>) throws(Failure) -> Result
    ) throws(Failure) -> Result? {
        guard let hold = core.acquireIfAvailable(.shared, site) else { return nil }
        defer { core.release(.shared, hold) }
        return try body(state, Held())
    }
}

/// Unchecked: `state` is only read while `core` is held for reading, and only written by the one writer.
extension RWLock: @unchecked Sendable {}
