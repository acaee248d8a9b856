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
        arguments: [("mount sys", 1), ("mount -f sys", 1), ("unmount sys", 1), ("machine", 1), ("run -- true", 125), ("moun", 64)])
    func withoutProcTheStatusIsThePromisedOne(words: String, status: Int) throws {
        let outcome = try shell("umount -l /proc; $A \(words); echo $?", inNamespace: true)
        #expect(outcome.output == "\(status)\n", "\(outcome.errors)")
        if status != 64 {
            #expect(outcome.errors.contains("/proc"))
            #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
        }
    }
}
