@testable import DriverCore
import KernelTesting
import Kernels
import LockOrder
import Sysfs
import SystemAdditions
import SystemPackage
import Testing

/// What the drivers of a kernel share: modules, virtual devices, ledgers.
@Suite struct KernelTests {
    private let kernel = Kernel(release: .v7_2, clock: VirtualClock())

    @Test func aModuleCountsItsUsers() throws {
        let module = try Module(loading: "vfio_ap", kernel: kernel)
        #expect(kernel.read("module/vfio_ap/refcnt") == "0\n")
        try module.get()
        try module.get()
        #expect(module.referenceCount == 2)
        #expect(kernel.read("module/vfio_ap/refcnt") == "2\n")
        module.put()
        #expect(kernel.read("module/vfio_ap/refcnt") == "1\n")
        module.put()
        try module.beginUnload()
        #expect(throws: Errno.ENODEV, "it goes") { try module.get() }
        #expect(kernel.read("module/vfio_ap/refcnt") == "-1\n")
        #expect(kernel.read("module/vfio_ap/initstate") == "going\n")
    }

    @Test func aModuleThatUsesAnotherIsAmongItsHolders() throws {
        let (used, user) = try (Module(loading: "mdev", kernel: kernel), Module(loading: "vfio_ap", kernel: kernel))
        user.hold(used)
        #expect(kernel.target("module/mdev/holders/vfio_ap") == "../../vfio_ap")
        #expect(kernel.read("module/mdev/refcnt") == "1\n")
        #expect(throws: Errno.EAGAIN) { try used.beginUnload() }
        user.release(used)
        #expect(kernel.read("module/mdev/refcnt") == "0\n")
        #expect(kernel.names("module/mdev/holders") == [])
    }

    @Test func aModuleHasTheFilesOfOneThatIsLoadedAndGoesWithThem() throws {
        let sent = try kernel.uevents {
            let module = try Module(loading: "mdev", kernel: kernel)
            module.beginLoading()
            #expect(
                kernel.names("module/mdev") == [
                    "coresize", "holders", "initsize", "initstate", "notes", "refcnt", "sections", "srcversion", "taint",
                    "uevent",
                    "version",
                ])
            #expect(kernel.read("module/mdev/version") == "0.1\n")
            #expect(kernel.read("module/mdev/initstate") == "coming\n")
            module.announce()
            #expect(kernel.read("module/mdev/initstate") == "live\n")
            module.unload()
        }
        #expect(sent == ["add@/module/mdev", "remove@/module/mdev"])
        #expect(!kernel.exists("module/mdev"))
    }

    @Test func codeThatIsBuiltInHasNoCount() throws {
        _ = try Module(builtIn: "ap", kernel: kernel)
        #expect(kernel.names("module/ap") == ["uevent"])
    }

    @Test func theDirectoryOfAClassLivesAsLongAsItsDevices() throws {
        let first = try kernel.makeVirtualDevice("0", class: "vfio", identity: DeviceIdentity())
        let second = try kernel.makeVirtualDevice("1", class: "vfio", identity: DeviceIdentity())
        #expect(throws: Errno.EEXIST) { try kernel.makeVirtualDevice("1", class: "vfio", identity: DeviceIdentity()) }
        #expect(kernel.target("devices/virtual/vfio/0/subsystem") == "../../../../class/vfio")
        kernel.removeVirtualDevice(first)
        #expect(kernel.names("devices/virtual/vfio") == ["1"])
        kernel.removeVirtualDevice(second)
        #expect(!kernel.exists("devices/virtual/vfio"))
        _ = try kernel.makeVirtualDevice("0", class: "vfio", identity: DeviceIdentity())
        #expect(kernel.exists("devices/virtual/vfio/0"))
    }

    /// Who still works on a tree that has been taken apart is told so.
    @Test func nothingIsMadeInATreeThatHasBeenTakenApart() throws {
        let device = try kernel.makeVirtualDevice("0", class: "vfio", identity: DeviceIdentity())
        let bus = try Bus<Box>("box", kernel: kernel)
        kernel.tree.root.remove()
        #expect(throws: Errno.ENODEV) { try kernel.directory("class", "vfio") }
        #expect(throws: Errno.ENODEV) { try kernel.makeVirtualDevice("1", class: "vfio", identity: DeviceIdentity()) }
        #expect(throws: Errno.ENODEV) { try Module(loading: "mdev", kernel: kernel) }
        #expect(throws: Errno.ENODEV) { try Module(builtIn: "ap", kernel: kernel) }
        #expect(throws: Errno.ENODEV) { try Bus<Box>("shelf", kernel: kernel) }
        withNoLocksHeld { held in
            bus.register(
                BoxDriver(
                    name: "driver", wanting: nil, error: nil, mayHave: true, bindsByHand: true, module: nil,
                    diary: Leaf("diary", [])),
                after: held)
        }
        kernel.removeVirtualDevice(device)
        kernel.removeLink("vfio", from: "class")
    }

    @Test func theLogIsLines() {
        kernel.log.print("one")
        kernel.log.print("two")
        #expect(kernel.log.bytes == Array("one\ntwo\n".utf8))
        #expect(kernel.log.size == 8)
    }
}
