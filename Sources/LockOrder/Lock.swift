/// A mutex of rank `R` with the state that it guards inside: there is no way to the state but through the lock.
///
/// How it is taken depends on the rank, and is declared with it (``Rank``), always by showing a token of an outer rank:
///
///     matrixDevice.lock.withLock(after: held) { state, held in … }
///
/// The state need not be `Sendable`: it enters by `sending`, so that its maker keeps nothing of it. That a closure lets no
/// reference into it out, as its result or otherwise, is the caller's duty.
///
/// Not recursive. Scoped, so it is released on the thread that took it, on every way out.
public final class Lock<R: Rank, State> {
    @usableFromInline let core: LockCore
    /// Only touched with `core` held: that excludes more strictly than Swift's own check at every access, which is spared.
    @exclusivity(unchecked) @usableFromInline var state: State

    /// - Parameters:
    ///   - name: The lock's class, as the kernel calls it: `"matrix_dev->lock"`. Locks of one name and rank share statistics.
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

    /// How many threads stand in line for it at this moment: for tests that need them there.
    package var line: Int { core.line }

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

    /// The same where nobody has it; never waits. For the declaration of a ladder, which asks for the token.
    ///
    /// - Returns: `nil`, without having called `body`, where somebody else holds the lock.
    /// - Throws: what `body` throws.
    @inlinable
    public func exclusivelyIfAvailable<Result, Failure>(
        _ rung: Rung<R>, _ site: LockSite, _ body: (inout State, borrowing Held<R>) throws(Failure) -> Result
    ) throws(Failure) -> Result? {
        guard let hold = core.acquireIfAvailable(.exclusive, site) else { return nil }
        defer { core.release(.exclusive, hold) }
        return try body(&state, Held())
    }
}

/// Unchecked: `state` is only touched by the thread that holds `core`.
extension Lock: @unchecked Sendable {}
