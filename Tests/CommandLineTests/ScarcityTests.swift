import Glibc
import ProgramTesting
import Testing
import Waiting

/// What the program needs and does not find is said in one line that is right, on the promised status.
@Suite(.serialized, .bounded) struct ScarcityTests {
    /// Runs a script in which `$A` is the program, in a directory of its own with `sys` in it.
    private func shell(_ script: String, inNamespace: Bool = false) throws -> Program.Outcome {
        let folder = try Folder()
        defer { folder.remove() }
        _ = try folder.makeDirectory("sys")
        let words = (inNamespace ? ["unshare", "-m"] : []) + ["sh", "-c", script]
        return try Program.run("/usr/bin/env", arguments: words, in: folder.path, environment: ["A": Program.path])
    }

    // MARK: - /proc

    @Test(
        .enabled(if: geteuid() == 0, "only root can take /proc away"),
        arguments: [
            ("mount sys", 1), ("mount -f sys", 1), ("unmount sys", 1), ("machine", 1), ("run -- true", 125), ("moun", 64),
        ])
    func withoutProcTheStatusIsThePromisedOne(words: String, status: Int) throws {
        let outcome = try shell("umount -l /proc; $A \(words); echo $?", inNamespace: true)
        #expect(outcome.output == "\(status)\n", "\(outcome.errors)")
        if status != 64 {
            #expect(outcome.errors.contains("/proc"))
            #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
        }
    }

    // MARK: - Limits

    /// Of open files: what is not enough is said, and it is never the machine's fault.
    @Test(arguments: [4, 5, 6, 7, 8, 10, 12, 14]) func aMountThatMayOpenTooFewFilesSaysSo(count: Int) throws {
        let outcome = try shell("(ulimit -n \(count); exec $A mount sys); echo $?; $A unmount sys 2> /dev/null")
        if outcome.output == "0\n" { return }
        #expect(outcome.output == "1\n")
        // Dispatch ends the server where it cannot have one
        #expect(outcome.errors.contains("ulimit -n 64") || outcome.errors.contains("ended by signal"), "\(outcome.errors)")
    }

    /// One line, whichever of its processes meets the limit.
    @Test(arguments: [4, 5, 8, 9, 12, 14, 16].map { "ulimit -n \($0)" } + ["ulimit -v 100000"])
    func aRunThatMayHaveTooLittleSaysSo(limit: String) throws {
        let outcome = try shell("(\(limit); exec $A run -- true); echo $?")
        // below that the program cannot be loaded
        if outcome.output == "0\n" || outcome.output == "127\n" { return }
        #expect(outcome.output == "125\n", "\(outcome.errors)")
        #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
        #expect(outcome.errors.contains("ulimit -"), "\(outcome.errors)")
        #expect(!outcome.errors.contains("apmatrix mount"), "\(outcome.errors)")
    }

    /// A write to a file that may not become larger is an error for the program, and the signal that it is by default for the command of
    /// a run.
    @Test(.enabled(if: geteuid() == 0, "only root mounts without fusermount3"))
    func aLimitOfFilesSizesIsALineAndForTheCommandASignal() throws {
        let mounted = try shell("(ulimit -f 0; exec $A mount sys); echo $?; $A unmount sys; echo $?")
        #expect(mounted.output == "0\n0\n", "\(mounted.errors)")
        let printed = try shell("(ulimit -f 0; exec $A --help 2>&1 > file) | cat")
        #expect(printed.output == "Error: standard output: File too large; allow larger files, ulimit -f\n")
        let inside = try shell("(ulimit -f 0; exec $A run -- sh -c 'echo x > file'); echo $?")
        #expect(inside.output == "\(128 + SIGXFSZ)\n", "\(inside.errors)")
    }
}
