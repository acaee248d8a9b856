import Foundation
import ProgramTesting
import Testing

/// Recording and replaying, as a user does it.
extension CommandLineTests {
    private static let script = """
        # two adapters for vfio_ap
        > write bus/ap/apmask "-5,-6\\n"
        > read bus/ap/apmask
        < ok "an older answer"
        > hw remove-adapter 05
        > settle
        > list bus/ap/devices
        > write devices/vfio_ap/matrix/mdev_supported_types/vfio_ap-passthrough/create "69904b8e-2a56-4c2a-a5cb-d2bcc8a1e7a1"
        > bg r read devices/ap/card06/type
        > wait r 60000

        """

    @Test func whatAMountAnswersIsAcceptedByReplay() throws {
        let folder = try Folder()
        defer { folder.remove() }
        let (sys, fresh) = (try folder.makeDirectory("sys"), try folder.makeDirectory("fresh"))
        try folder.write(Self.script, to: "script.txt")
        let file = folder.path + "/recording.txt"
        #expect(try Program.run("mount", sys).status == 0)
        let recorded = try Program.run("record", "--root", sys, "-o", file, "--", folder.path + "/script.txt")
        #expect(recorded.status == 0, "\(recorded.errors)")
        #expect(recorded.output.isEmpty, "\(recorded.errors)")
        #expect(recorded.errors.isEmpty, "\(recorded.errors)")
        let recording = try folder.text("recording.txt")
        let beginning =
            "# two adapters for vfio_ap\n> write bus/ap/apmask \"-5,-6\\n\"\n< ok 6\n> read bus/ap/apmask\n< ok \"0xf9ff"
        #expect(recording.hasPrefix(beginning))
        #expect(recording.hasSuffix("> wait r 60000\n< ok \"CEX8P\\n\"\n"))
        #expect(!recording.contains("older"))

        let inProcess = try Program.run("replay", file)
        #expect(inProcess.status == 0, "\(inProcess.output)")
        #expect(inProcess.output.hasPrefix("ok   recording: 8 of 8\n"), "\(inProcess.output)")
        #expect(try Program.run("mount", fresh).status == 0)
        let onMount = try Program.run("replay", "--mount", fresh, file)
        #expect(onMount.status == 0, "\(onMount.output)")
        #expect(onMount.output.hasPrefix("ok   recording: 8 of 8\n"), "\(onMount.output)")
        // it is no fresh machine any more
        let again = try Program.run("replay", "--mount", fresh, file)
        #expect(again.status == 1, "\(again.output)")
        #expect(again.output.hasPrefix("FAIL recording: 7 of 8\n"), "\(again.output)")

        // a recording is not written over
        let refused = try Program.run("record", "--root", sys, "-o", file, file)
        #expect(refused.status == 1)
        #expect(refused.errors.contains("another name"))
        #expect(try folder.text("recording.txt") == recording)
        for mount in [sys, fresh] { #expect(try Program.run("unmount", mount).status == 0) }
    }

    @Test func withoutControlPlaneItIsSaidWhatCannotBePlayed() throws {
        let folder = try Folder()
        defer { folder.remove() }
        let plain = try folder.makeDirectory("plain")
        try folder.write("> mkdir x\n< ok\n> hw remove-adapter 05\n< ok\n> uevents\n< ok \"\"\n", to: "script.txt")
        let script = folder.path + "/script.txt"
        let refused = try Program.run("record", "--root", plain, "-o", plain + "/out", script)
        #expect(refused.status == 1, "\(refused.errors)")
        #expect(refused.errors.contains("script.txt:3: 'hw remove-adapter 05'"), "\(refused.errors)")
        #expect(refused.errors.contains("--skip-control"))
        #expect(refused.errors.split(separator: "\n").count == 1)
        #expect(try FileManager.default.contentsOfDirectory(atPath: plain).isEmpty)

        let replayed = try Program.run("replay", "--mount", plain, script)
        #expect(replayed.status == 0, "\(replayed.output)")
        #expect(replayed.output.contains("ok   script: 1 of 1, 2 not judged"), "\(replayed.output)")
        #expect(
            replayed.output.contains("not judged: 2 requests for a control plane; \(plain)/kernel/debug/apmatrix: No such file"))

        let recorded = try Program.run("record", "--root", plain, "--skip-control", "-", input: "> rmdir x\n> dmesg\n")
        #expect(recorded.status == 0)
        #expect(recorded.errors == "left out: 1 request for a control plane\n")
        #expect(recorded.output == "> rmdir x\n< ok\n# not recorded, no control plane: dmesg\n")
    }

    /// One bad line in the last script, and not even the first is played.
    @Test func aMalformedScriptPlaysNothing() throws {
        let folder = try Folder()
        defer { folder.remove() }
        let plain = try folder.makeDirectory("plain")
        try folder.write("> mkdir x\n", to: "good.txt")
        try folder.write("# so\n> mkdir\n", to: "bad.txt")
        let outcome = try Program.run(
            "record", "--root", plain, "-o", plain + "/out", folder.path + "/good.txt", folder.path + "/bad.txt")
        #expect(outcome.status == 1)
        #expect(outcome.output.isEmpty)
        let message = "\(folder.path)/bad.txt:2: no such request: mkdir; it is written 'mkdir PATH'"
        #expect(outcome.errors.contains(message), "\(outcome.errors)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: plain).isEmpty)
    }
}
