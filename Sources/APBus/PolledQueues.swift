/// The queues that are looked at again after a while, in the order in which they began to wait; each once.
struct PolledQueues: Sendable {
    private var queues: [APQueue] = []
    private var members: Set<ObjectIdentifier> = []

    var isEmpty: Bool { queues.isEmpty }

    /// Adds a queue; one that waits already keeps its place.
    mutating func append(_ queue: APQueue) {
        if members.insert(ObjectIdentifier(queue)).inserted { queues.append(queue) }
    }

    /// Takes them all.
    mutating func takeAll() -> [APQueue] {
        defer { self = PolledQueues() }
        return queues
    }
}
