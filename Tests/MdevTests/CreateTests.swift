import DriverCore
import KernelTesting
import Kernels
import LockOrder
@testable import Mdev
import Sysfs
import SystemAdditions
import SystemPackage
import Testing

/// What a write to `create` does and answers: docs/kernel/mediated-devices.md, "Create", "Binding by hand".
@Suite struct CreateTests {
    private let it: Workshop

    init() throws {
        it = try Workshop()
    }

    @Test func theTypeTellsWhatItIs() {
        #expect(it.kernel.names(Workshop.type) == ["available_instances", "create", "device_api", "devices", "name"])
        #expect(it.kernel.read("\(Workshop.type)/name") == "A Tool\n")
        #expect(it.kernel.read("\(Workshop.type)/device_api") == "vfio-tool\n")
        #expect(it.instances == "2\n")
        #expect(it.kernel.target("class/mdev_bus/shop") == "../../devices/shop")
        #expect(it.kernel.ueventLines.contains { $0.hasPrefix("change@/devices/shop ") && $0.contains("MDEV_STATE=registered") })
    }

    @Test func whenItReturnsTheDeviceIsComplete() {
        #expect(it.create(Workshop.uuid.uppercased() + "\n") == "ok")
        let path = "devices/shop/\(Workshop.uuid)"
        #expect(it.kernel.names(path) == ["driver", "iommu_group", "mdev_type", "remove", "subsystem", "uevent", "vfio-dev"])
        #expect(it.kernel.target("\(path)/mdev_type") == "../mdev_supported_types/shop-tool")
        #expect(it.kernel.target("\(Workshop.type)/devices/\(Workshop.uuid)") == "../../../\(Workshop.uuid)")
        #expect(it.kernel.target("bus/mdev/devices/\(Workshop.uuid)") == "../../../\(path)")
        #expect(it.kernel.target("bus/mdev/drivers/tool/\(Workshop.uuid)") == "../../../../\(path)")
        #expect(it.instances == "1\n")
    }

    @Test func itIsToldInTheOrderInWhichItIsMade() {
        let sent = it.kernel.uevents { it.create() }
        #expect(
            sent == [
                "add@/devices/shop/\(Workshop.uuid)", "add@/devices/virtual/vfio/0",
                "add@/devices/shop/\(Workshop.uuid)/vfio-dev/vfio0", "bind@/devices/shop/\(Workshop.uuid)",
            ])
    }

    @Test func aUUIDIsTakenOnceAndThatIsFoundBeforeThereIsNoRoom() {
        #expect(it.create() == "ok")
        #expect(it.create() == "EEXIST")
        #expect(it.create(Workshop.uuid.uppercased()) == "EEXIST")
        #expect(it.instances == "1\n")
        #expect(it.create(Workshop.other) == "ok")
        #expect(it.instances == "0\n")
        #expect(it.create() == "EEXIST")
        let third = Workshop.uuid.replacing("6", with: "8")
        #expect(it.create(third) == "EUSERS")
        #expect(it.create(third) == "EUSERS")
        #expect(it.remove() == "ok")
        #expect(it.instances == "1\n")
        #expect(it.create(third) == "ok")
    }

    @Test func anotherParentsDeviceHasTheUUIDToo() throws {
        let device = try it.kernel.makeVirtualDevice("shop2", class: "shops", identity: .init())
        let type = MdevType(name: "shop-tool", prettyName: "A Tool", deviceAPI: "vfio-tool", instances: 1)
        _ = try MdevParent(device, type: type, driver: it.driver, core: it.core)
        #expect(it.create() == "ok")
        let second = "devices/virtual/shops/shop2/mdev_supported_types/shop-tool"
        #expect(it.kernel.write("\(second)/create", Workshop.uuid) == "EEXIST")
        #expect(it.kernel.read("\(second)/available_instances") == "1\n")
    }

    @Test(arguments: [Errno.ENOMEM, .ENOSPC, .ENODEV])
    func whatFailsLeavesNothing(error: Errno) {
        it.driver.error.withLock { $0 = error }
        #expect(it.create() != "ok")
        #expect(it.instances == "2\n")
        #expect(!it.kernel.exists("devices/shop/\(Workshop.uuid)"))
        #expect(it.kernel.names("bus/mdev/devices") == [])
        #expect(it.kernel.names("\(Workshop.type)/devices") == [])
        it.driver.error.withLock { $0 = nil }
        #expect(it.create() == "ok")
    }

    @Test func nobodyBindsAMediatedDeviceByHand() {
        it.create()
        #expect(it.kernel.write("bus/mdev/drivers/tool/bind", Workshop.uuid) == "ENODEV")
        #expect(it.kernel.write("bus/mdev/drivers/tool/unbind", Workshop.uuid) == "ok")
        #expect(it.kernel.names("devices/shop/\(Workshop.uuid)") == ["mdev_type", "remove", "subsystem", "uevent"])
        #expect(it.kernel.write("bus/mdev/drivers/tool/bind", Workshop.uuid) == "ENODEV")
        #expect(it.kernel.write("bus/mdev/drivers_probe", Workshop.uuid) == "ok")
        #expect(!it.kernel.exists("devices/shop/\(Workshop.uuid)/driver"))
        #expect(it.instances == "1\n")
        #expect(it.remove() == "ok")
        #expect(it.instances == "2\n")
    }

    @Test func numbersAreTheLowestThatAreFree() {
        it.create()
        it.create(Workshop.other)
        #expect(it.kernel.names("kernel/iommu_groups") == ["0", "1"])
        #expect(it.kernel.names("class/vfio-dev") == ["vfio0", "vfio1"])
        it.remove()
        it.create()
        #expect(it.kernel.target("devices/shop/\(Workshop.uuid)/iommu_group") == "../../../kernel/iommu_groups/0")
        #expect(it.kernel.read("devices/virtual/vfio/0/dev") == "252:0\n")
        #expect(it.kernel.read("devices/shop/\(Workshop.uuid)/vfio-dev/vfio0/dev") == "251:0\n")
        let pool = NumberPool()
        #expect([pool.take(), pool.take(), pool.take()] == [0, 1, 2])
        pool.give(2)
        pool.give(0)
        #expect([pool.take(), pool.take(), pool.take()] == [0, 2, 3])
    }

    @Test func linux61HasNoDeviceNode() throws {
        let it = try Workshop(release: .v6_1)
        it.create()
        #expect(!it.kernel.exists("devices/shop/\(Workshop.uuid)/vfio-dev/vfio0/dev"))
        #expect(it.kernel.ueventLines.contains { $0.contains("vfio-dev/vfio0") && !$0.contains("DEVNAME") })
    }
}
