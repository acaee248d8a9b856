import AdjunctProcessor
import Machine
import Namespaces
import SystemAdditions
import Testing

@testable import Sandbox
import SystemPackage

@Suite struct HostTests {
    @Test(
        arguments: [
            ("../../devices/virtual/mem/null", "dev/char", "devices/virtual/mem/null"), ("./here", "bus", "bus/here"),
            ("../../../out", "dev/char", nil), ("/absolute", "dev", nil), ("..", "dev", ""),
        ] as [(String, String, String?)])
    func linksOfTheHostAreFollowedByTheirText(target: String, directory: String, path: String?) {
        #expect(HostSysfs.resolve(target, from: directory) == path)
    }

    @Test func aMachineIsAsOldAsItsNewestCard() throws {
        var machine = MachineDescription.default
        #expect(ProcessorInformation(machine, processors: 2).sysinfo.contains("Type:                 3931\n"))
        machine.adapters[AdapterID(0x03)] = nil
        machine.adapters[AdapterID(0x05)] = nil
        machine.adapters[AdapterID(0x06)] = nil
        let information = ProcessorInformation(machine, processors: 12)
        #expect(information.sysinfo.contains("Type:                 8561\nModel:                712              T01\n"))
        #expect(information.cpuinfo.contains("# processors    : 12\n"))
        #expect(information.cpuinfo.contains("processor 11: version = FF,  identification = 0A9717,  machine = 8561\n"))
        #expect(information.cpuinfo.split(separator: "\n").filter { $0.hasPrefix("cpu number") }.count == 12)
    }

    @Test(arguments: [
        ("9175", "Type:                 9175\nModel:                701              ME1\n"), ("8562", "8562"), (nil, "3931"),
    ])
    func aMachineIsOfTheTypeThatItTells(_ type: String?, _ text: String) {
        var machine = MachineDescription.default
        machine.machineType = type
        let information = ProcessorInformation(machine, processors: 1)
        #expect(information.sysinfo.contains(text))
        #expect(information.cpuinfo.contains("machine         : \(type ?? "3931")\n"))
    }

    @Test func aGuestOfZVMIsOne() {
        var machine = MachineDescription.default
        #expect(!ProcessorInformation(machine, processors: 2).sysinfo.contains("VM00"))
        machine.zVM = true
        let text = ProcessorInformation(machine, processors: 2).sysinfo
        #expect(text.contains("\n\nVM00 Name:            APMATRIX\nVM00 Control Program: z/VM    7.3.0   \n"))
        #expect(text.hasSuffix("VM00 CPUs Configured: 2\nVM00 CPUs Standby:    0\nVM00 CPUs Reserved:   0\n"))
    }

    @Test func facilitiesOfAPAreThoseOfTheMachine() {
        var machine = MachineDescription.default
        #expect(ProcessorInformation(machine, processors: 1).cpuinfo.contains(" 10 12 14 15 16 "))
        machine.features = nil
        #expect(ProcessorInformation(machine, processors: 1).cpuinfo.contains(" 10 14 15 16 "))
        machine.apInstructions = false
        let text = ProcessorInformation(machine, processors: 1).cpuinfo
        #expect(text.contains(" 10 14 16 ") && text.contains(" 64 69 "))
    }

    @Test func facilitySixtyFiveIsThatOfInterrupts() {
        var machine = MachineDescription.default
        #expect(ProcessorInformation(machine, processors: 1).cpuinfo.contains(" 64 65 69 "))
        machine.interrupts = false
        #expect(ProcessorInformation(machine, processors: 1).cpuinfo.contains(" 64 69 "))
    }

    @Test(arguments: [
        (NamespaceError.mount("overlay", path: "/etc", .EINVAL), "file system that cannot keep them"),
        (.mount("proc", path: "/proc", .EPERM), "systempaths=unconfined"),
        (.mount("overlay", path: "/etc", .ENODEV), "modprobe overlay"),
    ])
    func whatStandsInTheWayIsNamed(error: NamespaceError, words: String) {
        #expect(error.description.contains(words))
    }
}
