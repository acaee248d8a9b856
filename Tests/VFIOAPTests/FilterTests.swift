import AdjunctProcessor
import KernelTesting
import Kernels
import LockOrder
import Mdev
import Sysfs
import Testing
@testable import VFIOAP

/// What a guest gets of what is assigned: docs/kernel/vfio-ap.md, "The filter".
@Suite struct FilterTests {
    /// A host with adapters 5 and 6, usage domains 4 and 47, control domains 4 and 10, and all four queues bound.
    private var state = MatrixState(
        host: ConfigurationInfo(adapters: APMask([5, 6]), usageDomains: APMask([4, 0x47]), controlDomains: APMask([4, 0x10])))
    private let mdev: MdevState
    private let number: MdevNumber

    init() throws {
        number = state.addMdev(try #require(MdevUUID(MatrixHost.a)), config: Leaf("ap_config", APMatrix()))
        mdev = try #require(state.mdevs[number])
        for apqn in APMatrix(adapters: APMask([5, 6]), domains: APMask([4, 0x47])).queues {
            state.queues[apqn] = QueueState(apqn)
        }
    }

    private mutating func assign(_ adapters: [UInt8], _ domains: [UInt8], _ controlDomains: [UInt8] = []) {
        let matrix = APMatrix(adapters: APMask(adapters), domains: APMask(domains), controlDomains: APMask(controlDomains))
        state.setMatrix(of: mdev, number, to: matrix)
    }

    struct Row: Sendable {
        let assigned: (adapters: [UInt8], domains: [UInt8])
        var missing: [String] = []
        let gets: (adapters: [UInt8], domains: [UInt8])
    }

    @Test(arguments: [
        Row(assigned: ([5, 6], [4, 0x47]), gets: ([5, 6], [4, 0x47])),
        Row(assigned: ([5], [4]), missing: ["05.0047", "06.0004"], gets: ([5], [4])),
        // a missing queue takes the whole adapter, and no domain
        Row(assigned: ([5, 6], [4, 0x47]), missing: ["05.0047"], gets: ([6], [4, 0x47])),
        Row(assigned: ([5, 6], [4]), missing: ["05.0004", "06.0004"], gets: ([], [4])),
        // what the host does not have is not missed
        Row(assigned: ([5, 9], [4, 0x99]), gets: ([5], [4])),
        Row(assigned: ([9], [0x99]), gets: ([], [])),
        // without a domain, or an adapter, there is no queue that could be missing
        Row(assigned: ([5, 6], []), missing: ["05.0004", "06.0004"], gets: ([5, 6], [])),
        Row(assigned: ([5, 6], [0x99]), missing: ["05.0004"], gets: ([5, 6], [])),
        Row(assigned: ([], [4, 0x99]), gets: ([], [4])),
    ])
    mutating func aGuestGetsWhatTheHostHasButNoAdapterWithAMissingQueue(row: Row) throws {
        for name in row.missing { state.queues[try #require(APQN(name))] = nil }
        assign(row.assigned.adapters, row.assigned.domains)
        for release in KernelRelease.allCases {
            mdev.shadow = APMatrix()
            let filtering = state.filterMatrix(of: mdev, release: release)
            #expect(Array(mdev.shadow.adapters) == row.gets.adapters)
            #expect(Array(mdev.shadow.domains) == row.gets.domains)
            #expect(filtering.hasChanged == !(row.gets.adapters.isEmpty && row.gets.domains.isEmpty))
            #expect(filtering.filtered == .none, "it did not have them")
        }
    }

    /// 00 always; 03 and 04 from 6.12 on; others never.
    @Test(arguments: KernelRelease.allCases, [0, 1, 2, 3, 4, 5, 7, 9, 0x0a, 0x35, 0x36] as [UInt8])
    mutating func theLastResetDecidesWhetherAQueueIsPassable(release: KernelRelease, code: UInt8) throws {
        state.queues[try #require(APQN("05.0047"))]?.resetStatus = ResponseCode(rawValue: code)
        assign([5, 6], [4, 0x47])
        _ = state.filterMatrix(of: mdev, release: release)
        let isPassable = code == 0 || ((code == 3 || code == 4) && release != .v6_1)
        #expect(mdev.shadow.adapters == (isPassable ? APMask([5, 6]) : APMask([6])))
    }

    @Test mutating func adaptersThatTheGuestHadAreNamedWhenTheyAreFilteredOut() throws {
        assign([5, 6], [4])
        #expect(state.filterMatrix(of: mdev, release: .v7_2).hasChanged)
        #expect(!state.filterMatrix(of: mdev, release: .v7_2).hasChanged)
        state.queues[try #require(APQN("05.0004"))] = nil
        let first = state.filterMatrix(of: mdev, release: .v7_2)
        #expect(first.hasChanged)
        #expect(first.filtered == APMask([5]))
        let second = state.filterMatrix(of: mdev, release: .v7_2)
        #expect(!second.hasChanged)
        #expect(second.filtered == .none)
    }

    @Test mutating func controlDomainsAreFilteredByThemselves() {
        assign([5], [4], [4, 0x47, 0x99])
        #expect(!state.filterMatrix(of: mdev, release: .v7_2).filtered.contains(5))
        #expect(mdev.shadow.controlDomains == .none)
        #expect(state.filterControlDomains(of: mdev))
        #expect(mdev.shadow.controlDomains == APMask([4]))
        #expect(!state.filterControlDomains(of: mdev))
        state.host.controlDomains = APMask([0x47])
        #expect(state.filterControlDomains(of: mdev))
        #expect(mdev.shadow.controlDomains == APMask([0x47]))
    }

    // MARK: - Owners

    @Test mutating func aQueueBelongsToWhoHasBothBits() throws {
        assign([5], [4])
        let (mine, others) = (try #require(APQN("05.0004")), try #require(APQN("05.0047")))
        #expect(state.owner(mine) == number)
        #expect(state.owner(others) == nil)
        #expect(mdev.isPublished)
        assign([5, 6], [0x47])
        #expect(state.owner(mine) == nil)
        #expect(state.owner(others) == number)
        #expect(state.newestOwner(adapters: .all, domains: .all) == number)
        #expect(state.newestOwner(adapters: .all, domains: APMask([4])) == nil)
        #expect(state.newestOwner(adapters: .all, domains: .all, except: number) == nil)
        state.removeMdev(number)
        #expect(state.owner(others) == nil)
        #expect(state.mdevs.isEmpty)
    }

    @Test mutating func theNewestDeviceComesFirstAndANumberIsNeverGivenTwice() throws {
        let uuid = try #require(MdevUUID(MatrixHost.b))
        let second = state.addMdev(uuid, config: Leaf("ap_config", APMatrix()))
        #expect(state.newestFirst.map(\.0) == [second, number])
        state.removeMdev(second)
        #expect(state.addMdev(uuid, config: Leaf("ap_config", APMatrix())) != second)
        #expect(state.mdevs[number]?.limits == MatrixLimits(state.host))
    }
}
