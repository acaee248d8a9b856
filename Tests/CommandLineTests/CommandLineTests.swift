import Foundation
import Glibc
import ProgramTesting
import Testing
import Waiting

/// The program answers a user: what works, and what does not in one line that says what to do. They take turns, for the commands
/// look for mounts by themselves.
@Suite(.serialized, .bounded) struct CommandLineTests {
    @Test func aMountAnswersFromTheMomentTheCommandReturns() throws {
        let folder = try Folder()
        defer { folder.remove() }
        let sys = try folder.makeDirectory("sys")
        let mounted = try Program.run("mount", "--kernel", "6.12", sys)
        #expect(mounted.status == 0)
        #expect(mounted.output.isEmpty)
        #expect(mounted.errors.isEmpty)
        #expect(try folder.text("sys/bus/ap/ap_domain") == "4\n")
        #expect(!FileManager.default.fileExists(atPath: sys + "/bus/ap/bindings_complete_count"))

        #expect(try Program.run("machine", "adapter 06 unplug", in: sys).status == 0)
        #expect(try !Program.run("machine", in: sys).output.contains("06:"))
        let again06 = try Program.run("machine", "adapter 06 unplug", in: sys)
        #expect(again06.status == 0)
        #expect(again06.errors == "there is no adapter 06 to unplug; there are 03 05 0a\n")
        let refused = try Program.run("machine", "--mount", sys, "adapter", "06", "colour=red")
        #expect(refused.status == 1)
        #expect(refused.errors.contains("colour=red"))
        #expect(refused.errors.split(separator: "\n").count == 1)
        #expect(try Program.run("log", in: sys).output.contains("colour=red"))
        #expect(try Program.run("uevents", in: sys).output.contains("add@/devices/ap/card05 ACTION=add"))
        #expect(try Program.run("locks", in: sys).output.contains("matrix_dev->lock"))

        let again = try Program.run("mount", sys)
        #expect(again.status == 1)
        #expect(again.errors.contains("already"))
        #expect(again.errors.split(separator: "\n").count == 1)
        #expect(try Program.run("unmount", sys).status == 0)
        #expect(try Program.run("unmount", sys).errors.contains("nothing is mounted there"))
    }

    /// Nobody could end it any more: the control plane has gone from sight with the mount.
    @Test func aLazyUnmountEndsWhatWaits() throws {
        let folder = try Folder()
        defer { folder.remove() }
        let sys = try folder.makeDirectory("sys")
        #expect(try Program.run("mount", sys).status == 0)
        let uuid = "69904b8e-2a56-4c2a-a5cb-d2bcc8a1e7a1"
        let device = "sys/devices/vfio_ap/matrix/\(uuid)"
        try folder.write(uuid, to: "sys/devices/vfio_ap/matrix/mdev_supported_types/vfio_ap-passthrough/create")
        #expect(try Program.run("guest", "start", "--deaf", "mary", uuid, in: sys).status == 0)
        #expect(try Program.run("fault", "read apmask delay=3600s nth=1", in: sys).status == 0)
        let reader = try Program.Running("/bin/cat", arguments: [sys + "/bus/ap/apmask"])
        // the plan is spent when the delay begins, and the file is gone when the removal does
        #expect(try waitUntil("the delay begins") { try Program.run("fault", in: sys).output == "" })
        let remover = try Program.Running("/bin/sh", arguments: ["-c", "echo 1 > \(folder.path)/\(device)/remove"])
        waitUntil("the removal begins") { access("\(folder.path)/\(device)/remove", F_OK) != 0 }

        #expect(try Program.run("unmount", "--lazy", sys).status == 0)
        // root cuts the connection; a machine that is switched off for an ordinary user ends the waits
        _ = try reader.outcome(patience: 60)
        _ = try remover.outcome(patience: 60)
        waitUntil("the server ends") { !Self.isServed(sys) }
    }

    /// Whether a process has this directory as a word of its command.
    private static func isServed(_ directory: String) -> Bool {
        let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return processes.contains { process in
            guard Int(process) != nil, let command = FileManager.default.contents(atPath: "/proc/\(process)/cmdline") else {
                return false
            }
            return command.split(separator: 0).contains { $0.elementsEqual(directory.utf8) }
        }
    }

    @Test func guestsAreStartedListedAndStopped() throws {
        let folder = try Folder()
        defer { folder.remove() }
        let sys = try folder.makeDirectory("sys")
        #expect(try Program.run("mount", sys).status == 0)
        let uuid = "69904b8e-2a56-4c2a-a5cb-d2bcc8a1e7a1"
        let matrix = "sys/devices/vfio_ap/matrix"
        try folder.write("-5", to: "sys/bus/ap/apmask")
        try folder.write(uuid, to: matrix + "/mdev_supported_types/vfio_ap-passthrough/create")
        try folder.write("5", to: matrix + "/\(uuid)/assign_adapter")
        try folder.write("4", to: matrix + "/\(uuid)/assign_domain")
        #expect(try Program.run("guest", "start", "vm1", uuid, in: sys).status == 0)
        #expect(try folder.text("sys/devices/ap/card05/05.0004/status") == "in use\n")
        #expect(try Program.run("guest", in: sys).output == "vm1 \(uuid) req=0 cfg=0 open=1 masks=05/0004/\n")
        let answer = try Program.run("guest", "pqap", "vm1", "05.0004", "on", in: sys).output
        #expect(answer == "PQAP vm1 AQIC-on 05.0004 rc=00 cc=0\n")
        let json = try Program.run("guest", "list", "--json", in: sys).output
        let list = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [[String: Any]])
        #expect(list.first?["name"] as? String == "vm1")
        #expect(list.first?["devices"] as? [String] == [uuid])
        #expect(try Program.run("guest", "start", "vm2", uuid, in: sys).errors.contains("another guest has it"))
        #expect(try Program.run("guest", "stop", "vm1", in: sys).status == 0)
        #expect(try Program.run("guest", "stop", "vm1", in: sys).status == 1)
        #expect(try Program.run("unmount", sys).status == 0)
    }

    @Test func aServerThatWasKilledIsToldOfAndCleanedUp() throws {
        let folder = try Folder()
        defer { folder.remove() }
        let sys = try folder.makeDirectory("sys")
        #expect(try Program.run("mount", sys).status == 0)
        Self.killServer(of: sys)
        let dead = try Program.run("machine", "--mount", sys)
        #expect(dead.status == 1)
        let again = try Program.run("mount", sys)
        #expect(again.status == 1)
        #expect(again.errors.contains("server is gone"))
        #expect(try Program.run("unmount", sys).status == 0)
        #expect(try Program.run("mount", sys).status == 0)
        #expect(try Program.run("unmount", sys).status == 0)
    }

    /// Leaves a dead mount: the guard, which would clean up, is killed first.
    static func killServer(of path: String) {
        for process in processes(of: path).reversed() {
            kill(process, SIGKILL)
            waitUntil("the killed process is gone") { !FileManager.default.fileExists(atPath: "/proc/\(process)/root") }
        }
    }

    /// The process that was started again in the background for this mount.
    static func server(of path: String) -> pid_t? { processes(of: path).first }

    /// That one and its guard, which it has started.
    static func processes(of path: String) -> [pid_t] {
        let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        let found = processes.compactMap { pid_t($0) }.filter { process in
            let line = FileManager.default.contents(atPath: "/proc/\(process)/cmdline") ?? Data()
            let words = line.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
            return words.contains(path) && words.contains("--ready-descriptor")
        }
        // numbers of processes may begin anew
        return found.sorted { one, _ in
            let children = FileManager.default.contents(atPath: "/proc/\(one)/task/\(one)/children") ?? Data()
            return !children.isEmpty
        }
    }

    /// Wrong use, with status 64, and what fails, with status 1: what is wrong stands in the message.
    @Test(arguments: [
        (["mount"], 64, "Missing expected argument"), (["mount", "a", "b", "c"], 64, "Unexpected argument 'c'"),
        (["mount", "--kernel", "5.4", "DIR"], 64, "'6.1', '6.12' or '7.2'"), (["mount", "DIR/missing"], 1, "does not exist"),
        (["mount", "DIR/full"], 1, "is not empty"), (["mount", "DIR/full/file"], 1, "is not a directory"),
        (["mount", "DIR/nofile.yaml", "DIR/empty"], 1, "No such file"),
        (["mount", "DIR/type.yaml", "DIR/empty"], 1, "type.yaml:2:7: 'CEX9Z'"),
        (["mount", "DIR/key.yaml", "DIR/empty"], 1, "key.yaml:1:1: unknown key 'colour'"),
        (["mount", "-o", "colour=red", "DIR/empty"], 1, "colour=red"), (["unmount", "DIR/empty"], 1, "nothing is mounted there"),
        (["machine", "--mount", "DIR/empty"], 1, "not an apmatrix mount"), (["replay", "DIR/nofile.txt"], 1, "No such file"),
        (["replay", "--mount", "DIR/empty", "a.txt", "b.txt"], 64, "mount again for the next"),
        (["replay", "--mount", "DIR/missing", "DIR/empty.txt"], 1, "DIR/missing: No such file"),
        (["record"], 64, "Missing expected argument"), (["record", "DIR/nofile.txt"], 1, "nofile.txt: No such file"),
        (["record", "--root", "DIR/missing", "DIR/empty.txt"], 1, "DIR/missing: No such file"),
        (["record", "--root", "DIR/key.yaml", "DIR/empty.txt"], 1, "key.yaml: Not a directory"),
        (["mount", "-o", "kernel=5.4", "DIR/empty"], 64, "Usage: apmatrix mount"),
        (["umount", "DIR/empty"], 64, "'umount' is no command; did you mean 'unmount'?"),
        (["moun"], 64, "'moun' is no command; did you mean 'mount'?"), (["list"], 64, "did you mean 'guest list'?"),
        (["moun", "DIR/empty", "-o", "ro"], 64, "did you mean 'mount'?"), (["hlep"], 64, "did you mean 'help'?"),
        (["status"], 64, "'status' is no command; the commands are mount, unmount, run,"), (["DIR/empty"], 64, "is no command"),
        (["type.yaml", "DIR/empty"], 64, "'type.yaml' is no command"), ([""], 64, "'' is no command"),
        (["help", "moun"], 64, "did you mean 'mount'?"),
        (["guest", "strat", "vm"], 64, "'strat' is no command of 'guest'; did you mean 'start'?"),
        (["--bogus"], 64, "Unknown option '--bogus'"), (["mount", "--bogus"], 64, "Unknown option '--bogus'"),
        (["mount", "--bogus", "x", "m.yaml", "DIR/empty"], 64, "Unknown option '--bogus'"),
        (["mount", "--kernal", "6.1"], 64, "Did you mean '--kernel'?"), (["unmount", "--lasy"], 64, "Did you mean '--lazy'?"),
        (["guest", "start", "--bogus"], 64, "Unknown option '--bogus'"), (["replay", "--bogus"], 64, "Unknown option '--bogus'"),
        (["mount", "z61", "DIR/empty"], 1, "z61: No such file or directory, and no built-in machine; did you mean 'z16'?"),
        (["mount", "DIR/no/z16", "DIR/empty"], 1, "z16: No such file or directory; give a machine file that can be read, or a "),
        (
            ["run", "--machine", "zmv", "true"], 125,
            "zmv: No such file or directory, and no built-in machine; did you mean 'zvm'?"
        ),
        (["mount", "zvm"], 64, "Error: zvm is a machine; where it is to be mounted is missing\nUsage: apmatrix mount"),
        (["machine", "z61"], 64, "'z61' is no command, and no built-in machine; did you mean 'z16'?"),
        (["machine", "--list", "z16"], 64, "--list stands alone; 'z16' is too much"),
        (["unmount", "/proc"], 1, "not an apmatrix mount but proc; it is left as it is"),
    ])
    func whatIsWrongIsSaid(_ arguments: [String], _ status: Int32, _ message: String) throws {
        let folder = try Folder()
        defer { folder.remove() }
        _ = try folder.makeDirectory("empty")
        _ = try folder.makeDirectory("full")
        try folder.write("", to: "full/file")
        try folder.write("adapters:\n  06: CEX9Z\n", to: "type.yaml")
        try folder.write("colour: red\n", to: "key.yaml")
        try folder.write("", to: "empty.txt")
        let process = try Program.run(arguments: arguments.map { $0.replacingOccurrences(of: "DIR", with: folder.path) })
        #expect(process.status == status)
        #expect(process.errors.contains(message.replacingOccurrences(of: "DIR", with: folder.path)), "\(process.errors)")
    }
}
