/// Threads that take turns with some state: one has it at a time, for as long as it likes, and takes locks meanwhile; the others
/// wait.
///
///     try loading.withTurn { isLoaded throws(Errno) in … }
///
/// Unlike a ``Lock`` it has no place on a ladder. So a thread that waits for its turn must hold nothing that the one whose turn
/// it is may want; the explorer finds where that is not so.
public final class Turns<State: Sendable> {
    @usableFromInline let turn: Turn
    /// Only touched by whoever's turn it is: that excludes more strictly than Swift's own check at every access, which is spared.
    @exclusivity(unchecked) @usableFromInline var state: State

    /// - Parameters:
    ///   - name: The name of the leaf in statistics.
    ///   - state: What the first turn finds.
    @inlinable
    public init(_ name: StaticString, _ state: State) {
        turn = Turn(name)
        self.state = state
    }

    /// Waits until it is the caller's turn, and runs `body` in it. Not recursive.
    ///
    /// - Throws: what `body` throws; what it has changed until then stays changed.
    @inlinable
    public func withTurn<Result, Failure>(
        _ body: (inout State) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        turn.begin()
        defer { turn.end() }
        return try body(&state)
    }
}

/// Unchecked: `state` is only touched by the thread whose turn it is.
extension Turns: @unchecked Sendable {}

extension Turns where State == Void {
    /// Turns with nothing to hand on.
    public convenience init(_ name: StaticString) { self.init(name, ()) }
}
