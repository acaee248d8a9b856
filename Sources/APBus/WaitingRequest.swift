internal import DriverCore
internal import Synchronization

/// A request that waits in a queue's list until the queue can be sent it: the queue resets, say.
///
/// Kernel: drivers/s390/crypto/ap_bus.h, struct ap_message.
final class WaitingRequest: Sendable {
    enum Outcome: UInt8, AtomicRepresentable {
        case waits
        /// The queue can be asked now.
        case sent
        /// The queue has thrown it away.
        case flushed
    }
    /// What it adds to `load` of the queue and of its card.
    let weight: Int
    /// In which its sender waits; it ends with the waiting.
    let sleep = Sleep()
    private let decided = Atomic(Outcome.waits)

    init(weight: Int) {
        self.weight = weight
    }

    var outcome: Outcome { decided.load(ordering: .acquiring) }

    /// Says what becomes of it, and wakes its sender.
    func end(_ outcome: Outcome) {
        decided.store(outcome, ordering: .releasing)
        sleep.end()
    }
}

extension APQueue.State {
    /// Throws away all that waits, or hands it to the queue; the caller ends it when the lock is free.
    mutating func takeWaiting() -> [WaitingRequest] {
        defer { waiting = [] }
        return waiting
    }

    /// What can be sent now.
    mutating func takeSendable() -> [WaitingRequest] {
        machine.state == .idle && !waiting.isEmpty ? takeWaiting() : []
    }
}
