import Glibc
import Kernels
import Recordings
import Sysfs
import SystemAdditions
import SystemPackage
import Testing
import VFS

@Suite struct ScriptTests {
    private let text = #"""
        # a comment

        > read bus/ap/ap_max_domain_id
        < ok "an older answer\n"
        > hw remove-adapter 07
        > settle
        """#

    @Test func theAnswersOfARecordingArePassedOver() throws {
        let script = try Script(file: "s", text: Array(text.utf8))
        #expect(script.steps.map(\.text) == ["read bus/ap/ap_max_domain_id", "hw remove-adapter 07", "settle"])
        #expect(script.steps.map(\.number) == [3, 5, 6])
        #expect(script.lines.prefix(2) == [.comment("# a comment"), .comment("")])
        #expect(try Script(file: "s", text: []).lines.isEmpty)
    }

    @Test(arguments: [
        ("# x\nread a\n", 2, "neither request nor comment: read a; they begin with '> ' and '#'"),
        (">read a", 1, "they begin with '> '"), ("> read a\r\n", 1, "a carriage return"),
        ("> ping\n\n> read a b", 3, "no such request: read a b; it is written 'read PATH'"),
        ("> dance", 1, "a request is one of write writes"), ("> write a \"x", 1, #"not well quoted: write a "x; data stands"#),
        ("> bg r settle", 1, "bg NAME REQUEST, with a request that is a system call"), ("> bg r", 1, "bg NAME REQUEST"),
        ("> pread a one 2", 1, "pread PATH OFFSET COUNT"), ("> pread a 1 2x", 1, "pread PATH OFFSET COUNT"),
        ("> truncate a x", 1, "truncate PATH LENGTH"), ("> chmod a 9", 1, "chmod PATH MODE"),
        ("> pwrite a x y", 1, "pwrite PATH OFFSET"),
        ("> wait r soon", 1, "wait NAME [MILLISECONDS]"), ("> sleep 9223372036854775807", 1, "sleep MILLISECONDS"),
        ("> ", 1, "one of"),
    ])
    func whatIsWrongIsSaidWithItsLine(text: String, line: Int, message: String) throws {
        let error = try #require(throws: Script.Malformed.self) { try Script(file: "dir/s.txt", text: Array(text.utf8)) }
        #expect(error.line == line)
        #expect(error.description.hasPrefix("dir/s.txt:\(line): "), "\(error)")
        #expect(error.description.contains(message), "\(error)")
    }

    @Test func aRequestIsKnownBeforeItIsPlayed() throws {
        let machine = try SampleMachine()
        let player = try Player(TreeCalls(tree: machine.tree), pace: .virtual { _ in })
        var lines: [String] = []
        let leftOut = try Script(file: "s", text: Array(text.utf8)).record(on: player) { line in
            lines.append(line)
            if line == "> settle" { #expect(machine.commands == ["machine: adapter 07 unplug\n"]) }
        }
        #expect(leftOut == 0)
        #expect(machine.commands.last == "scan")
        #expect(
            lines == [
                "# a comment", "", "> read bus/ap/ap_max_domain_id", #"< ok "255\n""#, "> hw remove-adapter 07", "< ok",
                "> settle",
                "< ok scans",
            ])
    }

    @Test func aRecordingThatCannotBeWrittenEnds() throws {
        struct Full: Error {}
        let machine = try SampleMachine()
        let player = try Player(TreeCalls(tree: machine.tree), pace: .virtual { _ in })
        let script = try Script(file: "s", text: Array(text.utf8))
        #expect(throws: Full.self) {
            try script.record(on: player) { line throws(Full) in if line.hasPrefix("> hw") { throw Full() } }
        }
        #expect(machine.commands.isEmpty)
    }

    @Test func whatIsRecordedIsReplayed() throws {
        let machine = try SampleMachine()
        let player = try Player(TreeCalls(tree: machine.tree), pace: .virtual { _ in })
        var text: [UInt8] = []
        try Script(file: "s", text: Array(self.text.utf8)).record(on: player) { text += "\($0)\n".latin1 }
        #expect(try Recording(name: "s", text: text).replay(on: player, release: .v7_2).isPassed)
    }
}

/// A directory with nothing of AP in it, as the sysfs of most machines.
@Suite final class PlainRootTests {
    private let root: String

    init() throws {
        var template = Array("/tmp/recordings-XXXXXX".utf8CString)
        let made = mkdtemp(&template).map { String(cString: $0) }
        root = try #require(made)
    }

    deinit {
        unlink(root + "/file")
        rmdir(root)
    }

    @Test func whatNeedsAControlPlaneIsNotJudged() throws {
        let player = try Player(root: root)
        #expect(player.lacksControlPlane == .ENOENT)
        let text =
            "> creat file\n< ok\n> hw remove-adapter 05\n< ok\n> uevents\n< ok \"\"\n> read file\n< ok \"1\"\n> read x\n< skipped\n"
        let verdict = try Recording(name: "plain", text: Array(text.utf8)).replay(on: player, release: .v7_2)
        #expect(verdict.notJudged == 2)
        #expect(verdict.mismatches.map(\.number) == [4])
        #expect(verdict.report().hasPrefix("FAIL plain: 2 of 3, 2 not judged\n"))
        #expect(Verdict.summary(of: [verdict]) == "2 of 3 answers as the kernel's\n0 passed, 1 failed\n")
    }

    @Test func whatNeedsAControlPlaneBecomesAComment() throws {
        let script = try Script(file: "s", text: Array("> ping\n> guest stop g\n> read file\n".utf8))
        var lines: [String] = []
        #expect(script.record(on: try Player(root: root)) { lines.append($0) } == 1)
        #expect(
            lines == ["> ping", "< ok", "# not recorded, no control plane: guest stop g", "> read file", "< err open ENOENT"])
    }

    @Test func everyRequestIsSystemCallsOrTheControlPlanes() throws {
        let control = [
            "hw events", "hw domain 04 none", "guest stop g", "guest events g", "module load vfio_ap", "uevents", "dmesg",
        ]
        for line in control { #expect(try Request(line).needsControlPlane, "\(line)") }
        for line in ["read a", "bg r read a", "wait r", "settle", "idle", "sleep 1", "ping"] {
            #expect(try !Request(line).needsControlPlane, "\(line)")
        }
    }

    @Test func noDirectoryIsNoRoot() throws {
        #expect(throws: Errno.ENOENT) { try Player(root: self.root + "/nothing") }
        _ = SystemCalls(root: root).answer(.open("file", [.writeOnly, .create]))
        #expect(throws: Errno.ENOTDIR) { try Player(root: self.root + "/file") }
    }
}
