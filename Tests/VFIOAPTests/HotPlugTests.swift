import KernelTesting
import KVM
import Kernels
import Sysfs
import Testing
@testable import VFIOAP

/// What each change comes to for a guest that runs, and which queues are reset: the rows of docs/kernel/vfio-ap.md,
/// "What each change comes to".
///
/// A queue that loses its driver is zeroized by the bus too: that is the last one in each list.
@Suite struct HotPlugTests {
    private let monitor = Monitor()
    private let guest: Guest

    init() {
        guest = Guest(name: "one", events: monitor)
    }

    /// A host whose device A has adapter 5, domain 4, and the guest.
    private func host(_ release: KernelRelease = .v7_2) throws -> MatrixHost {
        let it = try MatrixHost(release: release)
        it.assign(adapters: ["5"], domains: ["4"])
        try it.attach(guest)
        return it
    }

    struct Step: Sendable {
        let file: String
        let text: String
        let guest: String
        var resets: [String] = []
        /// Whether the guest is told.
        let isTold: Bool
    }

    /// Tests/Recordings/7.2/guest-hotplug.txt
    static let steps = [
        Step(file: "assign_domain", text: "0x47", guest: "05.0004 05.0047", isTold: true),
        Step(file: "assign_adapter", text: "6", guest: "05.0004 05.0047 06.0004 06.0047", isTold: true),
        Step(file: "assign_adapter", text: "6", guest: "05.0004 05.0047 06.0004 06.0047", isTold: false),
        Step(file: "assign_control_domain", text: "4", guest: "05.0004 05.0047 06.0004 06.0047 | 4", isTold: true),
        Step(file: "assign_control_domain", text: "0x99", guest: "05.0004 05.0047 06.0004 06.0047 | 4", isTold: false),
        Step(file: "unassign_domain", text: "0x47", guest: "05.0004 06.0004 | 4", resets: ["05.0047", "06.0047"], isTold: true),
        Step(file: "unassign_adapter", text: "5", guest: "06.0004 | 4", resets: ["05.0004"], isTold: true),
        Step(file: "assign_adapter", text: "5", guest: "05.0004 06.0004 | 4", isTold: true),
        Step(file: "assign_adapter", text: "0x77", guest: "05.0004 06.0004 | 4", isTold: false),
        Step(file: "assign_domain", text: "0x99", guest: "05.0004 06.0004 | 4", isTold: false),
        Step(file: "unassign_domain", text: "0x99", guest: "05.0004 06.0004 | 4", isTold: false),
        Step(file: "unassign_adapter", text: "0x77", guest: "05.0004 06.0004 | 4", isTold: false),
        Step(file: "unassign_control_domain", text: "0x99", guest: "05.0004 06.0004 | 4", isTold: false),
        Step(file: "unassign_control_domain", text: "4", guest: "05.0004 06.0004", isTold: true),
    ]

    /// The guest is told with 7.2 only.
    @Test(arguments: KernelRelease.allCases) func assigningPlugsAndUnassigningUnplugsAndResets(release: KernelRelease) throws {
        let it = try host(release)
        #expect(guest.runsWith == "05.0004")
        #expect(monitor.changes == 0)
        for step in Self.steps {
            let before = monitor.changes
            let resets = it.zeroized { it.a(step.file, step.text) }
            #expect(guest.runsWith == step.guest, "\(step)")
            #expect(resets == step.resets, "\(step)")
            #expect(monitor.changes - before == (step.isTold && release >= .v7_2 ? 1 : 0), "\(step)")
        }
        #expect(it.defects() == [])
    }

    /// 6.1 does not reset what was filtered out.
    @Test(arguments: [(KernelRelease.v6_1, []), (.v6_12, ["05.0004"]), (.v7_2, ["05.0004"])] as [(KernelRelease, [String])])
    func anAdapterThatIsFilteredOutIsReset(release: KernelRelease, resets: [String]) throws {
        let it = try host(release)
        it.assign(adapters: ["6"])
        it.unbind("05.0047")
        #expect(it.zeroized { it.a("assign_domain", "0x47") } == resets)
        #expect(guest.runsWith == "06.0004 06.0047")
        #expect(it.a("matrix") == "05.0004 05.0047 06.0004 06.0047")
        #expect(it.a("guest_matrix") == "06.0004 06.0047")
        #expect(it.defects() == [])
    }

    @Test(arguments: [
        (KernelRelease.v6_1, ["05.0047", "05.0047"]), (.v6_12, ["05.0004", "05.0047", "05.0047"]),
        (.v7_2, ["05.0004", "05.0047", "05.0047"]),
    ])
    func aQueueThatGoesTakesItsAdapter(release: KernelRelease, resets: [String]) throws {
        let it = try host(release)
        it.assign(adapters: ["6"], domains: ["0x47"])
        #expect(it.zeroized { it.unbind("05.0047") } == resets)
        #expect(guest.runsWith == "06.0004 06.0047")
        #expect(it.a("matrix") == "05.0004 05.0047 06.0004 06.0047")
        #expect(it.status("05.0004") == "assigned")
        #expect(it.status("06.0004") == "in use")
        #expect(it.defects() == [])
        it.bind("05.0047")
        #expect(guest.runsWith == "05.0004 05.0047 06.0004 06.0047")
        #expect(it.defects() == [])
    }

    @Test func aQueueThatTheGuestDoesNotHaveGoesAndComesUnnoticed() throws {
        let it = try host()
        #expect(it.zeroized { it.unbind("05.0047") } == ["05.0047", "05.0047"])
        #expect(it.zeroized { it.bind("05.0047") } == [])
        #expect(guest.runsWith == "05.0004")
        #expect(monitor.changes == 0)
    }

    @Test func unassigningDoesNotBringBackWhatWasFilteredOutButTheNextAssignmentDoes() throws {
        let it = try host()
        it.unbind("05.0047")
        it.assign(domains: ["0x47"])
        #expect(guest.runsWith == "")
        #expect(it.a("guest_matrix") == ".0004 .0047")
        #expect(it.a("unassign_domain", "0x47") == "ok")
        #expect(it.a("guest_matrix") == ".0004")
        it.assign(adapters: ["6"])
        #expect(guest.runsWith == "05.0004 06.0004")
    }

    @Test func replacingTheMatrixUnplugsFiltersAndTells() throws {
        let it = try host()
        // adapter 6 and domain 47 for 5 and 4, and control domain 4
        let resets = it.zeroized { #expect(it.a("ap_config", "0x02,0x000000000000000001,0x08") == "ok") }
        #expect(guest.runsWith == "06.0047 | 4")
        #expect(resets == ["05.0004"])
        let again = it.zeroized { #expect(it.a("ap_config", "0x02,0x000000000000000001,0x08") == "ok") }
        #expect(again == [])
        #expect(it.a("ap_config", ",,") == "ok")
        #expect(guest.runsWith == "")
        #expect(it.a("matrix") == "")
        #expect(it.defects() == [])
    }

    @Test func replacingTheMatrixBringsBackWhatWasFilteredOut() throws {
        let it = try host()
        it.unbind("05.0047")
        it.assign(domains: ["0x47"])
        #expect(it.a("ap_config", "0x04,0x08,0") == "ok")
        #expect(guest.runsWith == "05.0004")
    }

    @Test func withoutAGuestTheSameIsFilteredAndReset() throws {
        let it = try MatrixHost()
        it.assign(adapters: ["5", "6"], domains: ["4"])
        #expect(it.a("guest_matrix") == "05.0004 06.0004")
        #expect(it.status("05.0004") == "assigned")
        #expect(it.zeroized { it.a("unassign_adapter", "5") } == ["05.0004"])
        #expect(it.zeroized { it.unbind("06.0004") } == ["06.0004", "06.0004"])
        #expect(it.a("guest_matrix") == ".0004")
    }

    /// Nobody tells vfio_ap.
    @Test(arguments: ["config=0", "chkstop=1"]) func troubleOfAnAdapterChangesNothing(change: String) throws {
        let it = try host()
        #expect(try it.zeroized { try it.change("adapter 05 \(change)") } == [])
        #expect(guest.runsWith == "05.0004")
        #expect(monitor.changes == 0)
        #expect(it.status("05.0004") == "in use")
    }

    @Test func whenAMaskTakesQueuesAwayTheyAreTheHostsFirst() throws {
        let it = try host()
        #expect(it.kernel.write("bus/ap/apmask", "+5") == "EBUSY")
        #expect(guest.runsWith == "05.0004")
        #expect(it.kernel.write("bus/ap/apmask", "+6") == "ok")
        #expect(it.kernel.write("bus/ap/apmask", "-6") == "ok")
        #expect(it.a("assign_adapter", "6") == "ok")
        #expect(guest.runsWith == "05.0004 06.0004")
        #expect(it.defects() == [])
    }
}
