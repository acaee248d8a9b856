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

    @inlinable
    func exclusively<Result, Failure>(
        _ site: LockSite, _ body: (inout State, borrowing Held<R>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let hold = core.acquire(.exclusive, site)
        defer { core.release(.exclusive, hold) }
        return try body(&state, Held())
    }

    @inlinable
    func shared<Result, Failure>(
        _ site: LockSite, _ body: (borrowing State, borrowing Held<R>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let hold = core.acquire(.shared, site)
        defer { core.release(.shared, hold) }
        return try body(state, Held())
    }

    @inlinable
    func sharedIfAvailable<Result, Failure>(
        _ site: LockSite, _ body: (borrowing State, borrowing Held<R>) throws(Failure) -> Result
    ) throws(Failure) -> Result? {
        guard let hold = core.acquireIfAvailable(.shared, site) else { return nil }
        defer { core.release(.shared, hold) }
        return try body(state, Held())
    }
}

/// `state` is only read while `core` is held for reading, and only written by the one writer.
extension RWLock: @unchecked Sendable {}
