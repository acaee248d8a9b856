internal import Glibc
internal import Interleavings
internal import Synchronization
internal import SystemPackage

/// A thread that does one thing after the other until it is stopped.
final class Client: Sendable {
    /// From 0 on; goes into the seed of its choices.
    let number: Int
    private let path: String
    private let seed: UInt64
    private let choose: @Sendable (inout SplitMix64) -> Operation
    private let state = Mutex(State())

    private struct State {
        var isStopped = false
        var hasEnded = false
        var operation: Operation?
        var counts = Counts()
    }

    /// - Parameters:
    ///   - path: the mount point.
    ///   - choose: what it does next.
    init(at path: String, number: Int, seed: UInt64, _ choose: @escaping @Sendable (inout SplitMix64) -> Operation) {
        self.path = path
        self.number = number
        self.seed = seed
        self.choose = choose
    }

    func start() {
        startThread { self.run() }
    }

    func stop() {
        state.withLock { $0.isStopped = true }
    }

    /// Whether it has ended, now or within a while.
    func hasEnded(within seconds: Int) -> Bool {
        for _ in 0..<seconds * 100 where !state.withLock({ $0.hasEnded }) { sleep(milliseconds: 10) }
        return state.withLock { $0.hasEnded }
    }

    /// What it is doing at this moment, or was about to do when it was stopped.
    var operation: String { state.withLock { $0.operation?.description ?? "nothing" } }

    var counts: Counts { state.withLock { $0.counts } }

    private func run() {
        var generator = SplitMix64(seed: seed &* 0x9e37_79b9_7f4a_7c15 &+ UInt64(number))
        while true {
            let operation = choose(&generator)
            let isStopped = state.withLock { state in
                state.operation = operation
                return state.isStopped
            }
            if isStopped { break }
            let answer = operation.perform(at: path)
            state.withLock { $0.counts.count(operation.kind, answer.error) }
        }
        state.withLock { $0.hasEnded = true }
    }
}

/// How often each operation was done, and how it was answered.
struct Counts: Sendable {
    private(set) var succeeded = 0
    private(set) var refused = 0
    private var kinds: [String: [String: Int]] = [:]

    var calls: Int { succeeded + refused }

    mutating func count(_ kind: String, _ error: Errno?) {
        if error == nil { succeeded += 1 } else { refused += 1 }
        kinds[kind, default: [:]][error.map { "\($0)" } ?? "ok", default: 0] += 1
    }

    mutating func add(_ other: Counts) {
        succeeded += other.succeeded
        refused += other.refused
        for (kind, answers) in other.kinds { kinds[kind, default: [:]].merge(answers) { $0 + $1 } }
    }

    /// A line for each kind, the most frequent answer first.
    var table: String {
        kinds.sorted { $0.key < $1.key }.map { kind, answers in
            let list = answers.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.value) \($0.key)" }
            return "  \(kind): \(list.joined(separator: ", "))"
        }.joined(separator: "\n")
    }
}
