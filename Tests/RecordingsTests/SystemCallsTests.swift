import Glibc
import Recordings
import Sysfs
import Testing
import VFS

/// System calls on a directory of our own, where nothing is refused.
@Suite final class SystemCallsTests {
    private let calls: SystemCalls

    init() throws {
        var template = Array("/tmp/recordings-XXXXXX".utf8CString)
        let made = mkdtemp(&template).map { String(cString: $0) }
        calls = SystemCalls(root: try #require(made))
    }

    deinit {
        for path in made.reversed() {
            _ = calls.answer(.unlink(path))
            _ = calls.answer(.removeDirectory(path))
        }
        rmdir(calls.root)
    }

    private let made: [SysfsPath] =
        ["b", "b/c", "b/f", "b/g", "b/l", "bus", "bus/ap", "bus/ap/scans", "kernel", "kernel/debug", "kernel/debug/apmatrix"]
        + ["machine", "guests", "modules", "uevents", "log", "hardware"].map { SysfsPath("kernel/debug/apmatrix/\($0)".utf8) }

    @Test func everyRequestIsItsSystemCall() throws {
        let uid = getuid(), gid = getgid()
        let script = [
            ("mkdir b", "ok"), ("mkdir b", "err EEXIST"), ("mkdir b/c", "ok"),
            ("creat b/f", "ok"), ("open b/f O_RDWR|O_CREAT|O_EXCL", "err EEXIST"), ("open b/f O_PATH", "ok"),
            (#"write b/f "a\x00b""#, "ok 3"), (#"read b/f"#, #"ok "a\x00b""#),
            (#"writes b/f "12" "345""#, "ok 2 3"), ("read b/f", #"ok "12345""#),
            (#"pwrite b/f 1 "xy""#, "ok 2"), ("pread b/f 1 3", #"ok "xy4""#), ("pread b/f 9 3", #"ok """#),
            ("pread b/f -1 3", "err EINVAL"), ("read b", "err EISDIR"), ("read b/x", "err open ENOENT"),
            ("write b 1", "err open EISDIR"), ("truncate b/f 2", "ok"), ("chmod b/f 4604", "ok"),
            ("stat b/f", "ok file 4604 1 2 \(uid) \(gid)"), ("symlink f b/l", "ok"), ("link b/l", #"ok "f""#),
            ("link b/f", "err EINVAL"), ("access b/l r", "ok"), ("access b/f x", "err EACCES"),
            ("list b", "ok c/ f l@"), ("list b/f", "err ENOTDIR"),
            ("chmod b/c 0755", "ok"), ("tree b", #"ok "d0755 c\n-4604 f\nl0777 l -> f\n""#), ("tree b/f", #"ok """#),
            ("rename b/f b/g", "ok"), ("unlink b/c", "err EISDIR"), ("rmdir b", "err ENOTEMPTY"), ("rmdir b/c", "ok"),
            ("unlink b/g", "ok"), ("unlink b/g", "err ENOENT"), ("unlink b/l", "ok"), ("rmdir b", "ok"),
        ]
        for (line, answer) in script { #expect(calls.answer(try FileRequest(line)) == answer, "\(line)") }
    }

    /// Neither by `..` nor by links, whatever they are followed for; inside, links lead where they like.
    @Test func nothingLeadsOut() throws {
        let outside = calls.root + "-outside", name = outside.split(separator: "/").last.map(String.init) ?? ""
        try #require(mkdir(outside, 0o755) == 0 && creat(outside + "/f", 0o600) >= 0)
        defer {
            for name in ["f", "d", "new", "l"] {
                Glibc.unlink(outside + "/" + name)
                rmdir(outside + "/" + name)
            }
            rmdir(outside)
        }
        for directory: SysfsPath in ["b", "b/c"] { #expect(calls.answer(.makeDirectory(directory)) == "ok") }
        #expect(calls.answer(.open("b/f", [.writeOnly, .create])) == "ok")
        let links = [("up", "../../\(name)"), ("absolute", outside), ("new", "\(outside)/new"), ("in", "../b/c/../f")]
        for (link, target) in links {
            #expect(calls.answer(.symbolicLink(SysfsPath("b/\(link)".utf8), to: Array(target.utf8))) == "ok")
        }
        defer { for (link, _) in links { _ = calls.answer(.unlink(SysfsPath("b/\(link)".utf8))) } }
        for way in ["../\(name)", "b/../../\(name)", "b/up", "b/absolute", "/../\(name)"] {
            for request in [
                "list \(way)", "list \(way)/", "stat \(way)/f", "access \(way)/f r", "truncate \(way)/f 7", "chmod \(way)/f 777",
                "mkdir \(way)/d", "rmdir \(way)/d", "unlink \(way)/f", "symlink x \(way)/l", "rename \(way)/f b/g",
                "rename b/f \(way)/g", "open \(way)/f O_RDWR", "open \(way)/new O_WRONLY|O_CREAT", "creat \(way)/new",
                "tree \(way)/",
            ] {
                #expect(calls.answer(try FileRequest(request)) == "err outside", "\(request)")
            }
            for request in ["read \(way)/f", "write \(way)/f \"x\"", "pread \(way)/f 0 9", "writes \(way)/f \"x\" \"y\""] {
                #expect(calls.answer(try FileRequest(request)) == "err open outside", "\(request)")
            }
        }
        for request in ["creat b/new", "truncate b/new 0", "chmod b/absolute 700", "access b/up r", "stat .."] {
            #expect(calls.answer(try FileRequest(request)) == "err outside", "\(request)")
        }
        for request in [#"write b/in "x""#, "read b/c/../f", "stat b/up", "link b/absolute", "list b/.."] {
            #expect(calls.answer(try FileRequest(request)).hasPrefix("ok "), "\(request)")
        }
        var status = stat()
        #expect(stat(outside + "/f", &status) == 0 && status.st_size == 0 && status.st_mode & 0o777 == 0o600)
        for name in ["d", "new", "l"] { #expect(lstat(outside + "/" + name, &status) != 0, "\(name) was made outside") }
    }

    @Test func aMountHasAControlPlane() throws {
        for path in made.drop(while: { $0 != "bus" }) {
            let isFile = path.bytes.starts(with: "kernel/debug/apmatrix/".utf8) || path == "bus/ap/scans"
            #expect(calls.answer(isFile ? .open(path, [.writeOnly, .create]) : .makeDirectory(path)) == "ok")
        }
        #expect(calls.answer(.write("kernel/debug/apmatrix/uevents", Array("old\n".utf8))) == "ok 4")
        let player = try Player(calls)
        #expect(player.answer("uevents") == #"ok """#)
        #expect(calls.answer(.pwrite("kernel/debug/apmatrix/uevents", offset: 4, Array("new\n".utf8))) == "ok 4")
        #expect(player.answer("uevents") == #"ok "new\n""#)
        #expect(player.answer("hw remove-adapter 05") == "ok")
        #expect(player.answer("read kernel/debug/apmatrix/machine") == #"ok "adapter 05 unplug\n""#)
        #expect(player.answer("settle") == "ok scans")
        #expect(player.answer("read bus/ap/scans") == #"ok "1\n""#)
        #expect(player.answer("bg r read bus/ap/scans") == "ok")
        #expect(player.answer("wait r 60000") == #"ok "1\n""#)
    }
}
