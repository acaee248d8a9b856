import DriverCore
import KernelTesting
import Kernels
import LockOrder
@testable import Mdev
import Sysfs
import SystemAdditions
import SystemPackage
import Testing
import Waiting

/// How a mediated device goes: docs/kernel/mediated-devices.md, "Remove", "Removal under a guest".
@Suite(.bounded) struct RemoveTests {
    private let it: Workshop
    private let path = "devices/shop/\(Workshop.uuid)"

    init() throws {
        it = try Workshop()
        it.create()
    }

    private func tool(in it: Workshop) throws -> Tool {
        let uuid = try #require(MdevUUID(Workshop.uuid))
        return try #require(it.driver.tools.withLock { $0[uuid] })
    }

    @Test(arguments: [
        ("0", "ok", true), ("0\n", "ok", true), ("1", "ok", false), ("2\n", "ok", false), ("0x10", "ok", false),
        ("x", "EINVAL", true),
        ("-1", "EINVAL", true), ("", "ok", true), ("1 ", "EINVAL", true), ("18446744073709551616", "EINVAL", true),
    ])
    func everyNumberButZeroRemoves(text: String, answer: String, remains: Bool) {
        #expect(it.kernel.write("\(path)/remove", text) == answer)
        #expect(it.kernel.exists(path) == remains)
        #expect(it.kernel.exists("\(path)/remove") == remains)
        #expect(it.instances == (remains ? "1\n" : "2\n"))
    }

    @Test func itIsToldInTheOrderInWhichItGoesAndTheUUIDIsFree() {
        let sent = it.kernel.uevents { #expect(it.remove() == "ok") }
        #expect(
            sent == [
                "remove@/\(path)/vfio-dev/vfio0", "remove@/devices/virtual/vfio/0", "unbind@/\(path)", "remove@/\(path)",
            ])
        #expect(it.kernel.names("bus/mdev/devices") == [])
        #expect(it.kernel.names("\(Workshop.type)/devices") == [])
        #expect(it.kernel.names("kernel/iommu_groups") == [])
        #expect(it.kernel.names("class/vfio") == [])
        #expect(it.remove() == "ENOENT")
        #expect(it.create() == "ok")
    }

    @Test func whatIsNotCompleteOrIsGoingCannotBeRemoved() throws {
        let mdev = try #require(it.core.bus.device(named: Workshop.uuid))
        #expect(mdev.deactivate())
        #expect(!mdev.deactivate())
        #expect(it.remove() == "EAGAIN")
        // the file has removed itself before it looked
        #expect(it.kernel.exists(path))
        #expect(it.remove() == "ENOENT")
        it.unregister()
        #expect(!it.kernel.exists(path))
    }

    // MARK: - Its user

    @Test func aDeviceHasOneUserAndNoneWhenItIsGone() throws {
        let device = try tool(in: it).device
        try device.open()
        #expect(device.isOpen)
        #expect(throws: Errno.EBUSY) { try device.open() }
        device.close()
        try device.open()
        device.close()
        it.remove()
        #expect(throws: Errno.ENODEV) { try device.open() }
    }

    @Test(arguments: KernelRelease.allCases, [0, 3])
    func aRemovalWaitsForTheUserAndAsksAtOnceAndThenEveryTenSeconds(release: KernelRelease, patience: Int) throws {
        let it = try Workshop(release: release)
        it.create()
        let tool = try tool(in: it)
        tool.patience.withLock { $0 = patience }
        try tool.device.open()
        #expect(it.remove() == "ok")
        #expect(tool.requests.withLock { $0 } == (0...patience).map { "\($0) at \($0 * 10)" })
        #expect(it.clock.now == .seconds(patience * 10))
        #expect(!it.kernel.exists(path))
        it.clock.advance(by: .seconds(60))
        #expect(tool.requests.withLock { $0.count } == patience + 1, "nobody is asked any more")
    }

    @Test(arguments: KernelRelease.allCases)
    func whileARemovalWaitsEverythingIsStillTaken(release: KernelRelease) throws {
        let it = try Workshop(release: release)
        it.create()
        let (tool, seen) = (try tool(in: it), Leaf<[String]>("seen", []))
        let path = path
        tool.meanwhile.withLock {
            $0 = { [kernel = it.kernel, weak it] in
                guard let it else { return }
                let names = kernel.names(path)
                let second = it.create()
                let instances = it.instances
                seen.withLock { $0 = names + [second, instances] }
            }
        }
        try tool.device.open()
        it.remove()
        let names = release == .v6_1 ? ["iommu_group", "vfio-dev"] : ["iommu_group"]
        #expect(seen.withLock { $0 } == names + ["EEXIST", "1\n"])
        #expect(it.instances == "2\n")
    }

    // MARK: - The parent goes

    @Test func aParentTakesItsDevicesWithIt() {
        it.create(Workshop.other)
        let sent = it.kernel.uevents { it.unregister() }
        #expect(
            sent.filter { $0.hasPrefix("remove@/devices/shop/") && !$0.contains("vfio") } == [
                "remove@/\(path)", "remove@/devices/shop/\(Workshop.other)",
            ])
        #expect(sent.last == "change@/devices/shop")
        #expect(it.kernel.ueventLines.last?.contains("MDEV_STATE=unregistered") == true)
        #expect(it.kernel.names("devices/shop") == ["subsystem", "uevent"])
        #expect(it.kernel.names("class/mdev_bus") == [])
    }

    @Test func aParentThatGoesWaitsForTheUsersToo() throws {
        let tool = try tool(in: it)
        tool.patience.withLock { $0 = 2 }
        try tool.device.open()
        it.unregister()
        #expect(it.clock.now == .seconds(20))
        #expect(!tool.device.isOpen)
        #expect(!it.kernel.exists(path))
    }

    @Test func ofAParentThatHasGoneNothingIsMadeOrRemoved() throws {
        let mdev = try #require(it.core.bus.device(named: Workshop.uuid))
        it.unregister()
        let uuid = try #require(MdevUUID(Workshop.uuid))
        for _ in 0..<3 {
            #expect(throws: Errno.ENODEV) {
                try withNoLocksHeld { (held) throws(Errno) in try it.parent.create(uuid, after: held) }
            }
        }
        #expect(throws: Errno.ENODEV) { try withNoLocksHeld { (held) throws(Errno) in try it.parent.remove(mdev, after: held) } }
        #expect(it.parent.availableInstances == 2)
    }

    // MARK: - Numbers

    /// As while a driver resets queues.
    @Test func theGroupsNumberIsFreeWhileTheDriverWorksAndTheDevicesOnlyWhenItIsDone() {
        let it = it
        it.driver.atWork.withLock {
            $0 = { waiting(for: "another device is made") { it.create(Workshop.other) } }
        }
        #expect(it.remove() == "ok")
        it.driver.atWork.withLock { $0 = nil }
        #expect(it.kernel.names("devices/shop/\(Workshop.other)/vfio-dev") == ["vfio1"])
        #expect(it.kernel.target("devices/shop/\(Workshop.other)/iommu_group") == "../../../kernel/iommu_groups/0")
        #expect(it.create() == "ok")
        #expect(it.kernel.names("\(path)/vfio-dev") == ["vfio0"])
        #expect(it.kernel.target("\(path)/iommu_group") == "../../../kernel/iommu_groups/1")
    }
}
