import DriverCore
import KernelTesting
import KVM
import LockOrder
import Mdev
import Sysfs
import SystemAdditions
import SystemPackage
import Testing
import Waiting
@testable import VFIOAP

/// The module, its devices, and how they end: docs/kernel/mediated-devices.md, "Remove", "Removal under a guest", "The module".
@Suite(.bounded) struct ModuleTests {
    private let it: MatrixHost

    init() throws {
        it = try MatrixHost()
    }

    private func unload() throws(Errno) {
        try withNoLocksHeld { (held) throws(Errno) in try it.module.unload(after: held) }
    }

    @Test func aLoadedModuleHasItsDevicesAndDrivers() {
        #expect(it.kernel.names("devices/vfio_ap/matrix").contains("mdev_supported_types"))
        #expect(it.kernel.read("devices/vfio_ap/matrix/features") == "guest_matrix hotplug ap_config\n")
        #expect(it.kernel.names("bus/ap/drivers") == ["cex4card", "cex4queue", "vfio_ap"])
        #expect(it.kernel.names("bus/matrix/drivers/vfio_ap") == ["matrix", "uevent"], "not to be bound by hand")
        #expect(it.kernel.read("\(MatrixHost.type)/device_api") == "vfio-ap\n")
        #expect(it.kernel.read("\(MatrixHost.type)/available_instances") == "65534\n")
    }

    @Test func aNewDeviceIsEmptyAndARemovedOneOwnsNothing() throws {
        #expect(["matrix", "guest_matrix", "control_domains"].map { it.a($0) } == ["", "", ""])
        it.assign(adapters: ["5"], domains: ["4"])
        let uuid = try #require(MdevUUID(MatrixHost.a))
        #expect(it.zeroized { it.a("remove", "1") } == ["05.0004"])
        #expect(it.status("05.0004") == "unassigned")
        #expect(it.module.mdev(uuid) == nil)
        #expect(it.b("assign_adapter", "5") == "ok")
        #expect(it.b("assign_domain", "4") == "ok")
        #expect(it.defects() == [])
    }

    @Test func aDeviceThatLosesItsDriverLosesItsMatrix() {
        it.assign(adapters: ["5"], domains: ["4"])
        #expect(it.kernel.write("bus/mdev/drivers/vfio_ap_mdev/unbind", MatrixHost.a) == "ok")
        #expect(it.a("matrix") == "ENOENT")
        #expect(it.status("05.0004") == "unassigned")
        #expect(it.defects() == [])
        #expect(it.kernel.write("bus/mdev/drivers/vfio_ap_mdev/bind", MatrixHost.a) == "ENODEV")
        #expect(it.a("remove", "1") == "ok")
        #expect(it.kernel.read("\(MatrixHost.type)/available_instances") == "65535\n")
    }

    /// The guest lets go when it is asked for the second time.
    @Test func aRemovalWaitsForTheGuestAndUntilThenEverythingIsAsItWas() throws {
        it.assign(adapters: ["5"], domains: ["4"])
        let monitor = LettingGo(it)
        let guest = Guest(name: "one", events: monitor)
        try it.mdev().vfio.open()
        try it.attach(guest)
        #expect(it.a("remove", "1") == "ok")
        #expect(monitor.seen.withLock { $0 } == ["in use EADDRINUSE", "in use EADDRINUSE"])
        #expect(it.clock.now >= .seconds(10))
        #expect(!it.kernel.exists("devices/vfio_ap/matrix/\(MatrixHost.a)"))
        #expect(guest.apcb == .none)
        #expect(it.status("05.0004") == "unassigned")
        #expect(it.defects() == [])
    }

    @Test func aModuleThatIsUsedStays() throws {
        try it.module.module.get()
        #expect(throws: Errno.EAGAIN) { try unload() }
        #expect(it.kernel.exists("devices/vfio_ap/matrix/\(MatrixHost.a)"))
        #expect(it.driver("05.0004") == "vfio_ap")
        it.module.module.put()
        #expect(throws: Never.self) { try unload() }
    }

    @Test func unloadingTakesEverythingAndLeavesTheQueuesToNobody() throws {
        it.assign(adapters: ["5"], domains: ["4"])
        let sent = try it.kernel.uevents { try unload() }
        let order = [
            "remove@/devices/vfio_ap/matrix/\(MatrixHost.a)", "remove@/devices/vfio_ap/matrix/\(MatrixHost.b)",
            "change@/devices/vfio_ap/matrix", "remove@/bus/mdev/drivers/vfio_ap_mdev", "unbind@/devices/ap/card06/06.00ff",
            "unbind@/devices/ap/card05/05.0004", "remove@/bus/ap/drivers/vfio_ap", "remove@/bus/matrix/drivers/vfio_ap",
            "remove@/devices/vfio_ap/matrix", "remove@/bus/matrix", "remove@/module/vfio_ap",
        ]
        #expect(sent.filter(Set(order).contains) == order)
        #expect(!it.kernel.exists("devices/vfio_ap"))
        #expect(!it.kernel.exists("bus/matrix"))
        #expect(!it.kernel.exists("module/vfio_ap"))
        #expect(it.driver("05.0004") == nil)
        #expect(it.driver("03.0004") == "cex4queue")
        #expect(it.kernel.read("bus/ap/bindings") == "8/16\n")
    }
}

/// A guest that looks around when it is asked for its device, and lets go the second time.
private final class LettingGo: GuestEvents {
    let seen = Leaf<[String]>("seen", [])
    private unowned let it: MatrixHost

    init(_ it: MatrixHost) {
        self.it = it
    }

    func configurationChanged() {}

    func releaseRequested(_ device: String) -> Bool {
        // asked with locks held: what is to be done is done by the clock
        _ = it.kernel.schedule(after: .zero) { [seen, it] _ in
            let status = it.status("05.0004")
            it.b("assign_adapter", "5")
            let answer = it.b("assign_domain", "4")
            let times = seen.withLock { seen in
                seen.append("\(status) \(answer)")
                return seen.count
            }
            guard times == 2, let mdev = try? it.mdev() else { return }
            withNoLocksHeld { held in mdev.unsetKVM(after: held) }
            mdev.vfio.close()
        }
        return true
    }
}

extension MatrixHost {
    fileprivate func driver(_ queue: String) -> String? {
        let target = kernel.target("devices/ap/card\(queue.prefix(2))/\(queue)/driver")
        return target == "ENOENT" ? nil : target.split(separator: "/").last.map(String.init)
    }
}
