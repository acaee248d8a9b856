import AdjunctProcessor
import KernelTesting
import KVM
import Kernels
import Machine
import Sysfs
import Testing
@testable import VFIOAP

/// The machine changes under a guest: docs/kernel/vfio-ap.md, "What each change comes to".
///
/// The device has adapters 5, 6, 7 and domains 4, 47, 20; of these the host has neither 7 nor 20.
@Suite struct HostConfigurationTests {
    private let monitor = Monitor()
    private let guest: Guest
    private static let start = "05.0004 05.0047 06.0004 06.0047 | 4 10"

    init() {
        guest = Guest(name: "one", events: monitor)
    }

    private func host(_ release: KernelRelease = .v7_2) throws -> MatrixHost {
        let it = try MatrixHost(release: release, apmask: "-5,-6,-7")
        it.assign(adapters: ["5", "6", "7"], domains: ["4", "0x47", "0x20"], controlDomains: ["4", "0x10", "0x20"])
        try it.attach(guest)
        #expect(guest.runsWith == Self.start)
        return it
    }

    struct Change: Sendable, CustomTestStringConvertible {
        let commands: [String]
        let guest: String
        /// How often the guest is told.
        let changes: Int
        var testDescription: String { "\(commands)" }
    }

    static let removals = [
        Change(commands: ["adapter 06 unplug"], guest: "05.0004 05.0047 | 4 10", changes: 1),
        Change(commands: ["adapter 05 unplug", "adapter 06 unplug"], guest: " | 4 10", changes: 1),
        Change(commands: ["domain 47 none"], guest: "05.0004 06.0004 | 4 10", changes: 1),
        Change(commands: ["domain 10 none"], guest: "05.0004 05.0047 06.0004 06.0047 | 4", changes: 1),
        Change(commands: ["adapter 06 unplug", "domain 04 none"], guest: "05.0047 | 10", changes: 1),
        Change(commands: ["adapter 0a unplug", "domain ab none"], guest: start, changes: 0),
    ]

    @Test(arguments: removals) func whatGoesIsTakenOutOnceAndWhatComesBackIsPutInOnce(_ change: Change) throws {
        let it = try host()
        let matrix = it.a("matrix")
        let description = it.machine.description
        for command in change.commands { try it.machine.execute(command) }
        #expect(guest.runsWith == Self.start, "nobody has looked yet")
        it.kernel.write("bus/ap/scans", "1")
        #expect(guest.runsWith == change.guest)
        #expect(monitor.changes == change.changes)
        #expect(it.a("matrix") == matrix)
        #expect(it.defects() == [])

        let cards: [(UInt8, String)] = [(5, "CEX8C"), (6, "CEX8P"), (10, "CEX7C")]
        let back = cards.filter { !it.machine.description.adapters.keys.contains(AdapterID($0.0)) }
        for (adapter, type) in back { try it.machine.execute("adapter \(String(adapter, radix: 16)) type=\(type)") }
        for domain in ["04", "47", "ab"] { try it.machine.execute("domain \(domain) both") }
        try it.machine.execute("domain 10 control")
        #expect(it.machine.description == description)
        it.kernel.write("bus/ap/scans", "1")
        #expect(guest.runsWith == Self.start)
        #expect(monitor.changes == 2 * change.changes)
        #expect(it.defects() == [])
    }

    @Test(arguments: [
        Change(commands: ["adapter 07 type=CEX8C"], guest: "05.0004 05.0047 06.0004 06.0047 07.0004 07.0047 | 4 10", changes: 1),
        Change(commands: ["domain 20 control"], guest: "05.0004 05.0047 06.0004 06.0047 | 4 10 20", changes: 1),
        Change(commands: ["domain 20 usage"], guest: "05.0004 05.0020 05.0047 06.0004 06.0020 06.0047 | 4 10", changes: 1),
        Change(
            commands: ["adapter 07 type=CEX8C", "domain 20 both"],
            guest: "05.0004 05.0020 05.0047 06.0004 06.0020 06.0047 07.0004 07.0020 07.0047 | 4 10 20", changes: 1),
        // too old to be passed through
        Change(commands: ["adapter 07 type=CEX3C"], guest: start, changes: 0),
        Change(commands: ["adapter 08 type=CEX8C", "domain 30 both"], guest: start, changes: 0),
    ])
    func whatIsNewIsPutInWhenTheScanHasFinished(_ change: Change) throws {
        let it = try host()
        for command in change.commands { try it.machine.execute(command) }
        it.kernel.write("bus/ap/scans", "1")
        #expect(guest.runsWith == change.guest)
        #expect(monitor.changes == change.changes)
        #expect(it.defects() == [])
    }

    @Test func aNewAdapterOfWhichAQueueIsMissingStaysOut() throws {
        let it = try host()
        try it.machine.execute("adapter 07 type=CEX8C")
        try it.machine.execute("queue 07.0047 absent=1")
        it.kernel.write("bus/ap/scans", "1")
        #expect(guest.runsWith == Self.start)
        #expect(monitor.changes == 0)
        try it.change("queue 07.0047 absent=0")
        #expect(guest.runsWith.contains("07.0047"))
        #expect(monitor.changes == 1)
        #expect(it.defects() == [])
    }

    /// vfio_ap leaves the reset to the bus where the host does not have the queue any more; 6.1 does not look.
    @Test(arguments: [(KernelRelease.v6_1, 2), (.v6_12, 1), (.v7_2, 1)])
    func queuesThatAreGoneAreNotReset(release: KernelRelease, times: Int) throws {
        let it = try host(release)
        let resets = try it.zeroized { try it.change("adapter 06 unplug") }
        let expected = ["0004", "0047", "00ab", "00ff"].flatMap { Array(repeating: "06.\($0) rc=01", count: times) }
        #expect(resets == expected)
        #expect(it.defects() == [])
    }

    @Test func aDeviceWithoutAGuestFollowsTheHostAlike() throws {
        let it = try host()
        try it.detach()
        try it.change("adapter 06 unplug")
        #expect(it.a("guest_matrix") == "05.0004 05.0047")
        #expect(monitor.changes == 0)
        try it.change("adapter 06 type=CEX8P", "adapter 07 type=CEX8C")
        #expect(it.a("guest_matrix") == "05.0004 05.0047 06.0004 06.0047 07.0004 07.0047")
        #expect(it.defects() == [])
    }

    @Test func withoutQCIAGuestGetsNothing() throws {
        var description = MachineDescription.default
        description.features = nil
        let it = try MatrixHost(description)
        it.assign(adapters: ["5"], domains: ["4"], controlDomains: ["4"])
        #expect(it.a("matrix") == "05.0004")
        #expect(it.a("guest_matrix") == "")
    }

    // MARK: - Faults of 6.12.107

    /// `KernelDifference.lostControlDomainsStay`, `KernelDifference.lastOfAKindStays`.
    @Test(arguments: [
        (KernelRelease.v6_1, "05.0004 05.0047 06.0004 06.0047 | 4"), (.v6_12, start),
        (.v7_2, "05.0004 05.0047 06.0004 06.0047 | 4"),
    ])
    func aControlDomainThatTheHostLoses(release: KernelRelease, runsWith: String) throws {
        let it = try host(release)
        try it.change("domain 10 none")
        #expect(guest.runsWith == runsWith)
        #expect(it.a("control_domains") == "0004 0010 0020", "what is assigned")
    }

    @Test(arguments: [(KernelRelease.v6_1, " | 4 10"), (.v6_12, "05.0004 05.0047 | 4 10"), (.v7_2, " | 4 10")])
    func theLastAdapterThatTheHostLoses(release: KernelRelease, runsWith: String) throws {
        let it = try host(release)
        try it.change("adapter 06 unplug")
        #expect(guest.runsWith == "05.0004 05.0047 | 4 10")
        try it.change("adapter 05 unplug")
        #expect(it.a("guest_matrix") == ".0004 .0047")
        #expect(guest.runsWith == runsWith)
        try it.change("adapter 05 type=CEX8C")
        #expect(guest.runsWith == "05.0004 05.0047 | 4 10")
    }
}
