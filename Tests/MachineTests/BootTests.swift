import Machine
import Testing

/// How Linux is booted, in a machine file and behind it.
@Suite struct BootTests {
    @Test func aFileSaysCommandLineAndModules() throws {
        let machine = try MachineDescription(
            yaml: "boot: {cmdline: \"ap.apmask=0xffff ap.domain=6\", modules: [zcrypt_cex4, vfio_ap]}\nnotification: 1\n")
        #expect(machine.boot.commandLine == "ap.apmask=0xffff ap.domain=6")
        #expect(machine.boot.modules == ["zcrypt_cex4", "vfio_ap"])
        #expect(machine.notification)
        #expect(try MachineDescription(yaml: machine.yaml) == machine)
        #expect(try MachineDescription(yaml: "boot: {modules: []}").boot.modules == [])
        #expect(try MachineDescription(yaml: "{}").boot == MachineDescription.Boot())
        #expect(!MachineDescription.default.yaml.contains("boot"))
    }

    @Test(arguments: [
        ("boot: {cmdlin: x}", "unknown key 'cmdlin'; did you mean 'cmdline'?"),
        ("boot: {modules: [vfio_pa]}", "'vfio_pa' is not possible here; zcrypt, zcrypt_cex4, "),
        ("boot: {cmdline: \"a\\tb\\n\"}", "printable ASCII"), ("boot: [x]", "boot must be a mapping"),
        ("notification: yes", "'yes' is not possible here; 0 or 1"),
    ]) func whatIsWrongIsSaid(_ yaml: String, _ text: String) {
        #expect { try MachineDescription(yaml: yaml) } throws: { "\($0)".contains(text) }
    }

    @Test func moreCanBeAppendedAndModulesChosen() throws {
        var boot = MachineDescription.Boot()
        try boot.append("ap.domain=6")
        try boot.append("quiet")
        try boot.load("zcrypt,kvm")
        #expect(boot == .init(commandLine: "ap.domain=6 quiet", modules: ["zcrypt", "kvm"]))
        try boot.load("")
        #expect(boot.modules == [])
        #expect { try boot.load("zcrypt,foo") } throws: { "\($0)".hasPrefix("there is no module 'foo'; there are zcrypt, ") }
        #expect { try boot.append("a\nb") } throws: { "\($0)".contains("cannot be appended") }
        #expect { try boot.append(String(repeating: "x", count: 4090)) } throws: { "\($0)".contains("up to 4095 characters") }
        #expect(boot.commandLine == "ap.domain=6 quiet")
    }
}
