import Glibc
import SystemAdditions
import SystemPackage
import Testing
import Waiting

@testable import FUSE

@Suite struct MountOptionsTests {
    @Test func knownOptionsAreTyped() throws {
        let options = try MountOptions(["allow_other,ro,uid=1000,gid=100", "fsname=a\\,b,subtype=sys,debug,nonempty"])
        #expect(options.allowOther)
        #expect(options.readOnly)
        #expect(options.debug)
        #expect(options.nonEmpty)
        #expect(options.defaultPermissions)
        #expect(options.uid == 1000)
        #expect(options.gid == 100)
        #expect(options.fsname == "a,b")
        #expect(options.subtype == "sys")
        #expect(options.others.isEmpty)
        #expect(
            options.arguments == [
                "-o", "allow_other", "-o", "ro", "-o", "default_permissions", "-o", "debug", "-o", "fsname=a\\,b", "-o",
                "subtype=sys",
            ])
    }

    @Test func theRestIsPassedOn() throws {
        let options = try MountOptions(["max_read=4096,,noatime"])
        #expect(options.others == ["max_read=4096", "noatime"])
        #expect(options.arguments == ["-o", "default_permissions", "-o", "max_read=4096", "-o", "noatime"])
    }

    @Test func laterOptionsWin() throws {
        let options = try MountOptions(["ro,rw,no_default_permissions"])
        #expect(!options.readOnly)
        #expect(!options.defaultPermissions)
        #expect(options.arguments.isEmpty)
    }

    @Test(arguments: ["uid=", "uid", "uid=-1", "uid=4294967295", "gid=x", "fsname", "fsname=", "ro=1", "allow_other=yes"])
    func wrongValues(option: String) {
        let error = #expect(throws: MountError.self) { try MountOptions([option]) }
        guard case .invalidOption(option, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func optionsUnknownToLibfuse() {
        #expect(throws: MountError.unknownOptions(["colour=red"])) {
            try Session(fileSystem: MemoryFileSystem(), options: MountOptions(["colour=red"]))
        }
    }
}

@Suite struct MountTableTests {
    @Test func linesAreRead() throws {
        let line = "36 35 98:0 /mnt1 /mnt\\0402/a\\134b rw,noatime master:1 shared:2 - ext3 /dev/root rw,errors=continue"
        let entry = try #require(MountTable.Entry(line: line))
        #expect(entry.device == "98:0")
        #expect(entry.mountPoint == "/mnt 2/a\\b")
        #expect(entry.type == "ext3")
        #expect(entry.source == "/dev/root")
        #expect(entry.options == ["rw", "noatime", "rw", "errors=continue"])
    }

    @Test func linesWithoutOptionalFields() throws {
        let entry = try #require(MountTable.Entry(line: "42 27 0:39 / /m rw - fuse.x x rw"))
        #expect(entry.mountPoint == "/m")
        #expect(entry.type == "fuse.x")
    }

    @Test(arguments: ["", "36 35 98:0 / /m rw", "36 35 98:0 / /m rw shared:1 shared:2 shared:3 shared:4", "a - b c d"])
    func otherLinesAreNot(line: String) {
        #expect(MountTable.Entry(line: line) == nil)
    }

    @Test(arguments: [("a\\040b", "a b"), ("\\", "\\"), ("\\04", "\\04"), ("\\999", "\\999"), ("\\303\\274", "ü")])
    func escapes(field: String, decoded: String) {
        #expect(MountTable.decode(field) == Array(decoded.utf8))
    }

    @Test func aMountPointIsBytes() throws {
        let line = Array("42 27 0:39 / /m".utf8) + [0xff] + Array("\\040n rw - fuse.x x rw".utf8)
        let entry = try #require(MountTable.Entry(line: String(latin1: line)))
        #expect(entry.mountPoint.bytes == Array("/m".utf8) + [0xff] + Array(" n".utf8))
    }

    @Test func rootIsMounted() {
        #expect(MountTable.current().contains { $0.mountPoint == "/" })
    }
}

@Suite(.bounded)
struct MountErrorTests {
    private func error(at path: String, _ options: [String] = []) throws -> MountError? {
        let session = try Session(fileSystem: MemoryFileSystem(), options: MountOptions(options))
        do throws(MountError) {
            try session.mount(at: path)
            return nil
        } catch {
            #expect(!error.description.contains("\n"))
            return error
        }
    }

    @Test func wrongPlaces() throws {
        #expect(try error(at: "/nonexistent/place") == .missing("/nonexistent/place"))
        #expect(try error(at: "/etc/passwd") == .notDirectory("/etc/passwd"))
        #expect(try error(at: "/etc") == .notEmpty("/etc"))
        #expect(try error(at: "/etc/passwd/x") == .notDirectory("/etc/passwd/x"))
    }

    @Test func placeThatIsTaken() throws {
        try withMount(options: ["subtype=memory,fsname=here"]) { mount throws in
            let error = try error(at: mount.path)
            #expect(error == .alreadyMounted(mount.path, type: "fuse.memory", source: "here"))
        }
    }

    @Test func nonEmptyPlaceOnDemand() throws {
        let path = try makeDirectory()
        defer { rmdir(path) }
        #expect(mkdir(path + "/x", 0o755) == 0)
        defer { rmdir(path + "/x") }
        #expect(try error(at: path) == .notEmpty(path))
        #expect(try error(at: path, ["nonempty"]) == nil)
    }

    @Test func deadMount() throws {
        let path = try makeDirectory()
        defer { rmdir(path) }
        let session = try Session(fileSystem: MemoryFileSystem(), options: MountOptions())
        try session.mount(at: path)
        // The device is taken from under the session, as when a server is killed.
        let device = try MountPoint.openDevice()
        dup2(device, session.descriptor)
        close(device)
        #expect(try error(at: path) == .dead(path))
        #expect(try error(at: path, ["nonempty"]) == .dead(path))
    }

    @Test func unmounting() throws {
        let path = try makeDirectory()
        defer { rmdir(path) }
        #expect(throws: MountError.notMounted(path)) { try MountTable.unmount(path, lazy: false) }
        try withMount { mount throws in
            let file = try FileDescriptor.open(FilePath(mount.path + "/file"), .readOnly)
            #expect(throws: MountError.busy(mount.path)) { try MountTable.unmount(mount.path, lazy: false) }
            #expect(mount.isMounted)
            try MountTable.unmount(mount.path, lazy: true)
            #expect(!mount.isMounted)
            #expect(throws: Errno.ENOTCONN) { try file.close() }
        }
    }
}
