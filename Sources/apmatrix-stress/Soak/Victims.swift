internal import CLinux
internal import Glibc
internal import Interleavings
internal import Synchronization

/// Processes that work on a mount and are killed in the middle of it, one after the other.
final class Victims: Sendable {
    struct Result {
        var killed = 0
        /// How long the slowest has taken to go, in milliseconds.
        var slowest = 0
        /// What is wrong.
        var faults: [String] = []
    }

    private struct State {
        var isStopped = false
        var hasEnded = false
        var result = Result()
    }
    private let state = Mutex(State())
    private let path: String
    private let devices: [String]
    private let seed: UInt64

    init(_ path: String, _ devices: [String], seed: UInt64) {
        self.path = path
        self.devices = devices
        self.seed = seed
    }

    var result: Result { state.withLock { $0.result } }
    var hasEnded: Bool { state.withLock { $0.hasEnded } }

    func stop() { state.withLock { $0.isStopped = true } }

    func start() {
        startThread { self.run() }
    }

    private func run() {
        var generator = SplitMix64(seed: seed)
        while !state.withLock({ $0.isStopped || !$0.result.faults.isEmpty }) {
            let script = Self.script(path, (0..<4).map { _ in Operation.soaking(devices, using: &generator) })
            guard let child = Self.start(script) else { break }
            sleep(milliseconds: 1 + generator.below(100))
            // one in three has a handler for the first signal, and is killed by the second one
            let isHandled = generator.below(3) == 0
            if isHandled {
                kill(child, SIGINT)
                sleep(milliseconds: generator.below(10))
            }
            kill(child, SIGKILL)
            let waited = Self.wait(for: child)
            state.withLock { state in
                state.result.killed += 1
                state.result.slowest = max(state.result.slowest, waited ?? 0)
                guard waited == nil else { return }
                let how = isHandled ? "a signal that it handles and then " : ""
                state.result.faults.append(
                    "a client is not gone \(Bounds.secondsOfTheKilled) seconds after \(how)SIGKILL: \(script)")
            }
        }
        state.withLock { $0.hasEnded = true }
    }

    /// These operations for ever, by a shell alone: what it does, it does in its own process.
    private static func script(_ path: String, _ operations: [Operation]) -> String {
        let lines = operations.map { operation in
            switch operation {
            case .write(let file, let text): "echo '\(text)' > \(path)/\(file)"
            case .read(let file): "while read line; do :; done < \(path)/\(file)"
            case .list(let directory): "for name in \(path)/\(directory)/*; do :; done"
            }
        }
        return "trap : INT; while :; do " + lines.joined(separator: "; ") + "; done"
    }

    /// - Returns: the process ID; nil where no process can be made.
    private static func start(_ script: String) -> pid_t? {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // what is refused, the shell would tell
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        let arguments = (["sh", "-c", script] as [String]).map { strdup($0) }
        defer { for argument in arguments { free(argument) } }
        var child: pid_t = 0
        return posix_spawn(&child, "/bin/sh", &actions, nil, arguments + [nil], environ) == 0 ? child : nil
    }

    /// - Returns: the milliseconds until it was gone; nil where it is not.
    private static func wait(for child: pid_t) -> Int? {
        let start = ContinuousClock.now
        while ContinuousClock.now - start < .seconds(Bounds.secondsOfTheKilled) {
            if waitpid(child, nil, WNOHANG) == child { return Int((ContinuousClock.now - start) / .milliseconds(1)) }
            sleep(milliseconds: 1)
        }
        return nil
    }
}
