import DriverCore
import Kernels
import Machine
import Testing

/// Modules that come and go: docs/kernel/boot.md, "Modules".
@Suite struct ModuleTests {
    private static let modules = "\(Host.control)/modules"

    private func host(_ modules: [String]?, _ release: KernelRelease = .v7_2) throws -> Host {
        var machine = MachineDescription.default
        machine.boot.modules = modules
        return try Host(machine, release: release)
    }

    @Test(arguments: KernelRelease.allCases) func withoutModulesCardsAndQueuesHaveNoDriver(_ release: KernelRelease) throws {
        let host = try host([], release)
        #expect(host.read(Self.modules) == "")
        #expect(host.read("bus/ap/bindings") == "0/16\n")
        for path in [
            "bus/ap/drivers/cex4queue/uevent", "class/zcrypt/create", "bus/mdev/drivers_probe", "devices/ap/card05/type",
        ] {
            #expect(host.read(path) == "ENOENT", "\(path)")
        }
    }

    @Test(arguments: [
        (["vfio_ap"], ["iommufd", "kvm", "mdev", "vfio", "vfio_ap"]), (["zcrypt_cex4"], ["zcrypt", "zcrypt_cex4"]),
        (["mdev"], ["mdev"]),
    ]) func aModuleBringsThoseThatItNeeds(_ chosen: [String], _ loaded: [String]) throws {
        #expect(try host(chosen).read(Self.modules) == loaded.map { $0 + "\n" }.joined())
    }

    @Test(arguments: KernelRelease.allCases) func queuesOfAModuleThatComesLaterAreBoundThen(_ release: KernelRelease) throws {
        let host = try host(["vfio_ap"], release)
        #expect(host.read("bus/ap/bindings") == "0/16\n")
        #expect(host.write("load zcrypt_cex4", to: Self.modules) == "ok")
        #expect(host.read("bus/ap/bindings") == "16/16 (complete)\n")
        #expect(host.read("devices/ap/card05/type") == "CEX8C\n")
        host.clock.advance(by: .seconds(1))
        #expect(host.read("devices/ap/card05/05.0004/interrupt") == "Interrupts enabled.\n")
    }

    @Test(arguments: KernelRelease.allCases) func theHostsDriversComeAndGo(_ release: KernelRelease) throws {
        let host = try host(nil, release)
        #expect(host.write("unload zcrypt_cex4", to: Self.modules) == "ok")
        #expect(host.read("bus/ap/bindings") == "0/16\n")
        #expect(host.read("devices/ap/card05/type") == "ENOENT")
        #expect(host.read("module/zcrypt_cex4/refcnt") == "ENOENT")
        #expect(host.write("node", to: "class/zcrypt/create") == "ok")
        #expect(host.write("unload zcrypt", to: Self.modules) == "ok")
        for path in [
            "class/zcrypt/create", "class/misc/z90crypt/dev", "devices/virtual/zcrypt/node/apmask", "module/zcrypt/refcnt",
        ] {
            #expect(host.read(path) == "ENOENT", "\(path)")
        }
        let events = host.read("\(Host.control)/uevents").split(separator: "\n").compactMap { $0.split(separator: " ").first }
        #expect(
            events.suffix(7).map(String.init) == [
                "remove@/bus/ap/drivers/cex4card", "remove@/module/zcrypt_cex4", "add@/devices/virtual/zcrypt/node",
                "remove@/devices/virtual/zcrypt/node", "remove@/class/zcrypt", "remove@/devices/virtual/misc/z90crypt",
                "remove@/module/zcrypt",
            ])
        #expect(host.write("load zcrypt_cex4", to: Self.modules) == "ok")
        #expect(host.read("bus/ap/bindings") == "16/16 (complete)\n")
    }

    @Test func theMediatedDeviceCoreComesAndGoes() throws {
        let host = try host(nil)
        for module in ["mdev", "vfio", "kvm", "iommufd"] {
            #expect(host.write("unload \(module)", to: Self.modules) == "EAGAIN", "\(module)")
        }
        for module in ["vfio_ap", "mdev", "vfio_iommu_type1", "vfio", "iommufd", "kvm"] {
            #expect(host.write("unload \(module)", to: Self.modules) == "ok", "\(module)")
        }
        #expect(host.read(Self.modules) == "zcrypt\nzcrypt_cex4\n")
        for path in ["bus/mdev/drivers_probe", "class/misc/vfio/dev", "class/misc/kvm/dev", "class/misc/iommu/dev"] {
            #expect(host.read(path) == "ENOENT", "\(path)")
        }
        #expect(host.write("unload mdev", to: Self.modules) == "ENOENT")
        #expect(host.write("load vfio_ap", to: Self.modules) == "ok")
        #expect(host.write(Host.uuid, to: "\(Host.matrix)/mdev_supported_types/vfio_ap-passthrough/create") == "ok")
        #expect(host.read("module/mdev/holders/vfio_ap/initstate") == "live\n")
        #expect(host.read("module/iommufd/holders/vfio/initstate") == "live\n")
    }

    @Test func linux61HasNoIommufd() throws {
        let host = try host(nil, .v6_1)
        #expect(!host.read(Self.modules).contains("iommufd"))
        #expect(host.write("load iommufd", to: Self.modules) == "ENOENT")
        #expect(host.complaint.contains("there is no module 'iommufd'"))
    }
}

/// Changes that Linux is told of: docs/kernel/boot.md, "Notified changes".
@Suite struct NotificationTests {
    private func host(notified: Bool) throws -> Host {
        var machine = MachineDescription.default
        machine.notification = notified
        return try Host(machine)
    }

    @Test(arguments: [
        ("adapter 05 unplug", "devices/ap/card05/config", "ENOENT"), ("adapter 05 config=0", "devices/ap/card05/config", "0\n"),
        ("adapter 07 type=CEX8C", "devices/ap/card07/config", "1\n"),
        ("domain 48 both", "devices/ap/card05/05.0048/config", "1\n"),
        ("domain 47 none", "devices/ap/card05/05.0047/config", "ENOENT"),
    ]) func aChangeThatIsNotifiedIsSeenAtOnce(_ command: String, _ path: String, _ text: String) throws {
        let (told, untold) = (try host(notified: true), try host(notified: false))
        let before = untold.read(path)
        for host in [told, untold] { #expect(host.write(command, to: "\(Host.control)/machine") == "ok") }
        #expect(told.read(path) == text)
        #expect(untold.read(path) == before && before != text)
    }

    @Test(arguments: ["adapter 05 chkstop=1", "queue 05.0047 reset-busy=3", "maxima 254 255"])
    func whatIsNoChangeOfTheConfigurationIsNotNotified(_ command: String) throws {
        let host = try host(notified: true)
        let scans = host.read("bus/ap/scans")
        #expect(host.write(command, to: "\(Host.control)/machine") == "ok")
        #expect(host.read("bus/ap/scans") == scans)
    }

    @Test func whatLinuxConfiguresItselfIsNotNotified() throws {
        let host = try host(notified: true)
        let scans = host.read("bus/ap/scans")
        #expect(host.write("0", to: "devices/ap/card05/config") == "ok")
        #expect(host.read("bus/ap/scans") == scans)
        #expect(host.read("devices/ap/card05/05.0004/config") == "1\n")
    }
}
