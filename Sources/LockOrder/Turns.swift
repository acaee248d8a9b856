/// Threads that take turns with some state: one has it at a time, for as long as it likes, and takes locks meanwhile; the others
/// wait.
///
///     try loading.withTurn { isLoaded throws(Errno) in … }
///
/// Unlike a ``Lock`` it has no place on a ladder. So a thread that waits for its turn must hold nothing that the one whose turn
/// it is may want; the explorer finds where that is not so.
public final class Turns<State: Sendable>: Sendable {
    @usableFromInline let leaf: Leaf<Entry>

    @usableFromInline
    struct Entry {
        @usableFromInline var isTaken = false
        @usableFromInline var state: State

        @usableFromInline init(_ state: State) { self.state = state }
    }

    /// - Parameters:
    ///   - name: The name of the leaf in statistics.
    ///   - state: What the first turn finds.
    @inlinable
    public init(_ name: StaticString, _ state: State) {
        leaf = Leaf(name, Entry(state))
    }

    /// The state as the last turn that is over has left it.
    public var state: State { leaf.withLock { $0.state } }

    /// Waits until it is the caller's turn, and runs `body` in it. Not recursive.
    ///
    /// - Throws: what `body` throws; what it has changed until then stays changed.
    @inlinable
    public func withTurn<Result, Failure>(
        _ body: (inout State) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        var state = leaf.wait { entry -> State? in
            guard !entry.isTaken else { return nil }
            entry.isTaken = true
            return entry.state
        }
        defer {
            leaf.withLock { $0 = Entry(state) }
            leaf.notifyAll()
        }
        return try body(&state)
    }
}

extension Turns where State == Void {
    /// Turns with nothing to hand on.
    public convenience init(_ name: StaticString) { self.init(name, ()) }
}
