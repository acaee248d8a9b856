internal import AdjunctProcessor
internal import Glibc
internal import Hexadecimal
internal import Interleavings
internal import Machine

/// A machine that has worked for long against a fresh one in the same state: each file must be the same, and each answer on the way.
struct Comparison {
    let old: ServerProcess
    let program: String
    let devices: [String]
    let seed: UInt64

    /// Ends what anybody may wait for: delays, guests, resets.
    static func clear(_ server: ServerProcess) {
        server.command("faults", "clear")
        for line in server.text(of: "kernel/debug/apmatrix/guests").split(separator: "\n") {
            server.command("guests", "kill \(line.prefix { $0 != " " })")
        }
        for adapter in MountedHost.adapters {
            for domain in MountedHost.domains {
                // refused where there is no such queue
                server.command("machine", "queue \(adapter.hex(2)).\(domain.hex(4)) reset-busy=0 reset-rc=0 absent=0")
            }
        }
    }

    /// Ends what the clients have left, devices and the module too. What the machine has become, and the masks, stay.
    private static func takeDown(_ server: ServerProcess) {
        clear(server)
        for uuid in names(in: "\(server.path)/bus/mdev/devices") {
            _ = SystemCall.write("\(server.path)/devices/vfio_ap/matrix/\(uuid)/remove", "1")
        }
        server.command("modules", "unload vfio_ap")
    }

    /// Starts the fresh machine, brings both into the same state, and compares them.
    ///
    /// - Returns: what is different, and the snapshot of the old one.
    /// - Throws: `Failure` where there is no fresh machine.
    func run() throws(Failure) -> (faults: [String], TreeSnapshot) {
        Self.takeDown(old)
        let text = old.text(of: "kernel/debug/apmatrix/machine")
        guard let machine = try? MachineDescription(yaml: text) else { throw Failure("its machine cannot be read: \(text)") }
        let masks = ["bus/ap/apmask", "bus/ap/aqmask"].map { ($0, old.text(of: $0)) }
        let fresh = try ServerProcess(program, release: old.release, machine: text)
        fresh.command("modules", "unload vfio_ap")
        var faults = write(replugging(machine), to: fresh)
        var (differences, snapshot) = comparison(with: fresh)
        faults += differences
        if faults.isEmpty {
            faults += write(masks + rebuilding, to: fresh)
            (differences, snapshot) = comparison(with: fresh)
            faults += differences
        }
        faults += snapshot.sharedInodes
        return (faults.prefix(20).map { "\(old.release): \($0)" } + fresh.unmount(), snapshot)
    }

    /// Writes the same to both.
    ///
    /// - Returns: what they do not answer alike.
    private func write(_ writes: [(path: String, text: String)], to fresh: ServerProcess) -> [String] {
        writes.compactMap { path, text in
            let answers = [old, fresh].map { SystemCall.write("\($0.path)/\(path)", text).error.map { "\($0)" } ?? "ok" }
            guard answers[0] != answers[1] else { return nil }
            return "'\(text)' to \(path) is answered \(answers[0]), on a fresh machine \(answers[1])"
        }
    }

    /// What is different once both have come to rest, and the snapshot of the old one.
    private func comparison(with fresh: ServerProcess) -> ([String], TreeSnapshot) {
        let end = ContinuousClock.now + .seconds(Bounds.secondsToRest)
        while true {
            let snapshot = TreeSnapshot(old.path)
            let differences = snapshot.differences(from: TreeSnapshot(fresh.path))
            if differences.isEmpty || ContinuousClock.now > end { return (differences, snapshot) }
            sleep(milliseconds: 100)
        }
    }

    /// What takes every card out and plugs it in again: a queue remembers what has been done to it, one that is new does not.
    private func replugging(_ machine: MachineDescription) -> [(path: String, text: String)] {
        let (file, all) = ("kernel/debug/apmatrix/machine", "0x" + String(repeating: "f", count: 64))
        let adapters = machine.adapters.sorted { $0.key < $1.key }
        let plugs = adapters.map { id, adapter in
            (file, "adapter \(id) type=\(adapter.type) config=\(adapter.config ? 1 : 0) chkstop=\(adapter.chkstop ? 1 : 0)")
        }
        let domain = Array(machine.usageDomains).first.map { [("bus/ap/ap_domain", "\($0)")] } ?? []
        return [("bus/ap/apmask", all), ("bus/ap/aqmask", all)] + adapters.map { (file, "adapter \($0.key) unplug") }
            + [("bus/ap/scans", "1")] + plugs + [("bus/ap/scans", "1")] + domain
    }

    /// What both get then: the module, devices with what the seed chooses, guests; and a scan.
    private var rebuilding: [(path: String, text: String)] {
        var generator = SplitMix64(seed: seed)
        let control = "kernel/debug/apmatrix"
        var writes = [("\(control)/modules", "load vfio_ap")]
        for (index, device) in devices.enumerated() {
            let matrix = "devices/vfio_ap/matrix/\(device)"
            writes.append(("\(MountedHost.type)/create", device))
            if index % 2 == 0 { writes.append(("\(control)/guests", "start guest\(index) \(device)")) }
            for _ in 0..<3 {
                writes.append(("\(matrix)/assign_adapter", "\(generator.pick(MountedHost.adapters))"))
                writes.append(("\(matrix)/assign_domain", "\(generator.pick(MountedHost.domains))"))
                writes.append(("\(matrix)/assign_control_domain", "\(generator.pick(MountedHost.domains))"))
            }
            if index % 4 == 1 { writes.append(("\(control)/guests", "start guest\(index) \(device)")) }
        }
        return writes + [("bus/ap/scans", "1")]
    }
}
