import Kernels
import Machine
import Testing

/// What Linux is told at boot: docs/kernel/boot.md.
@Suite struct BootTests {
    private func boot(
        _ commandLine: String, _ release: KernelRelease = .v7_2, modules: [String]? = nil
    ) throws -> Host {
        var machine = MachineDescription.default
        machine.boot = .init(commandLine: commandLine, modules: modules)
        return try Host(machine, release: release)
    }

    private static let all = "0x" + String(repeating: "f", count: 64) + "\n"
    private static let none = "0x" + String(repeating: "0", count: 64) + "\n"

    @Test(arguments: KernelRelease.allCases) func masksAreThoseOfTheCommandLine(_ release: KernelRelease) throws {
        let host = try boot("ap.apmask=0xffff ap.aqmask=+0x47,+171", release)
        #expect(host.read("bus/ap/apmask") == "0xffff" + String(repeating: "0", count: 60) + "\n")
        #expect(host.read("bus/ap/aqmask").hasPrefix("0x0000000000000000010000000000000000000000001"))
        #expect(host.read("module/ap/parameters/apmask") == "0xffff\n")
        #expect(host.read("module/ap/parameters/aqmask") == "+0x47,+171\n")
        #expect(host.read("devices/ap/card05/05.0047/uevent").contains("DRIVER=cex4queue\n"))
        #expect(host.read("devices/ap/card05/05.0004/uevent").contains("DRIVER=vfio_ap\n"))
        #expect(host.read("bus/ap/bindings") == "16/16 (complete)\n")
        // the parameter does not follow
        #expect(host.write("+255", to: "bus/ap/apmask") == "ok")
        #expect(host.read("module/ap/parameters/apmask") == "0xffff\n")
        #expect(!host.read("\(Host.control)/uevents").contains("AQMASK="))
    }

    @Test(arguments: ["0xg", "bogus", "-5"]) func aMaskThatIsMalformedOrBeginsAtNothingIsEmpty(_ text: String) throws {
        let host = try boot("ap.apmask=\(text)")
        #expect(host.read("bus/ap/apmask") == Self.none)
        #expect(host.read("module/ap/parameters/apmask") == text + "\n")
        #expect(host.read("bus/ap/ap_domain") == "-1\n")
        #expect(host.read("\(Host.control)/log") == "")
        // masks of the boot are not in use in the sense of driver_override
        #expect(host.write("vfio_ap", to: "devices/ap/card03/03.0004/driver_override") == "ok")
    }

    @Test(arguments: [
        ("ap.domain=71", "71"), ("ap.domain=0x47", "71"), ("ap.domain=0107", "71"), ("ap.domain=-1", "4"), ("ap.domain=5", "5"),
        ("ap.domain=4 ap.domain=71", "71"), ("", "4"),
    ]) func theDefaultDomainIsTheOneThatWasAskedFor(_ text: String, _ domain: String) throws {
        let host = try boot(text)
        #expect(host.read("bus/ap/ap_domain") == domain + "\n")
        #expect(host.read("module/ap/parameters/domain") == domain + "\n")
        #expect(host.read("\(Host.control)/log") == "")
    }

    @Test(arguments: [
        ("ap.domain=300", "300"), ("ap.domain=-2", "-2"), ("ap.domain=71 ap.aqmask=0x8", "71"),
        ("ap.domain=4 ap.aqmask=+0-255,-4", "4"),
    ]) func aDomainThatCannotBeIsTold(_ text: String, _ domain: String) throws {
        let host = try boot(text)
        #expect(host.read("\(Host.control)/log") == "ap: \(domain) is not a valid cryptographic domain\n")
    }

    @Test(arguments: [
        ("ap.domain=abc", "abc", "ap.domain"), ("ap.poll_thread=y", "y", "ap.poll_thread"), ("ap.useirq=", "", "ap.useirq"),
        ("ap.apmask", "", "ap.apmask"), ("ap.domain=99999999999", "99999999999", "ap.domain"),
        ("ap.domain=1x", "1x", "ap.domain"),
        ("ap.domain=--1", "--1", "ap.domain"), ("ap.domain=08", "08", "ap.domain"), ("ap.poll-thread=y", "y", "ap.poll-thread"),
        ("ap.msgpool_min_items=-1", "-1", "ap.msgpool_min_items"),
    ]) func aValueThatCannotBeTakenIsToldAndPassedOver(_ text: String, _ value: String, _ name: String) throws {
        let host = try boot(text)
        #expect(host.read("\(Host.control)/log") == "Booting kernel: `\(value)' invalid for parameter `\(name)'\n")
        #expect(host.read("bus/ap/ap_domain") == "4\n")
        #expect(host.read("bus/ap/apmask") == Self.all)
    }

    @Test func aTextThatIsTooLongIsToldAndPassedOver() throws {
        let long = String(repeating: "0", count: 1025)
        let host = try boot("ap.apmask=\(long)")
        #expect(
            host.read("\(Host.control)/log")
                == "apmask: string parameter too long\nBooting kernel: `\(long)' too large for parameter `ap.apmask'\n")
        #expect(host.read("bus/ap/apmask") == Self.all)
    }

    @Test func whatIsNotLinuxIsNothingToIt() throws {
        let host = try boot("quiet ap.nothing=1 ap_domain=5 foo=\"ap.domain=5 x\" -- ap.domain=6")
        #expect(host.read("bus/ap/ap_domain") == "4\n")
        #expect(host.read("\(Host.control)/log") == "")
        #expect(try boot("ap.apmask=\"0xf0\"").read("bus/ap/apmask").hasPrefix("0xf00"))
        #expect(try boot("\"ap.domain=71\"").read("bus/ap/ap_domain") == "71\n")
    }

    @Test func thePollThreadRunsWhereThereAreNoInterrupts() throws {
        let polled = try boot("ap.poll_thread=2")
        #expect(polled.read("bus/ap/poll_thread") == "0\n")
        #expect(polled.read("module/ap/parameters/poll_thread") == "2\n")
        let without = try boot("ap.poll_thread=1 ap.useirq=0")
        #expect(without.read("bus/ap/ap_interrupts") == "0\n")
        #expect(without.read("bus/ap/poll_thread") == "1\n")
        #expect(without.read("module/ap/parameters/useirq") == "0\n")
        #expect(without.read("devices/ap/card05/05.0004/interrupt") == "Interrupts disabled.\n")
    }

    @Test(arguments: KernelRelease.allCases) func theEventsOfABootAreInTheOrderOfLinux(_ release: KernelRelease) throws {
        let events = try boot("", release).read("\(Host.control)/uevents").split(separator: "\n").map { line in
            line.split(separator: " ")[0]
                + (line.contains("INITSCAN=done") ? " INITSCAN" : line.contains("BINDINGS=complete") ? " BINDINGS" : "")
        }.map(String.init)
        func place(_ event: String) throws -> Int { try #require(events.firstIndex(of: event), "\(event) is missing") }
        let order = try [
            "add@/bus/ap", "add@/devices/ap/card03", "add@/devices/ap/card03/03.0004", "add@/devices/ap/card0a/0a.00ff",
            "change@/devices/ap INITSCAN", "add@/class/zcrypt", "add@/devices/virtual/misc/z90crypt", "add@/module/zcrypt",
            "bind@/devices/ap/card03", "add@/bus/ap/drivers/cex4card", "bind@/devices/ap/card03/03.0004",
            "add@/bus/ap/drivers/cex4queue", "add@/module/zcrypt_cex4", "add@/devices/virtual/misc/vfio", "add@/class/vfio",
            "add@/class/vfio-dev", "add@/module/vfio", "add@/module/vfio_iommu_type1", "add@/devices/virtual/misc/kvm",
            "add@/module/kvm", "add@/bus/mdev", "add@/module/mdev", "add@/bus/matrix", "add@/devices/vfio_ap/matrix",
            "bind@/devices/vfio_ap/matrix", "add@/bus/matrix/drivers/vfio_ap", "add@/bus/ap/drivers/vfio_ap",
            "add@/bus/mdev/drivers/vfio_ap_mdev", "change@/devices/vfio_ap/matrix", "add@/module/vfio_ap",
        ].map(place)
        #expect(order == order.sorted())
        #expect(events.count { $0 == "change@/devices/ap BINDINGS" } == 1)
        let bindings = try place("change@/devices/ap BINDINGS")
        #expect(try bindings < place("add@/module/zcrypt_cex4") && bindings > place("add@/bus/ap/drivers/cex4card"))
    }

    @Test func theControlPlaneShowsTheBoot() throws {
        #expect(
            try boot("ap.domain=6", modules: ["zcrypt"]).read("\(Host.control)/boot")
                == "cmdline: \"ap.domain=6\"\nmodules: [zcrypt]\n")
        #expect(
            try Host().read("\(Host.control)/boot")
                == "cmdline: \"\"\nmodules: [zcrypt, zcrypt_cex4, iommufd, vfio, vfio_iommu_type1, kvm, mdev, vfio_ap]\n")
    }
}
