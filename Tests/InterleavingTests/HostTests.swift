import Glibc
import Interleavings
import Kernels
import LockOrder
import Sysfs
import Testing
import Waiting

/// Operations on the locked core, two and three at a time, in every order that the bounds allow: each run ends, every lock is
/// free then, and the host is as it should be (``Emulator/Computer/inspect()``).
@Suite(.serialized, .bounded) struct HostTests {
    /// How many schedules of each: `INTERLEAVINGS=1000 swift test` looks longer.
    private static let bound = getenv("INTERLEAVINGS").flatMap { Int(String(cString: $0)) } ?? 12
    /// Of the random ones: `SEED=7 swift test` looks elsewhere.
    private static let seed = getenv("SEED").flatMap { UInt64(String(cString: $0)) } ?? 1

    @Test(arguments: HostOperation.allCases) func pairs(_ first: HostOperation) throws {
        let all = HostOperation.allCases
        let start = try #require(all.firstIndex(of: first))
        var total = Total()
        for second in all[start...] { try total.add(Self.explore([first, second])) }
        print("pairs with \(first): \(total)")
    }

    /// Attaching, detaching, a queue that goes, a mask: each with every two of these.
    private static let company: [HostOperation] = [
        .assignAdapter, .unassignDomain, .configure, .assignTheOthersDomain, .readStatus, .remove, .pqap, .loseAdapter,
        .bindQueue,
        .start, .stop, .unbindQueue, .reserveTheOthersAdapter,
    ]

    @Test(arguments: [HostOperation.start, .stop, .unbindQueue, .reserveAdapter], 0..<company.count)
    func triples(_ first: HostOperation, _ second: Int) throws {
        var total = Total()
        for third in Self.company[second...] {
            try total.add(Self.explore([first, Self.company[second], third], bound: Self.bound / 3))
        }
        print("triples with \(first) and \(Self.company[second]): \(total)")
    }

    /// Without a guest vfio_ap can be unloaded: while queues are bound and masks change, devices come and go.
    @Test(arguments: [
        HostOperation.bindQueue, .storeDomainMask, .reserveAdapter, .gainAdapter, .create, .remove, .start, .startTheOther,
        .readStatus,
    ])
    func unloading(_ other: HostOperation) throws {
        for release in KernelRelease.allCases {
            _ = try Self.explore([.unload, other], with: HostOperation.explorer(release: release, before: [.stop]))
        }
    }

    /// A second guest that comes to an end.
    @Test(arguments: [
        HostOperation.configureTheOther, .assignTheOthersDomain, .removeTheOther, .stop, .reserveTheOthersAdapter, .loseAdapter,
    ])
    func stoppingTheOther(_ other: HostOperation) throws {
        _ = try Self.explore([.stopTheOther, other], with: HostOperation.explorer(before: [.start]))
    }

    /// Where older releases take other locks, or in another order.
    @Test(arguments: [KernelRelease.v6_1, .v6_12]) func pairsOfOlderReleases(_ release: KernelRelease) throws {
        var some: [HostOperation] = [
            .assignAdapter, .readStatus, .request, .start, .stop, .bindQueue, .unbindQueue, .reserveTheOthersAdapter,
            .storeDomainMask, .loseAdapter,
        ]
        // 6.1 does not ask the user of a device to let go: a removal may wait for ever
        if release != .v6_1 { some.append(.remove) }
        for (index, first) in some.enumerated() {
            for second in some[index...] {
                _ = try Self.explore([first, second], bound: Self.bound / 2, with: HostOperation.explorer(release: release))
            }
        }
    }

    // Whose a queue is, is looked up without the lock that guards it, and then looked at again
    // (`MatrixDevice.withOwnerLocked(of:)`): in between A may lose the queue's domain, or get it.

    /// A guest does not keep a queue that vfio_ap has no more.
    @Test(arguments: [true, false]) func aQueueThatGoesIsTakenFromWhoHasItThen(isUnassignedMeanwhile: Bool) throws {
        let operations: [HostOperation] = (isUnassignedMeanwhile ? [.unassignDomain] : []) + [.configure, .unbindQueue]
        let explorer = HostOperation.explorer(before: isUnassignedMeanwhile ? [] : [.unassignDomain])
        let exploration = try explorer.explore(
            operations.map(\.operation), schedules: max(Self.bound, 200), random: 100, seed: Self.seed)
        #expect(exploration.failure == nil, "\(exploration)")
        #expect(exploration.isComplete || isUnassignedMeanwhile, "\(exploration)")
    }

    /// A guest gets a queue that has come, whoever had it when it was looked up.
    @Test func aQueueThatComesIsGivenToWhoHasItThen() throws {
        let explorer = Explorer(
            granularity: HostOperation.granularity,
            make: { run in
                let host = try SmallHost(clock: RunClock(run))
                for operation in [HostOperation.unassignDomain, .unbindQueue] { _ = operation.perform(host) }
                return host
            },
            check: { host, _ in
                let queues = host.read(SmallHost.file(SmallHost.a, "guest_matrix"))
                return (queues.contains("01.0001") ? [] : ["the guest lacks 01.0001, it has: \(queues)"]) + host.finish()
            })
        let bind = Explorer<SmallHost>.Operation("bind the guest's queue") { $0.write("bus/ap/drivers/vfio_ap/bind", "01.0001") }
        let exploration = try explorer.explore([HostOperation.configure.operation, bind], schedules: max(Self.bound, 200))
        #expect(exploration.failure == nil, "\(exploration)")
        #expect(exploration.isComplete, "\(exploration)")
    }

    private static func explore(
        _ operations: [HostOperation], bound: Int = bound, with explorer: Explorer<SmallHost> = HostOperation.explorer()
    ) throws -> Exploration {
        let exploration = try explorer.explore(
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
