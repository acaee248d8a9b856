@testable import DriverCore
import Harness
import Sysfs
import SystemPackage

// What is written to `uevent`.
Harness.run { bytes in
    guard let event = try? SyntheticUevent(Input(bytes)) else { return }
    guard let uuid = event.variables.first, uuid.key == "SYNTH_UUID" else { fatalError("the first variable is the UUID") }
    var words = [event.action.rawValue]
    if uuid.value != "0" { words.append(uuid.value) }
    for variable in event.variables.dropFirst() {
        precondition(variable.key.hasPrefix("SYNTH_ARG_") && !variable.value.isEmpty, "\(variable)")
        words.append(variable.key.dropFirst("SYNTH_ARG_".count) + "=" + variable.value)
    }
    let text = Array(words.joined(separator: " ").utf8)
    let last = bytes.last == 10 || bytes.last == 0 ? bytes.dropLast() : bytes[...]
    Harness.same(text[...], last, "an event that is taken is its words")
    Harness.same(try? SyntheticUevent(Input(text + [10])), event, "the words of an event")
}
