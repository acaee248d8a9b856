import AdjunctProcessor
import Glibc
import Harness
import Kernels
import Sysfs
import SystemPackage

func unsignedLong(_ text: [UInt8]) -> UInt64? { try? KernelText.unsignedLong(text[...]) }

// Numbers, names of queues, yes and no. C's strtoull is the other opinion: it reads the same digits, but also what the kernel refuses.
Harness.run { bytes in
    let text = Array(bytes.prefix { $0 != 0 })
    if let number = unsignedLong(text) {
        for (prefix, radix) in [("", 10), ("0x", 16), ("0", 8), ("+0X", 16)] {
            Harness.same(
                unsignedLong(Array((prefix + String(number, radix: radix) + "\n").utf8)), number, "the number in base \(radix)")
        }
        errno = 0
        Harness.same(strtoull(String(decoding: text, as: UTF8.self), nil, 0), number, "the C library's number")
        Harness.same(errno, 0, "no overflow")
        if let scanned = try? KernelText.scannedLong(text[...], .prefixed, release: .v7_2), text.first != UInt8(ascii: "+") {
            Harness.same(scanned, number, "%lli")
        }
    }
    for release in [KernelRelease.v6_1, .v7_2] {
        guard let long = try? KernelText.scannedLong(text[...], .decimal, release: release) else { continue }
        Harness.same(
            try? KernelText.scannedInteger(text[...], .decimal, release: release), Int32(truncatingIfNeeded: long), "the low half"
        )
    }
    let (old, new) = (try? KernelText.boolean(text[...], release: .v6_1), try? KernelText.boolean(text[...], release: .v7_2))
    if let old { Harness.same(new, old, "what 6.1 takes, 7.2 takes") }
    precondition(KernelText.names(text[...], KernelText.name(text[...])), "a name is itself")

    let words = String(decoding: bytes, as: UTF8.self)
    if let adapter = AdapterID(hex: words) { Harness.same(AdapterID(hex: "\(adapter)"), adapter, "an adapter") }
    if let domain = DomainID(hex: words) { Harness.same(DomainID(hex: "0x\(domain)"), domain, "a domain") }
    if let apqn = APQN(words) { Harness.same(APQN("\(apqn)"), apqn, "a queue") }
}
