internal import Glibc
internal import Machine

/// One server, and all that works on it.
final class Soak {
    private let server: ServerProcess
    private let seed: UInt64
    private let clients: [Client]
    private let readers: StreamReaders
    private let victims: Victims
    /// The largest that it ever was.
    private var highest: ServerProcess.Size
    private let first: ServerProcess.Size
    private var last = ServerProcess.Size()
    private var snapshot: TreeSnapshot?
    private var seconds = 0.0
    /// How many operations there were when last looked at, and since when there have been no more.
    private var progress = (calls: 0, since: Duration.zero)
    private static let devices = MountedHost.uuids(4)

    private init(_ server: ServerProcess, seed: UInt64, threads: Int, readers: Int) {
        self.server = server
        self.seed = seed
        clients = (0..<threads).map { number in
            Client(at: server.path, number: number, seed: seed) { Operation.soaking(Soak.devices, using: &$0) }
        }
        self.readers = StreamReaders(server.path, count: readers)
        victims = Victims(server.path, Soak.devices, seed: seed &+ 1000)
        first = server.size ?? ServerProcess.Size()
        highest = first
    }

    /// Mounts a machine of each release, and gives each its devices.
    ///
    /// - Throws: `Failure` where one cannot be mounted; then none is.
    static func start(_ program: String, seed: UInt64, threads: Int, readers: Int) throws(Failure) -> [Soak] {
        var soaks: [Soak] = []
        for (index, release) in ["6.1", "6.12", "7.2"].enumerated() {
            do throws(Failure) {
                let server = try ServerProcess(program, release: release, machine: MountedHost.machine.yaml)
                let masks = MountedHost.adapters.map { "-\($0)" }.joined(separator: ",")
                _ = SystemCall.write("\(server.path)/bus/ap/apmask", masks)
                for device in devices { _ = SystemCall.write("\(server.path)/\(MountedHost.type)/create", device) }
                soaks.append(Soak(server, seed: seed &+ UInt64(index) << 32, threads: threads, readers: readers))
            } catch {
                for soak in soaks { soak.server.killNow() }
                throw error
            }
        }
        return soaks
    }

    // MARK: - Working

    /// Works on all of them for so long, or until something is wrong or a signal comes.
    ///
    /// - Returns: what is wrong.
    static func work(_ soaks: [Soak], seconds: Double) -> [String] {
        for soak in soaks { soak.begin() }
        let start = ContinuousClock.now
        var nextLine = Duration.seconds(60)
        var faults: [String] = []
        while faults.isEmpty, !StopSignals.haveCome, ContinuousClock.now - start < .seconds(seconds) {
            sleep(milliseconds: 500)
            let elapsed = ContinuousClock.now - start
            for soak in soaks { faults += soak.look(elapsed) }
            guard elapsed >= nextLine else { continue }
            nextLine += .seconds(60)
            print("\(Int(elapsed / .seconds(60))) min: " + soaks.map(\.line).joined(separator: "; "))
            fflush(nil)
        }
        return faults
    }

    private func begin() {
        for client in clients { client.start() }
        readers.start()
        victims.start()
    }

    /// - Returns: the bounds that are not kept.
    private func look(_ elapsed: Duration) -> [String] {
        seconds = elapsed / .seconds(1)
        guard let size = server.size else { return ["\(server.release): the server has ended"] }
        highest.raise(to: size)
        last = size
        relieve(elapsed)
        let sizes = [
            ("kB of memory", size.memory, Bounds.memory), ("threads", size.threads, Bounds.threads),
            ("descriptors", size.descriptors, first.descriptors + Bounds.descriptors),
        ]
        let broken = sizes.filter { $0.1 > $0.2 }.map { "\($0.1) \($0.0), more than \($0.2)" }
        return (victims.result.faults + broken).map { "\(server.release): \($0)" }
    }

    /// Clients that all wait for a guest would wait for each other to stop it: somebody does it who does not wait.
    private func relieve(_ elapsed: Duration) {
        let calls = counts.calls
        if calls != progress.calls { progress = (calls, elapsed) }
        if elapsed - progress.since >= .seconds(Bounds.secondsOfPatience) { Comparison.clear(server) }
    }

    private var counts: Counts { clients.reduce(into: Counts()) { $0.add($1.counts) } }

    private var line: String {
        "\(server.release): \(counts.calls) operations, \(last.memory / 1024) MB, \(last.threads) threads, \(last.descriptors) descriptors"
    }

    // MARK: - The end

    /// Ends the work, compares the machine with a fresh one, and unmounts it.
    ///
    /// - Returns: what is wrong; nothing is left of the server in any case.
    func finish(_ program: String) -> [String] {
        for client in clients { client.stop() }
        readers.stop()
        victims.stop()
        guard server.isAlive else {
            server.killNow()
            return ["\(server.release): the server has ended before the work"]
        }
        let end = ContinuousClock.now + .seconds(Bounds.secondsOfClients)
        var working = clients
        while !working.isEmpty || !readers.hasEnded || !victims.hasEnded, ContinuousClock.now < end {
            // what one of them did last may be what another one waits for
            Comparison.clear(server)
            working.removeAll { $0.hasEnded(within: 0) }
            sleep(milliseconds: 20)
        }
        var faults = working.map { "\(server.release): thread \($0.number) is stuck in: \($0.operation)" }
        if !readers.hasEnded { faults.append("\(server.release): a reader of the streams is stuck") }
        if !victims.hasEnded { faults.append("\(server.release): a client that was killed is stuck") }
        faults += victims.result.faults.map { "\(server.release): \($0)" }
        guard faults.isEmpty else {
            faults.append("the locks:\n" + server.text(of: "kernel/debug/apmatrix/locks"))
            server.killNow()
            return faults
        }
        faults = idleFaults
        do throws(Failure) {
            let (differences, snapshot) = try Comparison(old: server, program: program, devices: Soak.devices, seed: seed).run()
            self.snapshot = snapshot
            faults += differences
        } catch {
            faults.append("\(server.release): \(error)")
        }
        last = server.size ?? last
        return faults + server.unmount()
    }

    /// A server that nobody works on gives its threads back, once the writes of killed clients are done.
    private var idleFaults: [String] {
        guard seconds >= Double(Bounds.idleSeconds) else { return [] }
        let end = ContinuousClock.now + .seconds(Bounds.idleSeconds)
        while let threads = server.size?.threads, threads > Bounds.idleThreads {
            guard ContinuousClock.now < end else {
                let bound = Bounds.idleThreads
                return ["\(server.release): \(threads) threads after \(Bounds.idleSeconds) idle seconds, more than \(bound)"]
            }
            // what one of them did may be what another one waits for
            Comparison.clear(server)
            sleep(milliseconds: 2000)
        }
        return []
    }

    var summary: String {
        let counts = counts
        let killed = victims.result
        let rate = Int(Double(counts.calls) / max(1, seconds))
        return """
            \(server.release): \(counts.calls) operations in \(Int(seconds)) s, \(rate) a second; \(counts.succeeded) succeeded, \
            \(counts.refused) were refused as they should be
              \(killed.killed) clients killed, the slowest gone after \(killed.slowest) ms; \(readers.bytes / 1_048_576) MB of streams read
              memory: \(first.memory) kB at first, \(highest.memory) at the most, \(last.memory) at the end
              threads: \(first.threads), \(highest.threads), \(last.threads); \
            descriptors: \(first.descriptors), \(highest.descriptors), \(last.descriptors)
              compared: \(snapshot?.count ?? 0) files, directories and links; the highest inode number is \(snapshot?.highestInode ?? 0)
            \(counts.table)
            """
    }
}
