import Hexadecimal
import Kernels
import Sysfs

/// The masks and overrides of the bus: docs/kernel/ap-bus.md, "Masks", "driver_override".
extension Model {
    mutating func storeMask(_ text: [UInt8], _ mask: WritableKeyPath<Model, Set<Int>>, isAdapters: Bool) -> Expectation {
        guard overrides == 0 else { return .exactly("EINVAL") }
        let old = self[keyPath: mask]
        guard let new = KernelWords.mask(text, from: old, wraps: release < .v7_2) else { return .exactly("EINVAL") }
        guard new != old else { return .ok }
        let added = new.subtracting(old)
        let other = release >= .v7_2 ? Set(0...255) : isAdapters ? domainMask : adapterMask
        let (adapters, domains) = isAdapters ? (added, other) : (other, added)
        let isUsed = mdevs.values.contains { !$0.adapters.isDisjoint(with: adapters) && !$0.domains.isDisjoint(with: domains) }
        guard !isUsed else { return .exactly("EBUSY") }
        self[keyPath: mask] = new
        masksAreInUse = adapterMask.count < 256 || domainMask.count < 256
        return .ok
    }

    mutating func storeOverride(_ path: String, _ text: [UInt8], _ peeking: Peeking) -> Expectation {
        guard !masksAreInUse, text.count < 4095 else { return .exactly("EINVAL") }
        let hadOne = peeking.text(path) != "\n"
        let has = !text.prefix { $0 != 0 && $0 != 10 }.isEmpty
        overrides += (has ? 1 : 0) - (hadOne ? 1 : 0)
        return .ok
    }

    /// Whether any queue of these is the host's: by the masks, or by its driver where it has an override.
    func isHosts(_ adapters: Set<Int>, _ domains: Set<Int>, _ peeking: Peeking) -> Bool {
        guard overrides > 0 else {
            return !adapters.isDisjoint(with: adapterMask) && !domains.isDisjoint(with: domainMask)
        }
        return adapters.contains { adapter in
            domains.contains { domain in
                let card = KernelWords.hex(adapter, 2)
                let queue = "devices/ap/card\(card)/\(card).\(KernelWords.hex(domain, 4))"
                if let override = peeking.text(queue + "/driver_override"), override != "\n",
                    let driver = peeking.target(queue + "/driver")
                {
                    return driver != "vfio_ap"
                }
                return adapterMask.contains(adapter) && domainMask.contains(domain)
            }
        }
    }
}
