internal import AdjunctProcessor
internal import DriverCore
internal import LockOrder

extension APBus {
    /// Sends a request to a queue and waits for the answer; nil without a queue, and where the queue does not answer.
    func ask(_ queue: APQueue?, _ query: DeviceQuery) -> DeviceAnswer? {
        guard let queue else { return nil }
        queue.countRequest()
        return hardware.ask(queue.apqn, query)
    }

    /// The queue that a request to a card goes to: the one of those online that has had the fewest, the oldest of equals.
    ///
    /// Kernel: drivers/s390/crypto/zcrypt_api.c, zcrypt_queue_compare.
    func leastUsedQueue(of card: APCard) -> APQueue? {
        guard card.state.withLock({ $0.isOnline && $0.isConfigured && !$0.isCheckstopped }) else { return nil }
        var best: (queue: APQueue, requests: UInt64)?
        for queue in queues(of: card) where queue.device.driver == "cex4queue" {
            let (isUsable, requests) = queue.state.withLock {
                ($0.isOnline && $0.isConfigured && !$0.isCheckstopped, $0.requests)
            }
            if isUsable, requests < best?.requests ?? .max { best = (queue, requests) }
        }
        return best?.queue
    }
}

extension APQueue {
    func countRequest() {
        state.withLock { $0.requests += 1 }
        card.state.withLock { $0.requests += 1 }
    }
}
