import Hexadecimal
import Interleavings
import Recordings
import Sysfs
import SystemAdditions
import SystemPackage
import VFS

/// Chooses the steps of a walk, from what the host has just then.
struct Guide {
    private var random: Randomness
    /// Every file of the tree, looked for anew now and then.
    private var files: [(path: String, isWritable: Bool)] = []
    private var taken = 0

    private static let control = "kernel/debug/apmatrix"

    init(seed: UInt64) {
        random = Randomness(seed: seed)
    }

    mutating func next(_ host: Host) -> Step {
        if taken % 25 == 0 { files = Guide.files(of: host) }
        taken += 1
        switch random.below(100) {
        case 0..<36: return device(host)
        case 36..<44: return write(host, random.pick(["bus/ap/apmask", "bus/ap/aqmask"]))
        case 44..<59: return write(host, random.pick(files.filter(\.isWritable)).path)
        case 59..<70: return look()
        case 70..<78: return guest(host)
        case 78..<88: return hardware()
        case 88..<92:
            let driver = random.pick(["vfio_ap", "vfio_ap", "cex4queue"])
            return write(host, "bus/ap/drivers/\(driver)/\(random.pick(["bind", "unbind"]))")
        case 92..<96: return Step(random.pick(["settle", "sleep 100", "sleep 40000", "idle"]))
        case 96: return endlessReset(host)
        case 97: return Step("module \(random.pick(["load", "load", "unload"])) vfio_ap")
        default: return odd()
        }
    }

    /// Whatever files there are, those of devices that nobody has thought of too.
    private static func files(of host: Host) -> [(path: String, isWritable: Bool)] {
        var found: [(String, Bool)] = []
        func look(_ directory: String) {
            guard let names = try? host.calls.names(in: SysfsPath(directory.utf8)) else { return }
            for name in names.sorted(by: { $0.name.lexicographicallyPrecedes($1.name) }) {
                let path = (directory.isEmpty ? "" : directory + "/") + String(latin1: name.name)
                // a node of zcrypt may be named `..`, and nobody can look into it
                guard path.utf8.allSatisfy({ $0 < 0x80 }), ![".", ".."].contains(String(latin1: name.name)) else { continue }
                switch name.kind {
                case .directory?: look(path)
                case .file?: found.append((path, ((try? host.calls.status(of: SysfsPath(path.utf8)).mode) ?? 0) & 0o222 != 0))
                default: break
                }
            }
        }
        look("")
        return found
    }

    // MARK: - Writing

    /// A write of what belongs to the file; what would wait for a guest comes with the guest's end.
    private mutating func write(_ host: Host, _ path: String) -> Step {
        if path == Guide.control + "/guests" { return guest(host) }
        if path == Guide.control + "/machine" { return hardware() }
        let text = Texts.text(for: path, &random)
        if let guest = host.model.wouldWait(path, text) {
            let uuid = Model.file(path)?.uuid ?? String(decoding: KernelWords.name(text), as: UTF8.self)
            return Step(
                "bg removal write \(Step.word(path)) \(CEscapes.quote(text))", "write \(Model.type)/create \"\(uuid)\"",
                "guest stop \(guest)",
                "wait removal 1000")
        }
        return Step.write(path, text)
    }

    private mutating func device(_ host: Host) -> Step {
        // sorted, or the order in a dictionary would be a second seed
        let uuids = host.model.mdevs.keys.sorted()
        if uuids.count < 2 && !random.once(in: 4) || random.once(in: 12) { return write(host, Model.type + "/create") }
        let uuid = random.once(in: 20) ? random.pick(Texts.uuids) : random.pick(uuids + (uuids.isEmpty ? Texts.uuids : []))
        let directory = "devices/vfio_ap/matrix/\(uuid)/"
        switch random.below(20) {
        case 0..<5: return assign(directory + "assign_adapter", Texts.adapters)
        case 5..<10: return assign(directory + "assign_domain", Texts.domains)
        case 10: return assign(directory + "assign_control_domain", Texts.controlDomains)
        case 11: return assign(directory + "unassign_control_domain", Texts.controlDomains)
        case 12, 13: return assign(directory + "unassign_adapter", Texts.adapters)
        case 14, 15: return assign(directory + "unassign_domain", Texts.domains)
        case 16, 17: return .write(directory + "ap_config", Texts.config(&random))
        case 18: return random.once(in: 3) ? write(host, directory + "remove") : Step("read \(directory)guest_matrix")
        default:
            return write(
                host, directory + random.pick(["assign_adapter", "assign_domain", "ap_config", "uevent", "unassign_domain"]))
        }
    }

    private mutating func assign(_ path: String, _ numbers: [Int]) -> Step {
        .write(path, random.once(in: 5) ? Texts.text(for: path, &random) : Array("\(random.pick(numbers))\n".utf8))
    }

    // MARK: - Looking

    private mutating func look() -> Step {
        let path = Step.word(random.pick(files).path)
        switch random.below(8) {
        case 0:
            return Step("pread \(path) \(random.pick([0, 1, 2, 7, 4095, 4096, 1 << 40])) \(random.pick([0, 1, 8, 4096, 10000]))")
        case 1: return Step("stat \(path)")
        default: return Step("read \(path)")
        }
    }

    /// Several writes on one open file, writes at an offset, and requests that sysfs refuses.
    private mutating func odd() -> Step {
        // not where the second write depends on more than the model remembers, nor where one would wait
        let names: Set = ["remove", "unbind", "driver_override"]
        let path = random.pick(
            files.filter { file in
                file.isWritable && !file.path.hasPrefix("kernel/debug") && !names.contains { file.path.hasSuffix("/\($0)") }
            }
        ).path
        let text = CEscapes.quote(Texts.text(for: path, &random))
        switch random.below(6) {
        case 0, 1: return Step("writes \(Step.word(path)) \(text) \(CEscapes.quote(Texts.text(for: path, &random)))")
        case 2, 3: return Step("pwrite \(Step.word(path)) \(random.pick([0, 1, 100, 4096])) \(text)")
        case 4: return Step("truncate \(Step.word(path)) \(random.pick([0, 5, 4096, -1]))")
        default: return Step("\(random.pick(["unlink", "mkdir", "rmdir", "creat", "list"])) \(Step.word(path))")
        }
    }

    // MARK: - The control plane

    private static let names = ["one", "two", "three"]

    private mutating func guest(_ host: Host) -> Step {
        let name = random.pick(Guide.names)
        switch random.below(12) {
        case 0..<5:
            let uuids = (0...(random.once(in: 8) ? 1 : 0)).map { _ in random.pick(Texts.uuids) }
            return Step("guest \(random.pick(["start", "start", "start-deaf"])) \(name) \(uuids.joined(separator: " "))")
        case 5, 6: return Step("guest stop \(name)")
        case 7: return Step("guest kill \(name)")
        case 8: return Step("guest reset \(name)")
        case 9: return Step("guest events \(name)")
        case 10:
            let request = random.pick(["on", "off", "on nib=0", "on nib=0x2000", "on nib=g", "perhaps"])
            return .write(Guide.control + "/guests", "pqap \(name) \(Texts.queue(&random)) \(request)")
        default:
            let commands = [
                "start", "stop", "stop a b", "start \(name)", "\n\n", " ", "start \(name) x", "dance \(name)",
                "stop \(name)\nstop \(name)\n", "start \(name) \(Texts.uuids[0]) \(Texts.uuids[0])", "kill  \(name) ",
                "start \(name) \(Texts.uuids[1].uppercased())",
            ]
            return .write(Guide.control + "/guests", random.pick(commands))
        }
    }

    private mutating func hardware() -> Step {
        let card = KernelWords.hex(random.pick(Texts.adapters + [4]), 2)
        switch random.below(14) {
        case 0...2: return Step("hw adapter \(card) config=\(random.below(2))")
        case 3: return Step("hw adapter \(card) chkstop=\(random.below(2))")
        case 4, 5:
            return Step("hw adapter \(card) type=\(random.pick(["CEX8C", "CEX8A", "CEX8P", "CEX7C", "CEX6A", "CEX9C"])) config=1")
        case 6: return Step("hw remove-adapter \(card)")
        case 7, 8:
            let domain = KernelWords.hex(random.pick(Texts.domains + [0x10, 5]), 2)
            return Step("hw domain \(domain) \(random.pick(["usage", "control", "both", "both", "none"]))")
        case 9: return Step("hw queue \(Texts.queue(&random)) reset-rc=\(random.pick(["0", "0", "3", "4", "1", "7", "ff"]))")
        case 10: return Step("hw queue \(Texts.queue(&random)) reset-busy=\(random.pick([0, 1, 3, 254]))")
        case 11: return Step("hw queue \(Texts.queue(&random)) absent=\(random.below(2))")
        case 12: return Step("hw maxima \(random.pick([255, 64, 10])) \(random.pick([255, 255, 80]))", "settle")
        default:
            let commands = [
                "", "adapter", "adapter zz unplug", "domain 47", "queue 05 absent=1", "adapter 05", "adapter 05 size=3",
                "queue 05.0047 reset-rc=100", "maxima 1", "dance", "adapter 05 config=1\nadapter 06 config=2\n",
                "queue 05.0047 absent=é",
                "domain 0xff both extra",
            ]
            return .write(Guide.control + "/machine", random.pick(commands))
        }
    }

    /// A reset that does not end until the machine is told otherwise: with these codes it is repeated for ever.
    private mutating func endlessReset(_ host: Host) -> Step {
        let owned = host.model.mdevs.filter { !$0.value.adapters.isEmpty && !$0.value.domains.isEmpty }
        guard let uuid = owned.keys.min(), let mdev = owned[uuid], let adapter = mdev.adapters.min(),
            let domain = mdev.domains.min()
        else {
            return Step("settle")
        }
        let queue = "\(KernelWords.hex(adapter, 2)).\(KernelWords.hex(domain, 4))"
        let fault = random.pick(["reset-busy=255", "reset-busy=255", "reset-rc=2", "reset-rc=5", "reset-rc=a"])
        return Step(
            "hw queue \(queue) \(fault)", "bg reset write devices/vfio_ap/matrix/\(uuid)/unassign_adapter \"\(adapter)\"",
            "hw queue \(queue) reset-busy=0 reset-rc=0", "wait reset 1000")
    }
}
