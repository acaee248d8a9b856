internal import Synchronization

/// The sleeps of a kernel's threads. They end with the kernel.
final class Sleepers: Sendable {
    private struct State {
        var isHalted = false
        var sleeps: [ObjectIdentifier: Sleep] = [:]
    }
    // not a leaf: a schedule explorer has nothing to decide here
    private let state = Mutex(State())

    var isHalted: Bool { state.withLock { $0.isHalted } }

    /// - Returns: whether it may sleep: nobody sleeps in a kernel that is halted.
    func begin(_ sleep: Sleep) -> Bool {
        state.withLock { state in
            guard !state.isHalted else { return false }
            state.sleeps[ObjectIdentifier(sleep)] = sleep
            return true
        }
    }

    func end(_ sleep: Sleep) {
        state.withLock { $0.sleeps[ObjectIdentifier(sleep)] = nil }
    }

    func halt() {
        let sleeps = state.withLock { state in
            state.isHalted = true
            return state.sleeps.values.map { $0 }
        }
        for sleep in sleeps { sleep.end() }
    }
}

extension Kernel {
    /// Lets the calling thread wait, with the locks that it holds. All that drivers sleep, they sleep here: `halt` ends it.
    ///
    /// - Parameters:
    ///   - sleep: by which others may end it too.
    ///   - caller: whose end ends it too: only for a sleep that Linux does not have.
    ///   - endsBySignals: signals that do not end the caller end it too.
    /// - Returns: whether it slept to the end. Who does not wait in a loop may go on as if it had.
    @discardableResult
    public func sleep(
        _ duration: Duration, _ sleep: Sleep = Sleep(), endingWith caller: Caller? = nil, endsBySignals: Bool = false
    ) -> Bool {
        guard sleepers.begin(sleep) else { return false }
        defer { sleepers.end(sleep) }
        guard let caller else { return clock.sleep(duration, sleep) }
        return caller.sleeping(sleep, endsBySignals: endsBySignals) { clock.sleep(duration, sleep) }
    }

    /// Ends every sleep, now and from now on, so that all that is under way comes to its end: the machine is switched off.
    public func halt() { sleepers.halt() }

    /// Whether the machine has been switched off.
    public var isHalted: Bool { sleepers.isHalted }
}
