internal import AdjunctProcessor
internal import DriverCore
internal import Synchronization

/// A request in a queue's list until the queue has been sent it, which may be at once.
///
/// Kernel: drivers/s390/crypto/ap_bus.h, struct ap_message.
final class WaitingRequest: Sendable {
    enum Outcome: UInt8, AtomicRepresentable {
        case waits
        /// The queue has it, and answers.
        case sent
        /// The card cannot execute it.
        case refused
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
    /// Throws away all that waits; the caller ends it when the lock is free.
    mutating func takeWaiting() -> [WaitingRequest] {
        defer { waiting = [] }
        return waiting
    }

    /// Requests that are over; the caller ends them when the lock is free.
    typealias Ended = [(request: WaitingRequest, outcome: WaitingRequest.Outcome)]

    /// Lets the state machine go on, and sends what waits if it has come to rest. In a queue that was full there is room at the next
    /// step.
    mutating func step(_ apqn: APQN, _ hardware: any APInstructions) -> (wait: QueueStateMachine.Wait, ended: Ended) {
        let wasFull = machine.state == .full
        let wait = machine.step(apqn, hardware)
        guard !waiting.isEmpty, machine.device != .uninitiated, machine.state == .idle, !wasFull else { return (wait, []) }
        var ended: Ended = []
        while let request = waiting.first {
            switch machine.send(apqn, hardware) {
            case .sent: ended.append((request, .sent))
            case .refused: ended.append((request, .refused))
            case .stays(let wait): return (wait, ended)
            }
            waiting.removeFirst()
        }
        return (wait, ended)
    }

    /// Whether it is to be looked at when any queue is.
    var isUnfinished: Bool { isBound && (machine.isUnfinished || machine.device != .uninitiated && !waiting.isEmpty) }
}
