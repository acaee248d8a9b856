import Glibc
import Testing
import Waiting

/// Threads that really run side by side, on a real mount: the program `apmatrix-stress` for a few seconds.
@Suite(.bounded(besides: "STRESS")) struct StressTests {
    /// `STRESS=60 swift test --filter StressTests` works longer, as CI does.
    private static let seconds = getenv("STRESS").map { String(cString: $0) } ?? "5"

    @Test(.enabled(if: access("/dev/fuse", R_OK | W_OK) == 0, "needs /dev/fuse"))
    func theHostStaysInOrder() throws {
        let program = try #require(Self.program, "apmatrix-stress does not lie where the tests lie")
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        var child: pid_t = 0
        // the thread sanitizer's memory grows by itself
        let growth = getenv("TSAN_OPTIONS") == nil ? [] : ["--growth", "1000000"]
        let words: [String] = [program, "--seconds", Self.seconds] + growth
        let arguments = words.map { strdup($0) }
        defer { for argument in arguments { free(argument) } }
        #expect(posix_spawn(&child, program, &actions, nil, arguments + [nil], environ) == 0)
        var status: Int32 = 0
        let seconds = (Int(Self.seconds) ?? 5) * 2 + 120
        let hasEnded = waitUntil("apmatrix-stress --seconds \(Self.seconds) ends", seconds: seconds) {
            waitpid(child, &status, WNOHANG) == child
        }
        if !hasEnded {
            kill(child, SIGKILL)
            waitpid(child, &status, 0)
        }
        #expect(status == 0, "it says above what is wrong")
    }

    /// Lies where the tests lie.
    private static var program: String? {
        for test in ["/proc/self/exe", CommandLine.arguments[0]] + CommandLine.arguments {
            var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
            guard realpath(test, &buffer) != nil else { continue }
            let path = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(truncatingIfNeeded: $0) }, as: UTF8.self)
            let candidate = path.split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/apmatrix-stress"
            if access(candidate, X_OK) == 0 { return candidate }
        }
        return nil
    }
}
