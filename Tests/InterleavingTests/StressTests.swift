import Glibc
import Testing

/// Threads that really run side by side, on a real mount: the program `apmatrix-stress` for a few seconds.
@Suite struct StressTests {
    /// `STRESS=60 swift test --filter StressTests` works longer, as CI does.
    private static let seconds = getenv("STRESS").map { String(cString: $0) } ?? "5"

    @Test(.enabled(if: access("/dev/fuse", R_OK | W_OK) == 0, "needs /dev/fuse"))
    func theHostStaysInOrder() throws {
        let program = try #require(Self.program)
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
        while waitpid(child, &status, 0) == -1, errno == EINTR {}
        #expect(status == 0, "it says above what is wrong")
    }

    /// Lies where the tests lie.
    private static var program: String? {
        for test in ["/proc/self/exe", CommandLine.arguments[0]] + CommandLine.arguments {
            var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
            guard realpath(test, &buffer) != nil else { continue }
            let path = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            let candidate = path.split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/apmatrix-stress"
            if access(candidate, X_OK) == 0 { return candidate }
        }
        return nil
    }
}
