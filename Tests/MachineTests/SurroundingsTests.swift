import AdjunctProcessor
import Machine
import SystemAdditions
import Testing

/// What a machine says of where Linux is: under z/VM, and without AP.
@Suite struct SurroundingsTests {
    @Test func aFileSaysThatLinuxIsAGuestOfZVM() throws {
        let machine = try MachineDescription(yaml: "zvm: 1\n")
        #expect(machine.zVM)
        #expect(Machine(machine).isUnderZVM)
        #expect(try MachineDescription(yaml: machine.yaml) == machine)
        #expect(!Machine(.default).isUnderZVM)
        #expect(!MachineDescription.default.yaml.contains("zvm"))
    }

    @Test func aFileSaysOfWhichTypeTheMachineIs() throws {
        let machine = try MachineDescription(yaml: "machine-type: 9175\n")
        #expect(machine.machineType == "9175")
        #expect(try MachineDescription(yaml: machine.yaml) == machine)
        #expect(MachineDescription.default.machineType == nil)
        #expect(try MachineDescription(file: "z17").machineType == "9175")
    }

    @Test func aFileSaysThatThereAreNoInstructions() throws {
        let machine = try MachineDescription(yaml: "ap-instructions: 0\ndomains: [04]\n")
        #expect(!machine.apInstructions)
        #expect(try MachineDescription(yaml: machine.yaml) == machine)
        #expect(!MachineDescription.default.yaml.contains("ap-instructions"))
    }

    @Test(arguments: [
        ("zvm: yes", "m:1:6: 'yes' is not possible here; 0 or 1"), ("ap-instructions: 2", "'2' is not possible here; 0 or 1"),
        ("machine-type: z17", "'z17' is not possible here; four digits, as 3931 of a z16"),
        ("zVM: 1", "unknown key 'zVM'; did you mean 'zvm'?"),
        (
            "ap-instructions: 0\nadapters: {05: CEX8C}",
            "m:2:11: without AP instructions there are no adapters; leave them out, or 'ap-instructions: 0'"
        ),
    ]) func whatIsWrongIsSaid(_ yaml: String, _ text: String) {
        #expect { try MachineDescription(yaml: yaml, file: "m") } throws: { "\($0)".contains(text) }
    }

    @Test func nothingIsPluggedIntoAMachineWithoutInstructions() throws {
        let machine = Machine(MachineDescription(apInstructions: false))
        #expect {
            try machine.execute("adapter 05 type=CEX8C")
        } throws: {
            ($0 as? MachineCommandError)?.errno == .EINVAL && "\($0)".contains("no AP instructions")
        }
        #expect(machine.description == MachineDescription(apInstructions: false))
    }
}
