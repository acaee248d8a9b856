/// A mutex under which no other lock is taken, with the state that it guards inside.
///
/// A leaf is below everything, so it needs no token: you may take it with any ranked lock in hand, or with none. It is for short,
/// closed pieces of state: the tree of directories, a ledger of events, a counter of users.
///
///     uevents.withLock { ledger in ledger.append(event) }
///
/// Taking anything inside, a second leaf as well as a ranked lock, is a violation that the check at run time reports
/// (``LockChecker``): that a closure calls nothing that locks cannot be said in its type.
///
/// A leaf is also what a thread waits on until its state has become something (``wait(fileID:line:_:)``).
public final class Leaf<State> {
    @usableFromInline let core: LockCore
    /// Only touched with `core` held: that excludes more strictly than Swift's own check at every access, which is spared.
    @exclusivity(unchecked) @usableFromInline var state: State

    /// - Parameters:
    ///   - name: The lock's class. Leaves of one name share statistics.
    ///   - state: What it guards.
    @inlinable
    public init(_ name: StaticString, _ state: consuming sending State) {
        core = LockCore(.leaf, name)
        self.state = state
    }

    /// Which lock this is, in reports and to a scheduler.
    public var identity: LockIdentity { core.identity }

    /// Whether anybody holds it or waits for it at this moment: for inspections of what should be at rest.
    package var isInUse: Bool { core.isInUse }

    /// Runs `body` with the lock held. May wait. Not interruptible.
    ///
    /// - Throws: what `body` throws.
    @inlinable
    public func withLock<Result, Failure>(
        fileID: StaticString = #fileID, line: UInt = #line,
        _ body: (inout State) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let hold = core.acquire(.exclusive, LockSite(fileID, line))
        defer { core.release(.exclusive, hold) }
        return try body(&state)
    }
}

/// Unchecked: `state` is only touched by the thread that holds `core`.
extension Leaf: @unchecked Sendable {}
