import Harness
import Machine

// Commands to a machine, a line each.
Harness.run { bytes in
    let machine = Machine(.default)
    for line in bytes.split(separator: 10).prefix(8) {
        let before = machine.description
        do throws(MachineCommandError) {
            try machine.execute(String(decoding: line, as: UTF8.self))
        } catch {
            Harness.same(machine.description, before, "a command that is refused changes nothing")
            precondition(!error.reason.isEmpty)
        }
    }
    let after = machine.description
    do {
        Harness.same(try MachineDescription(yaml: after.yaml), after, "the machine can be written and read")
    } catch {
        fatalError("\(error) in\n\(after.yaml)")
    }
}
