internal import Synchronization

/// A journal that threads share, behind a lock of its owner's.
package protocol SharedJournal: AnyObject, Sendable {
    /// Who waits for it to grow. Whoever makes it grow calls `happened`, with its lock not held.
    var growth: Growth { get }
    /// Runs `body` with the lock held: nothing else may be locked in it.
    func withJournal<Result: Sendable>(_ body: (inout Journal) -> Result) -> Result
}

/// Tells those who wait for a journal to grow that it has.
package final class Growth: Sendable {
    /// Every line asks: where nobody waits it must cost nothing.
    private let isAwaited = Atomic(false)
    private let waiting = Mutex<[ObjectIdentifier: @Sendable () -> Void]>([:])

    /// Nobody waits.
    package init() {}

    /// Calls `body` once, when the journal has grown for the next time: on the thread that makes it grow, which may hold locks, so
    /// it must only pass the news on. Look for news after this, not before.
    ///
    /// - Parameter waiter: replaces what it has asked for before.
    package func whenItHappens(for waiter: AnyObject, _ body: @escaping @Sendable () -> Void) {
        waiting.withLock { bodies in
            bodies[ObjectIdentifier(waiter)] = body
            isAwaited.store(true, ordering: .sequentiallyConsistent)
        }
    }

    /// Does not call what this waiter has asked for.
    package func forget(_ waiter: AnyObject) {
        waiting.withLock { bodies in
            bodies[ObjectIdentifier(waiter)] = nil
            isAwaited.store(!bodies.isEmpty, ordering: .sequentiallyConsistent)
        }
    }

    /// Tells everybody who waits.
    package func happened() {
        guard isAwaited.load(ordering: .sequentiallyConsistent) else { return }
        let due = waiting.withLock { bodies in
            defer { bodies = [:] }
            isAwaited.store(false, ordering: .sequentiallyConsistent)
            return Array(bodies.values)
        }
        for body in due { body() }
    }
}
