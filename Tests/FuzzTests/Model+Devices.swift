import Hexadecimal

/// Mediated devices: docs/kernel/mediated-devices.md, "Create", "Remove", and docs/kernel/vfio-ap.md, "Assigning", "ap_config".
extension Model {
    mutating func create(_ text: [UInt8]) -> Expectation {
        guard text.count == 36 || text.count == 37, let uuid = KernelWords.uuid(text.prefix { $0 != 0 }.prefix(36)) else {
            return .exactly("EINVAL")
        }
        guard mdevs[uuid] == nil else { return .exactly("EEXIST") }
        mdevs[uuid] = Mdev(limits: heardMaxima)
        return .ok
    }

    /// - Returns: nil where the model says nothing about the file.
    mutating func write(_ uuid: String, _ name: String, _ text: [UInt8], _ peeking: Peeking) -> Expectation? {
        guard let mdev = mdevs[uuid] else { return nil }
        switch name {
        case "remove":
            guard case .value(let number) = KernelWords.unsignedLong(text) else { return .exactly("EINVAL") }
            if number != 0 {
                release(uuid)
                mdevs[uuid] = nil
            }
            return .ok
        case "assign_adapter": return assign(uuid, text, \.adapters, peeking)
        case "assign_domain": return assign(uuid, text, \.domains, peeking)
        case "assign_control_domain": return assign(uuid, text, \.controlDomains, peeking)
        case "unassign_adapter": return unassign(uuid, text, \.adapters)
        case "unassign_domain": return unassign(uuid, text, \.domains)
        case "unassign_control_domain": return unassign(uuid, text, \.controlDomains)
        case "ap_config": return configure(uuid, mdev, text, peeking)
        default: return nil
        }
    }

    /// A number up to the limit, or the errno.
    private func number(_ uuid: String, _ text: [UInt8], _ what: KeyPath<Mdev, Set<Int>>) -> (Int?, Expectation) {
        switch KernelWords.unsignedLong(text) {
        case .error(let errno): return (nil, .exactly(errno))
        case .value(let number):
            let limits = mdevs[uuid]?.limits
            let limit = (what == \.adapters ? limits?.adapter : limits?.domain) ?? 0
            return number <= UInt64(limit) ? (Int(number), .ok) : (nil, .exactly("ENODEV"))
        }
    }

    private mutating func assign(
        _ uuid: String, _ text: [UInt8], _ what: WritableKeyPath<Mdev, Set<Int>>, _ peeking: Peeking
    ) -> Expectation {
        let (number, expectation) = number(uuid, text, what)
        guard let number, let mdev = mdevs[uuid], !mdev[keyPath: what].contains(number) else { return expectation }
        var new = mdev
        new[keyPath: what].insert(number)
        if what != \.controlDomains, let errno = refusal(of: new, uuid, peeking) { return .exactly(errno) }
        mdevs[uuid] = new
        return .ok
    }

    private mutating func unassign(_ uuid: String, _ text: [UInt8], _ what: WritableKeyPath<Mdev, Set<Int>>) -> Expectation {
        let (number, expectation) = number(uuid, text, what)
        if let number { mdevs[uuid]?[keyPath: what].remove(number) }
        return expectation
    }

    private mutating func configure(_ uuid: String, _ mdev: Mdev, _ text: [UInt8], _ peeking: Peeking) -> Expectation {
        let tokens = text.prefix { $0 != 0 }.prefix(201).split(omittingEmptySubsequences: false) { $0 == 44 || $0 == 10 }
        let masks = tokens.prefix(3).map { KernelWords.absoluteMask($0) }
        guard masks.count == 3, let adapters = masks[0], let domains = masks[1], let controlDomains = masks[2] else {
            return .exactly("EINVAL")
        }
        var new = mdev
        (new.adapters, new.domains, new.controlDomains) = (adapters, domains, controlDomains)
        if let errno = refusal(of: new, uuid, peeking) { return .exactly(errno) }
        guard adapters.allSatisfy({ $0 <= mdev.limits.adapter }),
            domains.union(controlDomains).allSatisfy({ $0 <= mdev.limits.domain })
        else { return .exactly("ENODEV") }
        mdevs[uuid] = new
        return .ok
    }

    /// Why a device may not have these queues: they are the host's, or another device's.
    private func refusal(of new: Mdev, _ uuid: String, _ peeking: Peeking) -> String? {
        guard !new.adapters.isEmpty, !new.domains.isEmpty else { return nil }
        if isHosts(new.adapters, new.domains, peeking) { return "EADDRNOTAVAIL" }
        guard flaw != .knowsNoSharing else { return nil }
        let isShared = mdevs.contains { other in
            other.key != uuid && !other.value.adapters.isDisjoint(with: new.adapters)
                && !other.value.domains.isDisjoint(with: new.domains)
        }
        return isShared ? "EADDRINUSE" : nil
    }

    // MARK: - What is shown

    /// What a file of a device must show, nil where the model does not know it.
    func text(of uuid: String, _ name: String) -> String? {
        guard let mdev = mdevs[uuid], mdev.isBound else { return nil }
        switch name {
        case "matrix":
            let (adapters, domains) = (mdev.adapters.sorted(), mdev.domains.sorted())
            let lines =
                adapters.isEmpty
                ? domains.map { ".\(KernelWords.hex($0, 4))\n" }
                : domains.isEmpty
                    ? adapters.map { "\(KernelWords.hex($0, 2)).\n" }
                    : adapters.flatMap { adapter in
                        domains.map { "\(KernelWords.hex(adapter, 2)).\(KernelWords.hex($0, 4))\n" }
                    }
            return String(decoding: lines.joined().utf8.prefix(4095), as: UTF8.self)
        case "control_domains": return mdev.controlDomains.sorted().map { "\(KernelWords.hex($0, 4))\n" }.joined()
        case "ap_config":
            return [mdev.adapters, mdev.domains, mdev.controlDomains].map(KernelWords.text).joined(separator: ",") + "\n"
        default: return nil
        }
    }

    /// What any other file must show, nil where the model does not know it.
    func text(of path: String) -> Set<String>? {
        if let (uuid, name) = Model.file(path) { return text(of: uuid, name).map { [$0] } }
        switch path {
        case "bus/ap/apmask": return [KernelWords.text(adapterMask) + "\n"]
        case "bus/ap/aqmask": return [KernelWords.text(domainMask) + "\n"]
        case Model.type + "/available_instances": return ["\(65536 - mdevs.count)\n"]
        case let path where path.hasPrefix("devices/ap/card") && path.hasSuffix("/status"):
            let queue = path.split(separator: "/").dropLast().last?.split(separator: ".") ?? []
            guard queue.count == 2, let adapter = Int(queue[0], radix: 16), let domain = Int(queue[1], radix: 16) else {
                return nil
            }
            guard let uuid = mdevs.first(where: { $0.value.adapters.contains(adapter) && $0.value.domains.contains(domain) })?.key
            else { return ["unassigned\n"] }
            return guest(of: uuid) == nil ? ["assigned\n"] : ["assigned\n", "in use\n"]
        default: return nil
        }
    }
}
