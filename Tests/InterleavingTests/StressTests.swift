import Glibc
import Testing
import Waiting

/// Threads that really run side by side, on real mounts: the program `apmatrix-stress` for a few seconds. One at a time: each takes
/// the whole computer.
@Suite(
    .serialized, .bounded(besides: "STRESS", "SOAK"),
    .enabled(if: access("/dev/fuse", R_OK | W_OK) == 0, "needs /dev/fuse"))
struct StressTests {
    /// `STRESS=60 swift test --filter StressTests` works longer, as CI does.
    private static let stress = seconds("STRESS") ?? 5
    /// `SOAK=60 SEED=7`: as `make soak`, which does it for a day.
    private static let soak = seconds("SOAK") ?? 3
    private static let seed = getenv("SEED").map { String(cString: $0) } ?? "1"

    private static func seconds(_ name: String) -> Int? { getenv(name).flatMap { Int(String(cString: $0)) } }

    @Test func theHostStaysInOrder() throws {
        // the thread sanitizer's memory grows by itself
        let growth = getenv("TSAN_OPTIONS") == nil ? [] : ["--growth", "1000000"]
        try run(["--seconds", "\(Self.stress)"] + growth, for: Self.stress)
    }

    /// Servers of three releases keep within their bounds, and end as what they were.
    @Test func serversStayWhatTheyAre() throws {
        // the thread sanitizer makes a server many times as large
        guard getenv("TSAN_OPTIONS") == nil else { return }
        try run(["soak", "--seconds", "\(Self.soak)", "--seed", Self.seed], for: Self.soak)
    }

    private func run(_ words: [String], for seconds: Int) throws {
        let program = try #require(Self.program, "apmatrix-stress does not lie where the tests lie")
        var child: pid_t = 0
        let arguments = ([program] + words).map { strdup($0) }
        defer { for argument in arguments { free(argument) } }
        #expect(posix_spawn(&child, program, nil, nil, arguments + [nil], environ) == 0)
        var status: Int32 = 0
        let what = "apmatrix-stress \(words.joined(separator: " ")) ends"
        let hasEnded = waitUntil(what, seconds: seconds * 2 + 240) { waitpid(child, &status, WNOHANG) == child }
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
