import Foundation
import ProgramTesting
import Testing
import Waiting

/// The built-in machines, from the command line.
@Suite(.serialized, .bounded) struct NamedMachineTests {
    private static let names = ["default", "z15", "z16", "z17", "linuxone", "zvm", "secure-guest", "no-ap"]

    @Test func theyAreListedWithoutAMount() throws {
        let outcome = try Program.run("machine", "--list")
        let lines = outcome.output.split(separator: "\n")
        #expect(lines.compactMap { $0.split(separator: " ").first.map(String.init) } == Self.names)
        #expect(lines.allSatisfy { $0.count > 30 && $0.count < 130 }, "\(outcome.output)")
        #expect(outcome.status == 0 && outcome.errors.isEmpty)
    }

    @Test func aNameIsAnsweredWithTheFile() throws {
        let file = try String(contentsOfFile: Repository.root + "/mountpoints/machines/z16.yaml", encoding: .utf8)
        #expect(try Program.run("machine", "z16").output == file)
    }

    /// What is printed can be changed and mounted; a file that has a name is meant by its path.
    @Test func aNameIsTakenWhereAFileIs() throws {
        let folder = try Folder()
        defer { folder.remove() }
        let sys = try folder.makeDirectory("sys")
        try folder.write("adapters: {05: CEX5C}\n", to: "z16")
        for (machine, type) in [("z16", "CEX8C\n"), ("./z16", "ENOENT"), ("none", "ENOENT")] {
            #expect(try Program.run("mount", machine, sys, in: folder.path).status == 0)
            defer { _ = try? Program.run("unmount", sys) }
            #expect(((try? folder.text("sys/devices/ap/card02/type")) ?? "ENOENT") == type, "\(machine)")
        }
    }

    /// In the form in which mount(8) calls the program: no name is taken for a mistyped command.
    @Test func mountTakesEachName() throws {
        let folder = try Folder()
        defer { folder.remove() }
        let sys = try folder.makeDirectory("sys")
        for name in Self.names {
            #expect(try Program.run(name, sys, "-o", "ro,kernel=6.12").status == 0, "\(name)")
            defer { _ = try? Program.run("unmount", sys) }
            let running = try Program.run("machine", "--mount", sys).output
            #expect(running.contains("notification: 1") == (name != "default"), "\(name)")
            #expect(FileManager.default.fileExists(atPath: sys + "/bus/ap") == (name != "no-ap"), "\(name)")
        }
    }

    @Test func aRunTakesAName() throws {
        let script = "cat /sys/bus/ap/poll_timeout; ls -d /sys/bus/ap /sys/module/ap/parameters"
        func run(_ machine: String) throws -> String {
            try Program.run("run", "--machine", machine, "--", "sh", "-c", script).output
        }
        #expect(try run("zvm") == "1500000\n/sys/bus/ap\n/sys/module/ap/parameters\n")
        #expect(try run("no-ap") == "/sys/module/ap/parameters\n")
    }
}
