internal import ArgumentParser
internal import Glibc

@main
struct StressCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apmatrix-stress", abstract: "See whether mounts stay in order when much is done to them.",
        subcommands: [WorkCommand.self, SoakCommand.self], defaultSubcommand: WorkCommand.self)
}

/// Works on a mounted host with many threads for a while, and then looks whether everything is as it should be.
struct WorkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "work",
        abstract: "Work on a mounted host with many threads and guests, and see whether it stays in order.",
        discussion: """
            Every thread does system calls chosen at random: assigns, guests that start and stop, devices made and removed, \
            queues bound and unbound, masks, and changes of the machine. At the end every thread must come back, every lock \
            be free, the host be in order and the memory what it was after a quarter of the time. Exits with 1 otherwise.
            """)

    @Option(help: "How long.")
    var seconds = 60

    @Option(help: "How many threads.")
    var threads = 16

    @Option(help: "How many guests, each with a device.")
    var guests = 8

    @Option(help: "What the random choices start from.")
    var seed: UInt64 = 1

    /// What the allocator's arenas of so many threads keep at one moment and not at the next.
    @Option(help: "By how many kilobytes the memory may grow, besides the logs.")
    var growth = 12 * 1024

    /// Bounds the options, for a mistyped number would take all of the computer.
    ///
    /// - Throws: `ValidationError` for less than a second, or not 1 to 64 threads and guests.
    func validate() throws {
        guard seconds > 0, (1...64).contains(threads), (1...64).contains(guests) else {
            throw ValidationError("a second at least; 1 to 64 threads and guests")
        }
    }

    /// Boots and mounts a host, works on it, and looks at it. Exits with 1 where something is wrong with it.
    ///
    /// - Throws: as `MountedHost.init`.
    func run() throws {
        let host = try MountedHost(guests: guests)
        print("\(threads) threads, \(guests) guests, \(seconds) s, seed \(seed), mounted at \(host.path)")
        fflush(nil)
        var faults = work(on: host)
        if faults.isEmpty { faults = host.inspect() }
        // threads that are stuck would be waited for
        if faults.isEmpty { host.unmount() } else { host.detach() }
        for fault in faults { print("FAULT: \(fault)") }
        guard faults.isEmpty else { Glibc.exit(1) }
        print("in order: no queue in two devices, no guest with what it must not have, every lock free, no thread stuck")
    }

    /// - Returns: what went wrong while working.
    private func work(on host: MountedHost) -> [String] {
        let devices = host.devices
        let clients = (0..<threads).map { number in
            Client(at: host.path, number: number, seed: seed) { Operation.random(devices, using: &$0) }
        }
        for client in clients { client.start() }
        sleep(milliseconds: seconds * 250)
        let (warm, warmLogs) = (Memory.resident, host.logSize)
        sleep(milliseconds: seconds * 750)
        for client in clients { client.stop() }
        let stuck = clients.filter { !$0.hasEnded(within: 60) }
        guard stuck.isEmpty else {
            return stuck.map { "thread \($0.number) is stuck in: \($0.operation)" } + [host.lockTable]
        }
        let counts = clients.reduce(into: Counts()) { $0.add($1.counts) }
        let rate = counts.calls / max(1, seconds)
        print(
            "\(counts.calls) operations, \(rate) a second; \(counts.succeeded) succeeded, \(counts.refused) were refused as they should be"
        )
        print(counts.table)
        let (end, endLogs) = (Memory.resident, host.logSize)
        let logs = (endLogs - warmLogs) / 1024
        print("memory: \(warm) kB after a quarter, \(end) kB at the end, of which the logs have \(logs) kB more")
        guard end - warm <= growth + logs else { return ["the memory grew by \(end - warm) kB, the logs by \(logs) kB"] }
        return []
    }
}

func sleep(milliseconds: Int) {
    var left = timespec(tv_sec: milliseconds / 1000, tv_nsec: milliseconds % 1000 * 1_000_000)
    var remaining = timespec()
    while nanosleep(&left, &remaining) == -1 { left = remaining }
}
