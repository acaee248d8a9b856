import Glibc
import Machine
import SystemPackage
import Testing

/// A machine file is read, and what is none is refused by what it is.
@Suite struct MachineFileTests {
    /// A directory of a test's own, gone with it.
    private final class Folder {
        let path: String

        init() throws {
            var template = Array("/tmp/apmatrix-machine-XXXXXX".utf8CString)
            path = String(cString: try #require(mkdtemp(&template)))
        }

        deinit {
            for name in ["fifo", "socket", "file"] { unlink("\(path)/\(name)") }
            rmdir(path)
        }

        func write(_ bytes: [UInt8]) throws -> String {
            let file = try FileDescriptor.open(
                FilePath("\(path)/file"), .writeOnly, options: [.create, .truncate], permissions: [.ownerReadWrite])
            _ = try file.closeAfter { try file.writeAll(bytes) }
            return "\(path)/file"
        }
    }

    private func error(_ file: String) -> String {
        do {
            let machine = try MachineDescription(file: file)
            return "accepted: \(machine.yaml)"
        } catch {
            return error.description
        }
    }

    @Test func aFileIsReadUnderItsName() throws {
        let folder = try Folder()
        let file = try folder.write(Array("adapters: {05: CEX8C}\n".utf8))
        #expect(try MachineDescription(file: file) == MachineDescription(yaml: "adapters: {05: CEX8C}"))
        #expect(try MachineDescription(file: nil) == .default)
        _ = try folder.write(Array("adapters: {05: CEX8C}\ninterrupts: 2\n".utf8))
        #expect(error(file) == "\(file):2:13: '2' is not possible here; 0 or 1")
    }

    @Test func whatIsNoFileIsRefusedByWhatItIs() throws {
        let folder = try Folder()
        #expect(error("/dev/zero") == "/dev/zero: is a character device, not a file")
        #expect(error("/dev/null") == "/dev/null: is a character device, not a file")
        #expect(error(folder.path) == "\(folder.path): is a directory, not a file")

        let socket = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: "\(folder.path)/socket".utf8) }
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(bound == 0)
        #expect(error("\(folder.path)/socket") == "\(folder.path)/socket: is a socket, not a file")
    }

    /// Nobody writes to it, and nobody ever will.
    @Test(.timeLimit(.minutes(1))) func aFIFOIsRefusedAndNotWaitedFor() throws {
        let folder = try Folder()
        try #require(mkfifo("\(folder.path)/fifo", 0o600) == 0)
        #expect(error("\(folder.path)/fifo") == "\(folder.path)/fifo: is a FIFO, not a file")
    }

    /// What a shell makes of `<(…)`, and standard input behind a pipe.
    @Test(.timeLimit(.minutes(1))) func aPipeThatIsOpenIsReadToItsEnd() throws {
        let (reading, writing) = try FileDescriptor.pipe()
        defer { try? reading.close() }
        _ = try writing.writeAll("adapters: {05: CEX8C}\n".utf8)
        try writing.close()
        #expect(try MachineDescription(file: "/dev/fd/\(reading.rawValue)") == MachineDescription(yaml: "adapters: {05: CEX8C}"))
    }

    @Test func whatCannotBeReadIsRefused() throws {
        let folder = try Folder()
        #expect(
            error("\(folder.path)/none")
                == "\(folder.path)/none: No such file or directory; "
                + "give a machine file that can be read, or a built-in machine: default, z15, z16, z17, linuxone, zvm, "
                + "secure-guest, no-ap")
        let file = try folder.write([])
        #expect(error(file + "/x").hasPrefix("\(file)/x: Not a directory; "))
        #expect(error("").hasPrefix(": No such file or directory; "))
        try #require(chmod(file, 0) == 0)
        // root may read everything
        if geteuid() != 0 { #expect(error(file).hasPrefix("\(file): Permission denied; ")) }
    }

    @Test func aFileIsBounded() throws {
        let folder = try Folder()
        let file = try folder.write([])
        try #require(truncate(file, 4 << 20) == 0)
        #expect(error(file).hasPrefix("\(file):1:1: "))
        try #require(truncate(file, 1 << 40) == 0)
        #expect(error(file) == "\(file): is longer than 4 MB, the most that a machine file may be")
    }
}
