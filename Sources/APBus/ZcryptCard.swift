internal import LockOrder

/// A card as zcrypt has it: made when cex4card takes the card, and forgotten when it lets go.
///
/// Queues belong to the one that there was when cex4queue took them. So a card that is taken again has no queues until they are
/// taken again, too, and those that it had before still look at the old one.
///
/// Kernel: drivers/s390/crypto/zcrypt_api.h, struct zcrypt_card.
final class ZcryptCard: Sendable {
    let state = Leaf(APCard.zcryptLockName, State())

    struct State {
        /// What a user wants with it.
        var isOnline = true
        /// Those that cex4queue has, in the order in which it got them.
        var queues: [APQueue] = []
    }

    var isOnline: Bool { state.withLock { $0.isOnline } }

    /// Its queues, in the order in which cex4queue got them.
    var queues: [APQueue] { state.withLock { $0.queues } }

    func add(_ queue: APQueue) {
        state.withLock { $0.queues.append(queue) }
    }

    func remove(_ queue: APQueue) {
        state.withLock { state in state.queues.removeAll { $0 === queue } }
    }
}
