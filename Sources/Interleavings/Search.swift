/// Enumerates schedules depth first, and leaves out those that differ from another one in the order of events only that have
/// nothing to do with each other.
///
/// Dynamic partial order reduction: a run shows which events could have come in the other order, and only for these another
/// choice is tried; sleep sets keep a choice from being tried again below its sibling. Flanagan and Godefroid, "Dynamic
/// partial-order reduction for model checking software", 2005.
final class Search: Strategy {
    private struct Node {
        let enabled: [Int]
        var chosen: Int
        /// Threads whose next event has been tried at a node above, and nothing has touched since what it touches.
        let sleeping: [Int: Footprint]
        /// Threads that have been tried here.
        var tried: [Int: Footprint] = [:]
        /// Threads to be tried here.
        var wanted: Set<Int>
    }

    private var nodes: [Node] = []
    /// From here on the run is one that has been seen already.
    private(set) var isPruned = false
    private let threads: Int

    init(threads: Int) {
        self.threads = threads
    }

    func beginRun() {
        isPruned = false
    }

    /// Who goes on. A thread that is not enabled where the search has seen it enabled means that the run is not repeatable.
    func choose(_ candidates: Candidates, _ history: History) -> Int {
        let depth = history.events.count
        if depth < nodes.count { return nodes[depth].chosen }
        let inOrder = candidates.inOrder
        guard !isPruned else { return inOrder[0] }
        var sleeping: [Int: Footprint] = [:]
        if let above = nodes.last, let last = history.events.last {
            sleeping = above.sleeping.merging(above.tried) { $1 }.filter { $1.isIndependent(of: last.footprint) }
        }
        guard let chosen = inOrder.first(where: { sleeping[$0] == nil }) else {
            isPruned = true
            return inOrder[0]
        }
        nodes.append(Node(enabled: candidates.enabled, chosen: chosen, sleeping: sleeping, wanted: [chosen]))
        return chosen
    }

    /// Learns from a run, and turns to the next one.
    ///
    /// - Returns: whether there is one.
    func advance(after history: History) -> Bool {
        let depth = min(nodes.count, history.events.count)
        var detector = RaceDetector(threads: threads)
        for race in detector.races(in: history, first: depth) {
            if nodes[race.event].enabled.contains(race.thread) {
                nodes[race.event].wanted.insert(race.thread)
            } else {
                nodes[race.event].wanted.formUnion(nodes[race.event].enabled)
            }
        }
        nodes.removeSubrange(depth...)
        while var node = nodes.popLast() {
            node.tried[node.chosen] = history.events[nodes.count].footprint
            let next = node.wanted.filter { node.tried[$0] == nil && node.sleeping[$0] == nil }.min()
            if let next {
                node.chosen = next
                nodes.append(node)
                return true
            }
        }
        return false
    }
}
