import Foundation
import ProgramTesting
import Testing
import Waiting

/// How Linux is booted, from the command line.
@Suite(.serialized, .bounded) struct BootOptionTests {
    @Test func aMountIsBootedAsItIsTold() throws {
        let folder = try Folder()
        defer { folder.remove() }
        let sys = try folder.makeDirectory("sys")
        try folder.write("boot: {cmdline: ap.domain=71}\n", to: "m.yaml")
        let words = ["mount", "--append", "ap.apmask=0xffff", "--modules", "zcrypt_cex4", folder.path + "/m.yaml", sys]
        #expect(try Program.run(arguments: words).status == 0)
        defer { _ = try? Program.run("unmount", sys) }
        #expect(try folder.text("sys/bus/ap/ap_domain") == "71\n")
        #expect(try folder.text("sys/bus/ap/apmask").hasPrefix("0xffff0000"))
        #expect(try folder.text("sys/kernel/debug/apmatrix/modules") == "zcrypt\nzcrypt_cex4\n")
        #expect(
            try folder.text("sys/kernel/debug/apmatrix/boot")
                == "cmdline: \"ap.domain=71 ap.apmask=0xffff\"\nmodules: [zcrypt_cex4]\n")
        // what is printed is the machine that is there
        let printed = try Program.run("machine", in: sys).output
        #expect(printed.contains("boot:\n  cmdline: \"ap.domain=71 ap.apmask=0xffff\"\n  modules: [zcrypt_cex4]\n"))
    }

    @Test(arguments: [
        (["--modules", "zcrypt,vfio_pa"], "there is no module 'vfio_pa'; there are zcrypt,"),
        (["--append", "a\nb"], "cannot be appended"),
    ]) func whatCannotBeIsRefused(_ words: [String], _ reason: String) throws {
        let folder = try Folder()
        defer { folder.remove() }
        let sys = try folder.makeDirectory("sys")
        let refused = try Program.run(arguments: ["mount"] + words + [sys])
        #expect(refused.status == 1)
        #expect(refused.errors.contains(reason))
        #expect(refused.errors.split(separator: "\n").count == 1)
        let run = try Program.run(arguments: ["run"] + words + ["--", "true"])
        #expect(run.status == 125)
        #expect(run.errors.contains(reason))
    }

    @Test func theMachineOfARecordingIsPrinted() throws {
        let folder = try Folder()
        defer { folder.remove() }
        try folder.write(
            "# machine: clear; adapter 05 type=CEX7C; domain 04 both\n# cmdline: ap.domain=4\n> read bus/ap/ap_domain\n< ok \"4\\n\"\n",
            to: "r.txt")
        let printed = try Program.run("replay", "--print-machine", folder.path + "/r.txt")
        #expect(printed.status == 0)
        #expect(printed.output.contains("05: CEX7C") && printed.output.contains("cmdline: \"ap.domain=4\""))
        #expect(try Program.run("replay", folder.path + "/r.txt").output.contains("1 passed, 0 failed"))
        // on a mount it must be that machine
        let sys = try folder.makeDirectory("sys")
        #expect(try Program.run("mount", sys).status == 0)
        let refused = try Program.run("replay", "--mount", sys, folder.path + "/r.txt")
        #expect(try Program.run("unmount", sys).status == 0)
        #expect(refused.status == 1 && refused.errors.contains("--print-machine"))
        try folder.write(printed.output, to: "m.yaml")
        #expect(try Program.run("mount", folder.path + "/m.yaml", sys).status == 0)
        #expect(try Program.run("replay", "--mount", sys, folder.path + "/r.txt").status == 0)
        #expect(try Program.run("unmount", sys).status == 0)
    }
}
