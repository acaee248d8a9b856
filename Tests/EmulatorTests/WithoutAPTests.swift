import Emulator
import KernelTesting
import Kernels
import Machine
import Testing

/// Linux where there are no AP instructions: docs/kernel/boot.md, "Without AP".
@Suite struct WithoutAPTests {
    private static let modules = "\(Host.control)/modules"
    private static let warning = "ap: The hardware system does not support AP instructions\n"
    private static let unregistered =
        "Driver 'cex4card' was unable to register with bus_type 'ap' because the bus was not initialized.\n"

    private func host(
        _ release: KernelRelease = .v7_2, commandLine: String = "", modules: [String]? = nil
    ) throws -> Host {
        var machine = MachineDescription(apInstructions: false, notification: true)
        machine.boot = .init(commandLine: commandLine, modules: modules)
        return try Host(machine, release: release)
    }

    @Test(arguments: KernelRelease.allCases) func thereIsNoBusAndLinuxSaysSo(_ release: KernelRelease) throws {
        let host = try host(release)
        #expect(host.read("\(Host.control)/log") == Self.warning)
        #expect(host.computer.kernel.names("bus") == ["mdev"])
        #expect(!host.computer.kernel.names("devices").contains("ap"))
        #expect(host.computer.bus == nil)
        #expect(host.computer.inspect() == [])
        #expect(!host.read("\(Host.control)/uevents").contains("/ap"))
        // what has no use for the bus
        #expect(host.read("class/misc/kvm/dev") == "10:232\n")
        #expect(host.read("\(Host.control)/guests") == "")
    }

    @Test(arguments: KernelRelease.allCases) func theParametersAreThoseOfTheBoot(_ release: KernelRelease) throws {
        let host = try host(release, commandLine: "ap.domain=300 ap.apmask=bogus ap.poll_thread=y")
        let parameters = "module/ap/parameters"
        #expect(host.read("\(parameters)/domain") == "300\n", "nobody looks whether it is one")
        #expect(host.read("\(parameters)/apmask") == "bogus\n")
        #expect(host.read("\(parameters)/aqmask") == "(null)\n")
        #expect(
            host.read("\(Host.control)/log")
                == "Booting kernel: `y' invalid for parameter `ap.poll_thread'\n" + Self.warning)
        #expect(try self.host(release).read("\(parameters)/domain") == "-1\n")
    }

    @Test(arguments: KernelRelease.allCases) func zcryptIsThereWithItsNodes(_ release: KernelRelease) throws {
        let host = try host(release)
        #expect(host.read("class/misc/z90crypt/dev").hasPrefix("10:"))
        #expect(host.write("node", to: "class/zcrypt/create") == "ok")
        #expect(host.write("+5", to: "class/zcrypt/node/apmask") == "ok")
        #expect(host.read("class/zcrypt/node/apmask").hasPrefix("0x0400"))
        #expect(host.write("node", to: "class/zcrypt/destroy") == "ok")
        #expect(host.write("unload zcrypt", to: Self.modules) == "ok")
        #expect(host.write("load zcrypt", to: Self.modules) == "ok")
    }

    @Test(arguments: KernelRelease.allCases) func theDriversOfTheBusCannotBeLoaded(_ release: KernelRelease) throws {
        let host = try host(release, modules: [])
        #expect(host.write("load zcrypt_cex4", to: Self.modules) == "EINVAL")
        let reason = "the machine has no AP instructions\n"
        #expect(
            host.read("\(Host.control)/log")
                == Self.warning + Self.unregistered + "apmatrix: modules: 'load zcrypt_cex4': " + reason)
        #expect(host.write("load vfio_ap", to: Self.modules) == "ENODEV")
        #expect(host.read("\(Host.control)/log").hasSuffix("apmatrix: modules: 'load vfio_ap': " + reason))
        // what they need stays, and nobody uses it
        for module in ["zcrypt", "mdev", "kvm"] {
            #expect(host.read("module/\(module)/refcnt") == "0\n", "\(module)")
            #expect(host.computer.kernel.names("module/\(module)/holders") == [], "\(module)")
        }
        #expect(host.read("module/zcrypt_cex4/refcnt") == "ENOENT")
        #expect(host.read("module/vfio_ap/refcnt") == "ENOENT")
        #expect(host.write("unload zcrypt_cex4", to: Self.modules) == "ENOENT")
    }

    /// Nobody asks for zcrypt_cex4 where there is no card, but somebody may name it.
    @Test func aModuleThatIsNamedIsTriedAtBoot() throws {
        #expect(try host().read("\(Host.control)/boot").contains("modules: [zcrypt, iommufd, vfio, vfio_iommu_type1, kvm, mdev]"))
        let host = try host(modules: ["zcrypt_cex4", "vfio_ap"])
        #expect(host.read("\(Host.control)/log") == Self.warning + Self.unregistered)
        #expect(host.read(Self.modules) == "iommufd\nkvm\nmdev\nvfio\nzcrypt\n")
    }

    @Test func changesOfTheMachineScanNothing() throws {
        let host = try host()
        #expect(host.write("adapter 05 type=CEX8C", to: "\(Host.control)/machine") == "EINVAL")
        #expect(host.write("domain 47 both", to: "\(Host.control)/machine") == "ok")
        #expect(host.write("off", to: "\(Host.control)/machine") == "ok")
        #expect(host.read("module/ap/parameters/domain") == "-1\n")
    }
}
