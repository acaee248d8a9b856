import AdjunctProcessor
import Harness

// Masks in both forms. The first byte says where relative terms start.
Harness.run { bytes in
    guard let first = bytes.first else { return }
    let text = bytes.dropFirst()
    let current = first & 1 == 0 ? APMask.none : .all
    let saturated = APMask.parse(text, current: current, overflow: .saturates)
    let wrapped = APMask.parse(text, current: current, overflow: .wraps)
    if let saturated { Harness.same(saturated, wrapped, "what 7.2 takes, the others take") }
    for mask in [saturated, wrapped].compactMap(\.self) {
        Harness.same(APMask.parse("\(mask)\n".utf8, current: current, overflow: .wraps), mask, "what is shown can be written")
        Harness.same(APMask.parseHex("\(mask)".utf8), mask, "what is shown is a token of ap_config")
        let terms = mask.map { "+\($0)" }.joined(separator: ",")
        if !terms.isEmpty {
            Harness.same(APMask.parse(terms.utf8, current: .none, overflow: .saturates), mask, "a mask as terms")
        }
    }
    if let sign = text.first, sign != UInt8(ascii: "+"), sign != UInt8(ascii: "-"), text.last != UInt8(ascii: "\n") {
        Harness.same(APMask.parseHex(text), saturated, "both readers of the absolute form")
        Harness.same(wrapped, saturated, "the absolute form knows no numbers")
    }
}
