import AdjunctProcessor
import DriverCore
import KernelTesting
import LockOrder
import Machine
import Sysfs
import SystemPackage
import Testing
import Waiting
@testable import VFIOAP

/// What may be assigned, and in which order it is refused: docs/kernel/vfio-ap.md, "Assigning".
@Suite(.bounded) struct AssignTests {
    private let it: MatrixHost

    init() throws {
        it = try MatrixHost()
    }

    @Test(arguments: ["assign", "unassign"].flatMap { verb in ["adapter", "domain", "control_domain"].map { "\(verb)_\($0)" } })
    func aNumberIsParsedAndThenComparedWithTheLargest(file: String) throws {
        var description = MachineDescription.default
        description.adapters = [:]
        description.usageDomains = .none
        description.controlDomains = .none
        (description.maxAdapter, description.maxDomain) = (20, 20)
        let it = try MatrixHost(description)
        for (text, answer) in [
            ("20", "ok"), ("0x14\n", "ok"), ("024", "ok"), ("+20", "ok"), ("21", "ENODEV"), ("256", "ENODEV"), ("-1", "EINVAL"),
            ("", "ok"),
            ("x", "EINVAL"), ("20 ", "EINVAL"), ("0x100000000000000000", "ERANGE"), ("18446744073709551615", "ENODEV"),
        ] {
            #expect(it.a(file, text) == answer, "\(text)")
        }
    }

    @Test func withoutAPXATheLargestAre63And15() throws {
        var description = MachineDescription.default
        description.features?.remove(.apxa)
        let it = try MatrixHost(description)
        #expect(it.a("assign_adapter", "63") == "ok")
        #expect(it.a("assign_adapter", "64") == "ENODEV")
        #expect(it.a("assign_control_domain", "15") == "ok")
        #expect(it.a("assign_control_domain", "16") == "ENODEV")
    }

    @Test func whatTheHostDoesNotHaveMayBeAssigned() {
        it.assign(adapters: ["5", "0x77"], controlDomains: ["0x99"])
        #expect(it.a("matrix") == "05. 77.")
        #expect(it.a("guest_matrix") == "05.")
        #expect(it.a("control_domains") == "0099")
    }

    @Test func whatIsAssignedAlreadyOrNotAssignedIsLeftAlone() {
        it.assign(adapters: ["5"], domains: ["4"])
        for file in ["assign_adapter", "unassign_adapter"] { #expect(it.a(file, file.hasPrefix("un") ? "9" : "5") == "ok") }
        for file in ["assign_domain", "unassign_domain"] { #expect(it.a(file, file.hasPrefix("un") ? "9" : "4") == "ok") }
        #expect(it.a("matrix") == "05.0004")
        #expect(it.defects() == [])
    }

    /// No order of writes gives a device a queue that both masks have.
    @Test func aQueueOfTheHostsIsNotAvailable() {
        #expect(it.a("assign_adapter", "3") == "ok")
        #expect(it.a("assign_domain", "4") == "EADDRNOTAVAIL")
        #expect(it.a("matrix") == "03.")
        #expect(it.a("unassign_adapter", "3") == "ok")
        #expect(it.a("assign_domain", "4") == "ok")
        #expect(it.a("assign_adapter", "5") == "ok")
        #expect(it.a("assign_adapter", "0x77") == "EADDRNOTAVAIL", "also where there is no such adapter")
        #expect(it.a("matrix") == "05.0004")
        #expect(it.a("guest_matrix") == "05.0004")
    }

    @Test func whatIsAssignedCannotBecomeTheHosts() {
        it.assign(adapters: ["5"], domains: ["4", "0x47"])
        let log = it.kernel.log { #expect(it.kernel.write("bus/ap/apmask", "+5") == "EBUSY") }
        #expect(
            log
                == ["05.0004", "05.0047"].map {
                    "vfio_ap_mdev \(MatrixHost.a): Can not reserve queue \($0) for host driver: in use by mdev"
                })
        #expect(it.kernel.write("bus/ap/apmask", "+6") == "ok")
        #expect(it.kernel.write("bus/ap/aqmask", "-4") == "ok")
    }

    @Test func aQueueHasOneOwner() {
        it.assign(adapters: ["5"], domains: ["4", "0x47"])
        #expect(it.b("assign_adapter", "5") == "ok")
        let log = it.kernel.log { #expect(it.b("assign_domain", "0x47") == "EADDRINUSE") }
        #expect(
            log == [
                "vfio_ap_mdev \(MatrixHost.b): Userspace may not assign queue 05.0047 to mdev: already assigned to \(MatrixHost.a)"
            ])
        #expect(it.b("assign_domain", "0xab") == "ok")
        #expect(it.b("assign_control_domain", "4") == "ok")
        #expect(it.defects() == [])
        #expect(it.a("assign_control_domain", "4") == "ok", "control domains are shared")
        #expect(it.a("unassign_domain", "0x47") == "ok")
        #expect(it.b("assign_domain", "0x47") == "ok")
        #expect(it.defects() == [])
    }

    /// Only what is assigned counts, not what a guest gets of it.
    @Test func aQueueThatNobodyCanUseHasAnOwnerToo() throws {
        try it.machine.execute("queue 05.0004 absent=1")
        it.kernel.write("bus/ap/scans", "1")
        it.assign(adapters: ["5"], domains: ["4"])
        #expect(it.a("guest_matrix") == ".0004")
        #expect(it.b("assign_adapter", "5") == "ok")
        #expect(it.b("assign_domain", "4") == "EADDRINUSE")
    }

    @Test func theHostsQueuesAreFoundBeforeAnothersAreAndTheLimitAfterBoth() throws {
        it.assign(adapters: ["5"], domains: ["4"])
        it.b("assign_domain", "4")
        #expect(it.b("ap_config", "0x14,0x08,0") == "EADDRNOTAVAIL", "adapter 3 is the host's, 05.0004 is A's")
        #expect(it.b("ap_config", "0x04,0x08,0") == "EADDRINUSE")
        var description = MachineDescription.default
        description.adapters = [:]
        description.usageDomains = .none
        description.controlDomains = .none
        (description.maxAdapter, description.maxDomain) = (7, 7)
        let small = try MatrixHost(description)
        #expect(small.a("ap_config", "0x04,0x08,0") == "ok")
        #expect(small.b("ap_config", "0x04,0x08,0x008") == "EADDRINUSE")
        #expect(small.b("ap_config", "0x02,0x08,0x008") == "ENODEV")
        #expect(small.b("ap_config", "0x02,0x08,0x1") == "ok")
    }

    @Test func aRefusedChangeChangesNothing() {
        it.assign(adapters: ["5"], domains: ["4"], controlDomains: ["4"])
        let before = ["matrix", "guest_matrix", "control_domains", "ap_config"].map { it.a($0) }
        for text in ["0x1,0x08,0", "zz,0,0", "0x04,0x08", "+5,0x08,0"] { #expect(it.a("ap_config", text) != "ok") }
        for (file, text) in [("assign_adapter", "3"), ("assign_adapter", "300"), ("unassign_domain", "x")] {
            #expect(it.a(file, text) != "ok")
        }
        #expect(["matrix", "guest_matrix", "control_domains", "ap_config"].map { it.a($0) } == before)
        #expect(it.defects() == [])
    }

    @Test func withAnOverrideAQueueIsItsDrivers() throws {
        let it = try MatrixHost(apmask: "+5")
        it.assign(adapters: ["5"])
        #expect(it.a("assign_domain", "4") == "EADDRNOTAVAIL")
        it.kernel.write("devices/ap/card05/05.0004/driver_override", "vfio_ap")
        #expect(it.a("assign_domain", "4") == "EADDRNOTAVAIL", "cex4queue still has it")
        it.kernel.write("bus/ap/drivers/cex4queue/unbind", "05.0004")
        it.kernel.write("bus/ap/drivers_probe", "05.0004")
        #expect(it.a("assign_domain", "4") == "ok")
        #expect(it.a("assign_domain", "0x47") == "EADDRNOTAVAIL")
        #expect(it.a("guest_matrix") == "05.0004")
    }

    // MARK: - What is read without a lock

    /// What another thread reads of `ap_config` at the first look at the queue, while `body` waits for its reset.
    private func configDuring(_ body: () -> String) throws -> String? {
        let (it, seen) = (it, Leaf<String?>("seen", nil))
        it.clock.atSleep.withLock {
            $0 = { _ in
                let isFirst = seen.withLock { $0 == nil }
                guard isFirst else { return }
                let text = waiting(for: "ap_config is read while queues are reset") { it.a("ap_config") }
                seen.withLock { $0 = text }
            }
        }
        try it.machine.execute("queue 05.0004 reset-busy=1")
        #expect(body() == "ok")
        it.clock.atSleep.withLock { $0 = nil }
        return seen.withLock { $0 }
    }

    private static func config(_ masks: String...) -> String {
        masks.map { "0x" + $0.padding(64) }.joined(separator: ",")
    }

    @Test func apConfigIsTheOldOneWhileItsOwnWriteWaitsForAReset() throws {
        let (old, new) = (Self.config("06", "0800", "08"), Self.config("02", "0000", "00008"))
        #expect(it.a("ap_config", old) == "ok")
        #expect(try configDuring { it.a("ap_config", new) } == old)
        #expect(it.a("ap_config") == new)
        #expect(it.defects() == [])
    }

    @Test func apConfigIsTheNewOneWhileAnUnassignmentWaitsForAReset() throws {
        #expect(it.a("ap_config", Self.config("06", "08", "00")) == "ok")
        #expect(try configDuring { it.a("unassign_domain", "4") } == Self.config("06", "00", "00"))
    }
}

extension String {
    /// With zeros behind it, so many characters in all.
    fileprivate func padding(_ length: Int) -> String { self + String(repeating: "0", count: length - count) }
}
