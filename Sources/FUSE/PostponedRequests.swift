internal import Collections
internal import DequeModule
internal import HeapModule

/// The requests that wait for a worker, in the order in which they have come.
///
/// Each file has a queue. The first request of a queue stands for election while its file has room, and the oldest of these is the
/// next to begin: nobody looks through all that wait. To add, to find, to take and to remove one costs no more than the logarithm of
/// how many files there are.
struct PostponedRequests {
    typealias Request = WaitingRequests.Postponed

    /// A place in a queue.
    private struct Place: Comparable {
        /// In the order in which they have come, from all files.
        let number: UInt64
        let unique: UInt64
        let node: NodeID

        static func < (one: Place, other: Place) -> Bool { one.number < other.number }
    }

    private struct Queue {
        /// Places of requests that have been removed are among them, but not the most.
        var places: Deque<Place> = []
        var removed = 0
        /// It has a candidate, which may have been removed meanwhile.
        var isRepresented = false
    }

    /// By their numbers.
    private var requests: [UInt64: Request] = [:]
    private var queues: [NodeID: Queue] = [:]
    /// At most one of each queue. What is at the top is looked at when it gets there: its request may be gone, or its file full.
    private var candidates: Heap<Place> = []
    /// Those of files that have workers of their own.
    private var ownCandidates: Heap<Place> = []
    private var numbers: UInt64 = 0
    /// How many bytes they have.
    private(set) var bytes = 0

    var count: Int { requests.count }
    var isEmpty: Bool { requests.isEmpty }

    subscript(_ unique: UInt64) -> Request? { requests[unique] }

    mutating func append(_ request: Request) {
        numbers += 1
        let place = Place(number: numbers, unique: request.header.unique, node: request.asker.node)
        requests[place.unique] = request
        bytes += request.bytes.count
        queues[place.node, default: Queue()].places.append(place)
        fileHasRoom(place.node)
    }

    /// Has the first request for a file stand for election, which does no harm where the file has no room.
    mutating func fileHasRoom(_ node: NodeID) {
        guard queues[node]?.isRepresented == false, let place = firstPlace(in: node) else { return }
        queues[node]?.isRepresented = true
        self[keyPath: candidates(of: place)].insert(place)
    }

    /// Takes the oldest request that may begin.
    ///
    /// - Parameters:
    ///   - onlyOwn: of those alone that are for files with workers of their own.
    ///   - workers: how many each file has. One that has had as many as it may is to be told of by ``fileHasRoom(_:)`` when it has fewer.
    mutating func takeFirst(onlyOwn: Bool, workers: [NodeID: Int]) -> Request? {
        let own = top(of: \.ownCandidates, workers)
        let other = onlyOwn ? nil : top(of: \.candidates, workers)
        guard let place = [own, other].compactMap({ $0 }).min() else { return nil }
        self[keyPath: candidates(of: place)].removeMin()
        queues[place.node]?.places.removeFirst()
        queues[place.node]?.isRepresented = false
        let request = forget(place.unique)
        fileHasRoom(place.node)
        return request
    }

    /// Removes a request that is not to begin any more.
    mutating func remove(_ unique: UInt64) {
        guard let node = forget(unique)?.asker.node, var queue = queues.removeValue(forKey: node) else { return }
        queue.removed += 1
        if queue.removed * 2 > queue.places.count {
            queue.places.removeAll { requests[$0.unique] == nil }
            queue.removed = 0
        }
        if queue.isRepresented || !queue.places.isEmpty { queues[node] = queue }
    }

    // MARK: - Elections

    private func candidates(of place: Place) -> WritableKeyPath<PostponedRequests, Heap<Place>> {
        requests[place.unique]?.asker.hasOwnWorkers == true ? \.ownCandidates : \.candidates
    }

    /// The oldest candidate that may begin; it stays one.
    private mutating func top(
        of heap: WritableKeyPath<PostponedRequests, Heap<Place>>, _ workers: [NodeID: Int]
    ) -> Place? {
        while let place = self[keyPath: heap].min {
            if let first = firstPlace(in: place.node), workers[place.node, default: 0] < WaitingRequests.maximumOfFile {
                if first == place { return place }
                self[keyPath: heap].replaceMin(with: first)
            } else {
                self[keyPath: heap].removeMin()
                queues[place.node]?.isRepresented = false
            }
        }
        return nil
    }

    /// The first place in a queue whose request is there, and now the first of all; without one the queue is gone.
    private mutating func firstPlace(in node: NodeID) -> Place? {
        while let place = queues[node]?.places.first {
            if requests[place.unique] != nil { return place }
            queues[node]?.places.removeFirst()
            queues[node]?.removed -= 1
        }
        queues[node] = nil
        return nil
    }

    private mutating func forget(_ unique: UInt64) -> Request? {
        let request = requests.removeValue(forKey: unique)
        bytes -= request?.bytes.count ?? 0
        return request
    }
}
