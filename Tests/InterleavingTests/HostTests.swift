import Glibc
import Interleavings
import LockOrder
import Testing

/// Operations on the locked core, two and three at a time, in every order that the bounds allow: each run ends, every lock is
/// free then, and the host is as it should be (``Emulator/Computer/inspect()``).
@Suite struct HostTests {
    /// How many schedules of each: `INTERLEAVINGS=1000 swift test` looks longer.
    private static let bound = getenv("INTERLEAVINGS").flatMap { Int(String(cString: $0)) } ?? 16
    /// Of the random ones: `SEED=7 swift test` looks elsewhere.
    private static let seed = getenv("SEED").flatMap { UInt64(String(cString: $0)) } ?? 1

    @Test(arguments: HostOperation.allCases) func pairs(_ first: HostOperation) throws {
        let all = HostOperation.allCases
        guard let start = all.firstIndex(of: first) else { return }
        var total = Total()
        for second in all[start...] { try total.add(Self.explore([first, second])) }
        print("pairs with \(first): \(total)")
    }

    /// Attaching, detaching, a queue that goes, a mask: each with every two of these.
    private static let company: [HostOperation] = [
        .assignAdapter, .unassignDomain, .configure, .assignTheOthersDomain, .readStatus, .remove, .pqap, .loseAdapter, .bindQueue,
        .start, .stop, .unbindQueue, .reserveTheOthersAdapter,
    ]

    @Test(arguments: [HostOperation.start, .stop, .unbindQueue, .reserveAdapter], 0..<company.count)
    func triples(_ first: HostOperation, _ second: Int) throws {
        var total = Total()
        for third in Self.company[second...] { try total.add(Self.explore([first, Self.company[second], third], bound: Self.bound / 3)) }
        print("triples with \(first) and \(Self.company[second]): \(total)")
    }

    private static func explore(_ operations: [HostOperation], bound: Int = bound) throws -> Exploration {
        let exploration = try HostOperation.explorer.explore(
            operations.map(\.operation), schedules: bound, random: bound / 4, seed: seed)
        #expect(exploration.failure == nil, "\(exploration)")
        return exploration
    }
}

/// Several explorations together.
private struct Total: CustomStringConvertible {
    private var schedules = 0
    private var points = 0
    private var complete = 0
    private var count = 0
    private let start = ContinuousClock.now

    mutating func add(_ exploration: Exploration) {
        schedules += exploration.schedules
        points += exploration.points
        complete += exploration.isComplete ? 1 : 0
        count += 1
    }

    var description: String {
        "\(count) (\(complete) completely), \(schedules) schedules, \(points) points, \(ContinuousClock.now - start)"
    }
}
