import Harness
import Machine

// Descriptions of machines.
Harness.run { bytes in
    do throws(MachineDescriptionError) {
        let machine = try MachineDescription(yaml: Array(bytes))
        let text = machine.yaml
        Harness.same(try MachineDescription(yaml: text), machine, "what is written can be read")
        Harness.same(try MachineDescription(yaml: text).yaml, text, "and is written the same")
    } catch {
        let count = error.problems.count
        precondition((1...MachineDescriptionError.mostTold).contains(count) && error.untold >= 0, "something is wrong: \(error)")
        var last = (1, 1)
        for problem in error.problems {
            guard let line = problem.line, let column = problem.column else {
                preconditionFailure("an error says where: \(error)")
            }
            precondition((line, column) >= last && !problem.text.isEmpty, "an error says where and what, in order: \(error)")
            last = (line, column)
        }
    }
}
