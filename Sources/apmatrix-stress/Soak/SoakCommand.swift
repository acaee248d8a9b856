internal import ArgumentParser
internal import Glibc

/// Works on mounts of the program for a day, and looks whether they have become anything else than older.
struct SoakCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "soak",
        abstract: "Let servers of three releases work for long, and see whether they stay what they are.",
        discussion: """
            Of each release a server of its own is mounted. Threads do system calls chosen at random on each: guests, hot plug, \
            modules, masks, faults; others hold the streams open and read them; processes are killed in the middle. All the time \
            each server must keep within its memory, its threads and its descriptors. At the end everybody must come back, and \
            each file be the same as on a fresh machine in the same state. Exits with 1 otherwise.
            """)

    @Option(help: "How long.")
    var seconds = 60

    @Option(help: "How long, in hours, instead.")
    var hours: Double?

    @Option(help: "What the random choices start from.")
    var seed: UInt64 = 1

    @Option(help: "How many threads work on each mount.")
    var threads = 6

    @Option(help: "How many open files of streams there are on each mount.")
    var readers = 100

    @Option(help: "The program; the one that lies beside this one if nothing is said.")
    var program: String?

    /// Bounds the options, for a mistyped number would take all of the computer.
    ///
    /// - Throws: `ValidationError` for no time, or too many threads and readers.
    func validate() throws {
        guard duration > 0, duration < 1e7, (1...64).contains(threads), (0...500).contains(readers) else {
            throw ValidationError("a second at least, 1 to 64 threads, 0 to 500 readers")
        }
    }

    private var duration: Double { hours.map { $0 * 3600 } ?? Double(seconds) }

    /// Mounts, works, and looks. Exits with 1 where something is wrong.
    ///
    /// - Throws: `Failure` where something cannot be mounted.
    func run() throws {
        let program = try program ?? Self.neighbour()
        print("SEED=\(seed): \(Int(duration)) s, \(threads) threads and \(readers) readers on each mount")
        fflush(nil)
        StopSignals.install()
        let soaks = try Soak.start(program, seed: seed, threads: threads, readers: readers)
        var faults = Soak.work(soaks, seconds: duration)
        for soak in soaks { faults += soak.finish(program) }
        for soak in soaks { print(soak.summary) }
        for fault in faults { print("FAULT: \(fault)") }
        guard faults.isEmpty else {
            print("SEED=\(seed): \(faults.count) faults")
            Glibc.exit(1)
        }
        print("SEED=\(seed): in order: every bound kept, every client back, each file as on a fresh machine")
    }

    private static func neighbour() throws(Failure) -> String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        guard realpath("/proc/self/exe", &buffer) != nil else { throw Failure("/proc/self/exe leads nowhere") }
        let here = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let path = here.split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/apmatrix"
        guard access(path, X_OK) == 0 else { throw Failure("\(path) is not there: build it, or say --program") }
        return path
    }
}
