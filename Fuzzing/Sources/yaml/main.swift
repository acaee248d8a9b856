import Harness
import Machine

// Descriptions of machines.
Harness.run { bytes in
    do throws(MachineDescriptionError) {
        let machine = try MachineDescription(yaml: String(decoding: bytes, as: UTF8.self))
        let text = machine.yaml
        Harness.same(try MachineDescription(yaml: text), machine, "what is written can be read")
        Harness.same(try MachineDescription(yaml: text).yaml, text, "and is written the same")
    } catch {
        precondition(error.line >= 1 && error.column >= 1 && !error.problem.isEmpty, "an error says where and what: \(error)")
    }
}
