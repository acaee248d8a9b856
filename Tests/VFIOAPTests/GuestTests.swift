import AdjunctProcessor
import KernelTesting
import KVM
import Kernels
import LockOrder
import Machine
import Sysfs
import SystemAdditions
import SystemPackage
import Testing
import Waiting
@testable import VFIOAP

/// Giving a device to a guest and taking it back, being asked for it, PQAP: docs/kernel/vfio-ap.md,
/// "A guest starts and stops", "status", "Interrupts of a guest"; docs/kernel/mediated-devices.md, "Removal under a guest".
@Suite(.bounded) struct GuestTests {
    private let monitor = Monitor()
    private let guest: Guest
    private let it: MatrixHost

    /// Device A has 05.0004, and adapter 9, which nobody has; B has 06.00ab. 05.0047 is nobody's.
    init() throws {
        guest = Guest(name: "one", events: monitor)
        it = try Self.host(.v7_2)
    }

    private static func host(_ release: KernelRelease) throws -> MatrixHost {
        let it = try MatrixHost(release: release, apmask: "-5,-6,-9")
        it.assign(adapters: ["5", "9"], domains: ["4"], controlDomains: ["4", "0x99"])
        it.b("assign_adapter", "6")
        it.b("assign_domain", "0xab")
        return it
    }

    // MARK: - Attaching and detaching

    @Test func aGuestGetsWhatIsFilteredAndIsNotToldOfIt() throws {
        #expect(guest.runsWith == "")
        try it.attach(guest)
        #expect(guest.runsWith == "05.0004 | 4")
        #expect(monitor.changes == 0)
        #expect(it.defects() == [])
    }

    @Test func whoHasADeviceGetsNoOther() throws {
        try it.attach(guest)
        #expect(throws: Errno.EPERM) { try it.attach(guest, to: MatrixHost.b) }
        #expect(throws: Errno.EPERM) { try it.attach(guest) }
        #expect(guest.runsWith == "05.0004 | 4")
        #expect(it.status("06.00ab") == "assigned")
        #expect(it.defects() == [])
        try it.detach(MatrixHost.b)
        #expect(guest.runsWith == "05.0004 | 4")
        #expect(it.defects() == [])
        let other = Guest(name: "two", events: Monitor())
        try it.attach(other, to: MatrixHost.b)
        #expect(other.runsWith == "06.00ab")
        #expect(it.defects() == [])
    }

    @Test func aDeviceThatComesBackIsResetAndKeepsItsMatrix() throws {
        try it.attach(guest)
        let texts = ["matrix", "guest_matrix", "control_domains"].map { it.a($0) }
        #expect(try it.zeroized { try it.detach() } == ["05.0004"])
        #expect(guest.apcb == .none)
        #expect(monitor.changes == 0)
        #expect(["matrix", "guest_matrix", "control_domains"].map { it.a($0) } == texts)
        #expect(it.defects() == [])
        #expect(try it.zeroized { try it.detach() } == [], "without a guest nothing happens")
        it.a("unassign_domain", "4")
        #expect(guest.apcb == .none)
        try it.attach(guest)
        #expect(guest.apcb.adapters == APMask([5]))
        #expect(it.defects() == [])
    }

    @Test func aQueueIsInUseWhileAGuestHasIt() throws {
        #expect(it.status("05.0004") == "assigned")
        #expect(it.status("05.0047") == "unassigned")
        #expect(it.status("06.00ab") == "assigned")
        try it.attach(guest)
        #expect(it.status("05.0004") == "in use")
        #expect(it.status("05.0047") == "unassigned")
        #expect(it.status("06.00ab") == "assigned")
        it.unbind("05.0004")
        it.assign(domains: ["0x47"])
        #expect(it.status("05.0004") == "ENOENT")
        #expect(it.status("05.0047") == "assigned", "the adapter was filtered out")
        it.bind("05.0004")
        #expect(it.status("05.0004") == "in use")
        #expect(it.status("05.0047") == "in use")
        try it.detach()
        #expect(it.status("05.0004") == "assigned")
        #expect(it.defects() == [])
    }

    // MARK: - Being asked for a device

    /// 7.2 takes the queues at once, and the texts do not tell; 6.12 only asks; 6.1 does not even that.
    @Test(arguments: [(KernelRelease.v6_1, 0, 0, "05.0004 | 4"), (.v6_12, 1, 0, "05.0004 | 4"), (.v7_2, 1, 1, "")])
    func whoIsAskedLosesItsQueues(release: KernelRelease, requests: Int, changes: Int, runsWith: String) throws {
        let it = try Self.host(release)
        try it.attach(guest)
        let mdev = try it.mdev()
        withNoLocksHeld { held in mdev.request(0, after: held) }
        #expect(monitor.requests == requests)
        #expect(monitor.changes == changes)
        #expect(guest.runsWith == runsWith)
        #expect(it.a("guest_matrix") == "05.0004")
        #expect(it.status("05.0004") == "in use")
    }

    @Test(arguments: [
        (true, [0, 1, 9, 10, 11, 20], ["Relaying device request to user (#0)", "… (#10)", "… (#20)"]),
        (false, [0, 1, 10], ["No device request registered, blocked until released by user"]),
    ])
    func everyTenthRequestIsLogged(listens: Bool, counts: [Int], messages: [String]) throws {
        try it.attach(Guest(name: "one", events: Monitor(listens: listens)))
        let mdev = try it.mdev()
        let log = it.kernel.log { withNoLocksHeld { held in for count in counts { mdev.request(count, after: held) } } }
        #expect(
            log == messages.map { "vfio_ap_mdev \(MatrixHost.a): " + $0.replacing("…", with: "Relaying device request to user") })
    }

    @Test func withoutAGuestNobodyIsAsked() throws {
        let mdev = try it.mdev()
        #expect(it.kernel.log { withNoLocksHeld { held in mdev.request(0, after: held) } } == [])
    }

    // MARK: - PQAP

    private func pqap(_ queue: String, _ request: InterruptRequest = .enable(indicator: 0x1000)) throws -> ResponseCode {
        let apqn = try #require(APQN(queue))
        return withNoLocksHeld { held in guest.pqap(apqn, request, after: held) }.responseCode
    }

    @Test func interruptsAreOnceOnAndOnceOff() throws {
        try it.attach(guest)
        #expect(try pqap("05.0004", .enable(indicator: 0)) == .invalidAddress)
        #expect(try pqap("05.0004") == .normal)
        #expect(try pqap("05.0004") == .otherwiseChanged)
        #expect(it.machine.tapq(APQN(adapter: AdapterID(5), domain: DomainID(4))).0.interruptsEnabled)
        #expect(try pqap("05.0004", .disable) == .normal)
        #expect(try pqap("05.0004", .disable) == .otherwiseChanged)
    }

    @Test func queuesThatAreNotTheGuestsAnswer01() throws {
        #expect(try pqap("05.0004") == .queueNotAvailable, "not attached")
        try it.attach(guest)
        for queue in ["05.0047", "06.00ab", "09.0004", "03.0004"] { #expect(try pqap(queue) == .queueNotAvailable, "\(queue)") }
        it.unbind("05.0004")
        #expect(try pqap("05.0004") == .queueNotAvailable)
        it.bind("05.0004")
        #expect(try pqap("05.0004") == .normal)
        try it.detach()
        #expect(try pqap("05.0004") == .queueNotAvailable)
    }

    @Test func disablingIsTriedSixTimesWhileTheQueueResets() throws {
        try it.attach(guest)
        let apqn = APQN(adapter: AdapterID(5), domain: DomainID(4))
        try it.machine.execute("queue 05.0004 reset-busy=255")
        _ = it.machine.zapq(apqn)
        let (start, lines) = (it.clock.now, it.machine.journal.count)
        #expect(try pqap("05.0004", .disable) == .resetInProgress)
        #expect(it.clock.now - start == .milliseconds(100))
        #expect(it.machine.journal.count - lines == 6)
        #expect(try pqap("05.0004") == .resetInProgress)
        #expect(it.machine.journal.count - lines == 13, "enabling once, and then as before")
    }

    /// Who may not have interrupts is told each time; that they could not be turned off, once.
    @Test func interruptsThatCannotBeHadAreTold() throws {
        try it.attach(guest)
        try it.machine.execute("queue 05.0004 reset-busy=255")
        _ = it.machine.zapq(APQN(adapter: AdapterID(5), domain: DomainID(4)))
        let refused = "vfio_ap_irq_enable: apqn 0504: response: 02"
        var answers: [ResponseCode] = []
        let log = try it.kernel.log { for _ in 0..<2 { answers.append(try pqap("05.0004")) } }
        #expect(answers == [.resetInProgress, .resetInProgress])
        #expect(log == [refused, "vfio_ap_irq_disable: ap_aqic status 2", refused])
    }
}
