import Recordings
import Testing
import VFS

@Suite struct RequestTests {
    @Test func filesAreRead() throws {
        func file(_ line: String) throws -> FileRequest? {
            if case .file(let request) = try Request(line) { request } else { nil }
        }
        #expect(try file(#"write bus/ap/apmask "-0x05,\"\n""#) == .write("bus/ap/apmask", Array("-0x05,\"\n".utf8)))
        #expect(try file("write a b") == .write("a", Array("b".utf8)))
        #expect(try file(#"writes a "1" 2 """#) == .writes("a", [[0x31], [0x32], []]))
        #expect(try file(#"pwrite a 0x10 "1""#) == .pwrite("a", offset: 16, [0x31]))
        #expect(try file(#"pwrite a -1 "1""#) == .write("a", [0x31]))
        #expect(try file("read a") == .read("a"))
        #expect(try file("pread a 2 100") == .pread("a", offset: 2, count: 100))
        #expect(try file("pread a 2 -1") == .read("a"))
        #expect(try file("list a") == .list("a"))
        #expect(try file("tree a") == .tree("a"))
        #expect(try file("link a") == .link("a"))
        #expect(try file("stat \"a b\"") == .stat("a b"))
        #expect(try file("open a O_RDWR|O_TRUNC") == .open("a", [.readWrite, .truncate]))
        #expect(try file("mkdir a") == .makeDirectory("a"))
        #expect(try file("rmdir a") == .removeDirectory("a"))
        #expect(try file("unlink a") == .unlink("a"))
        #expect(try file("creat a") == .open("a", [.writeOnly, .create, .truncate]))
        #expect(try file("create a") == file("creat a"))
        #expect(try file("rename a b") == .rename("a", to: "b"))
        #expect(try file("symlink x a") == .symbolicLink("a", to: [0x78]))
        #expect(try file("truncate a 100") == .truncate("a", length: 100))
        #expect(try file("chmod a 0644") == .changeMode("a", 0o644))
        #expect(try file("access a rw") == .access("a", [.read, .write]))
        #expect(try file("access a x") == .access("a", .execute))
        #expect(try file(#"stat "a\0b""#) == .stat("a"))
    }

    @Test func nodesAndOpenFilesAreAsked() throws {
        func file(_ line: String) throws -> FileRequest? {
            if case .file(let request) = try Request(line) { request } else { nil }
        }
        let rows: [(String, FileRequest)] = [
            ("readdir a", .listing("a")), ("dump a", .dump("a")), ("reads a 7", .reads("a", count: 7)),
            ("sendfile a", .send("a")),
            ("hardlink a b", .node(.link("a", to: "b"))), ("mknod a char", .node(.makeNode("a", .character))),
            ("rename2 a b exchange", .node(.rename("a", to: "b", .exchange))),
            ("chown a 12 -1", .node(.changeOwner("a", uid: 12, gid: nil))), ("utimes a", .node(.changeTimes("a"))),
            ("exec a", .node(.execute("a"))), ("getxattr a user.x", .node(.extendedAttribute("a", Array("user.x".utf8)))),
            ("listxattr a", .node(.extendedAttributes("a"))),
            ("setxattr a user.x 1", .node(.setExtendedAttribute("a", Array("user.x".utf8), to: [0x31]))),
            ("removexattr a user.x", .node(.setExtendedAttribute("a", Array("user.x".utf8), to: nil))),
            ("fopen f a O_RDWR|O_TRUNC", .held("f", .open("a", [.readWrite, .truncate]))),
            ("fopenat f d a O_RDONLY", .held("f", .openAt(directory: "d", "a", .readOnly))), ("fclose f", .held("f", .close)),
            ("fread f 5", .held("f", .read(count: 5))), ("fpread f 0x10 5", .held("f", .pread(offset: 16, count: 5))),
            ("fwrite f \"\"", .held("f", .write([[]]))), ("fwritev f 1 2", .held("f", .write([[0x31], [0x32]]))),
            ("fpwrite f 2 1", .held("f", .pwrite(offset: 2, [0x31]))), ("fseek f -1 end", .held("f", .seek(-1, .end))),
            ("fstat f", .held("f", .status)), ("fpoll f", .held("f", .poll)), ("freaddir f 9", .held("f", .names(count: 9))),
            ("fmmap f", .held("f", .map)), ("ftruncate f 5", .held("f", .truncate(length: 5))),
            ("fsync f", .held("f", .synchronize)), ("fioctl f", .held("f", .control)), ("ffallocate f", .held("f", .allocate)),
            ("fchmod f 0600", .held("f", .changeMode(0o600))),
        ]
        for (line, request) in rows { #expect(try file(line) == request, "\(line)") }
    }

    @Test func theMachineIsAsked() throws {
        #expect(try Request("hw adapter 07 type=CEX8C") == .command(.machine, "adapter 07 type=CEX8C", pause: .zero))
        #expect(try Request("hw remove-adapter 07") == .command(.machine, "adapter 07 unplug", pause: .zero))
        #expect(try Request("hw events") == .news(.hardware))
        #expect(try Request("guest start g U V") == .command(.guests, "start g U V", pause: .milliseconds(20)))
        #expect(try Request("guest start-deaf g U") == .command(.guests, "start-deaf g U", pause: .milliseconds(20)))
        #expect(try Request("guest kill g") == .command(.guests, "kill g", pause: .milliseconds(200)))
        #expect(try Request("guest events g") == .guestEvents(name: "g"))
        #expect(try Request("module load vfio_ap") == .command(.modules, "load vfio_ap", pause: .zero))
        #expect(try Request("uevents") == .news(.uevents))
        #expect(try Request("dmesg") == .news(.log))
        #expect(try Request("settle") == .settle)
        #expect(try Request("idle") == .pause(.milliseconds(300)))
        #expect(try Request("sleep 5") == .sleep(.milliseconds(5)))
        #expect(try Request("ping") == .ping)
        #expect(try Request("bg bg  read \"bg x\"") == .background(name: "bg", .file(.read("bg x"))))
        let guest = Request.command(.guests, "start h U", pause: .zero)
        #expect(try Request("bg gs guest start h U") == .background(name: "gs", guest))
        let module = Request.command(.modules, "unload vfio_ap", pause: .zero)
        #expect(try Request("bg mu module unload vfio_ap") == .background(name: "mu", module))
        #expect(try Request("wait r 700") == .wait(name: "r", .milliseconds(700)))
        #expect(try Request("wait r") == .wait(name: "r", .seconds(1)))
    }

    @Test(arguments: [
        "", "frobnicate x", "read", "read a b", "write a", "write a \"x", #"write a "\q""#, "open a O_WRONG", "guest stop",
        "guest dance g", "guest start g", "module vfio_ap", "bg r", "bg r settle", "hw", "uevents now", "bg r hw events",
        "mknod a block", "rename2 a b", "fseek f 0 top",
        "fread f -1", "chown a x 1", "fopen f a O_WRONG",
    ]) func unknownOnesSayWhatTheyAre(line: String) {
        #expect { try Request(line) } throws: { error in
            guard let error = error as? Request.Unreadable else { return false }
            return line.hasPrefix("bg") || error.description.contains(line)
        }
    }
}
