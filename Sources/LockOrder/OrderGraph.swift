import Synchronization

/// Two classes of locks that were once held at a time, and where.
public struct ObservedOrder: Sendable, CustomStringConvertible {
    /// What was held.
    public let outer: LockIdentity
    /// What was taken, or waited on, meanwhile.
    public let inner: LockIdentity
    let outerSite: LockSite
    let innerSite: LockSite

    /// `guests_lock #1 (guests) at VFIOAP/MatrixMdev.swift:40, then kvm->lock #2 (kvm) at VFIOAP/MatrixDevice.swift:59`.
    public var description: String { "\(outer) at \(outerSite), then \(inner) at \(innerSite)" }
}

/// Which class was taken under which, as seen at run time: the first time of each pair, with its places in the source.
enum OrderGraph {
    /// Indices of classes.
    struct Pair: Hashable {
        let outer: Int
        let inner: Int

        init(_ outer: LockIdentity, _ inner: LockIdentity) {
            self.outer = outer.lockClass.index
            self.inner = inner.lockClass.index
        }
    }

    private static let orders = Mutex<[Pair: ObservedOrder]>([:])
    private static let waits = Mutex<[Pair: ObservedOrder]>([:])

    /// Enters an order, if it is the first of its pair.
    static func record(_ order: ObservedOrder) {
        orders.withLock { record(order, in: &$0) }
    }

    /// Enters a wait with a lock in hand, if it is the first of its pair.
    static func recordWait(_ order: ObservedOrder) {
        waits.withLock { record(order, in: &$0) }
    }

    private static func record(_ order: ObservedOrder, in table: inout [Pair: ObservedOrder]) {
        let pair = Pair(order.outer, order.inner)
        if table[pair] == nil { table[pair] = order }
    }

    /// The shortest way from one class to another along the orders seen so far: what makes a circle of the opposite step.
    static func path(from start: LockIdentity, to end: LockIdentity) -> [ObservedOrder] {
        let (start, end) = (start.lockClass.index, end.lockClass.index)
        let steps = Dictionary(grouping: allOrders, by: { $0.outer.lockClass.index })
        var visited: Set<Int> = [start]
        var paths: [[ObservedOrder]] = (steps[start] ?? []).map { [$0] }
        while !paths.isEmpty {
            var longer: [[ObservedOrder]] = []
            for path in paths {
                guard let reached = path.last?.inner.lockClass.index else { continue }
                if reached == end { return path }
                guard visited.insert(reached).inserted else { continue }
                longer += (steps[reached] ?? []).map { path + [$0] }
            }
            paths = longer
        }
        return []
    }

    static var allOrders: [ObservedOrder] { sorted(orders.withLock { $0 }) }
    static var allWaits: [ObservedOrder] { sorted(waits.withLock { $0 }) }

    private static func sorted(_ table: [Pair: ObservedOrder]) -> [ObservedOrder] {
        table.values.sorted {
            let (left, right) = ($0, $1)
            return (left.outer.rank, left.outer.name, left.inner.rank, left.inner.name)
                < (right.outer.rank, right.outer.name, right.inner.rank, right.inner.name)
        }
    }
}
