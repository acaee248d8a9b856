import Glibc
import LockOrder
import ProgramTesting
import SystemAdditions
import SystemPackage
import Testing
import Waiting

@testable import Emulator

/// A client that is killed ends, also where it waits for what Linux does not let a signal end. What it has begun goes on.
@Suite(.serialized, .bounded) struct KilledClientTests {
    private static let matrix = "devices/vfio_ap/matrix"
    private static let uuid = "69904b8e-2a56-4c2a-a5cb-d2bcc8a1e7a1"
    private static let control = "kernel/debug/apmatrix"

    /// A machine with a guest that does not let go of its device.
    private func withDeafGuest(_ body: (MountedComputer) throws -> Void) throws {
        let mount = try MountedComputer()
        defer { mount.unmount() }
        for (file, text) in [
            ("\(Self.matrix)/mdev_supported_types/vfio_ap-passthrough/create", Self.uuid),
            ("\(Self.control)/guests", "start-deaf mary \(Self.uuid)"),
        ] {
            try put(text, into: file, of: mount)
        }
        try body(mount)
    }

    private func put(_ text: String, into file: String, of mount: MountedComputer) throws {
        let file = try FileDescriptor.open(FilePath("\(mount.path)/\(file)"), .writeOnly)
        _ = try file.closeAfter { try file.writeAll(text.utf8) }
    }

    /// A shell that waits in a write until the guest gives its device back.
    private func remover(_ mount: MountedComputer, _ prefix: String = "", words: [String] = []) throws -> Program.Running {
        let script = "\(prefix) echo begins; echo 1 > \(mount.path)/\(Self.matrix)/\(Self.uuid)/remove"
        let command = words + ["bash", "-c", script]
        return try Program.Running("/usr/bin/env", arguments: command)
    }

    private func isBeingRemoved(_ mount: MountedComputer) -> Bool {
        access("\(mount.path)/bus/mdev/devices/\(Self.uuid)", F_OK) != 0
    }

    /// Of the whole process, or one of its children with that name.
    private func status(_ process: pid_t) -> String { FilePath("/proc/\(process)/status").text }

    /// After that the removal goes on: with the guest's end it is done.
    private func removalEndsWithTheGuest(_ mount: MountedComputer) throws {
        let device = "\(mount.path)/\(Self.matrix)/\(Self.uuid)"
        #expect(access(device, F_OK) == 0)
        try put("stop mary", into: "\(Self.control)/guests", of: mount)
        waitUntil("the removal of the killed client is done") { access(device, F_OK) != 0 }
    }

    @Test(arguments: [SIGTERM, SIGKILL])
    func aSignalThatEndsAProcessEndsItsWait(signal: Int32) throws {
        try withDeafGuest { mount in
            let client = try remover(mount)
            waitUntil("the removal begins") { isBeingRemoved(mount) }
            kill(client.identifier, signal)
            #expect(try client.outcome(patience: Patience.seconds).status == signal)
            try removalEndsWithTheGuest(mount)
        }
    }

    /// FUSE tells of the first signal only.
    @Test func soDoesSIGKILLAfterASignalThatWasHandled() throws {
        try withDeafGuest { mount in
            let client = try remover(mount, "trap : INT;")
            waitUntil("the removal begins") { isBeingRemoved(mount) }
            kill(client.identifier, SIGINT)
            let pending = "ShdPnd:\t0000000000000002"
            waitUntil("the handled signal is pending") { status(client.identifier).contains(pending) }
            // that another one ends, of whose second signal nothing but a look tells, shows that there was a look at this one
            try aDelayedReaderEnds(mount, pending)
            #expect(status(client.identifier).contains(pending))
            kill(client.identifier, SIGKILL)
            #expect(try client.outcome(patience: Patience.seconds).status == SIGKILL)
            try removalEndsWithTheGuest(mount)
        }
    }

    /// A reader that is killed after a signal that it handles.
    private func aDelayedReaderEnds(_ mount: MountedComputer, _ pending: String) throws {
        try put("read config_time delay=3600s", into: "\(Self.control)/faults", of: mount)
        let script = "trap : INT; read line < \(mount.path)/bus/ap/config_time"
        let reader = try Program.Running("/usr/bin/env", arguments: ["bash", "-c", script])
        waitUntil("the delay begins") { mount.computer.faults.withLock { !$0.delays.isEmpty } }
        kill(reader.identifier, SIGINT)
        waitUntil("the handled signal is pending") { status(reader.identifier).contains(pending) }
        kill(reader.identifier, SIGKILL)
        #expect(try reader.outcome(patience: Patience.seconds).status == SIGKILL)
    }

    /// A delay is nothing that Linux has: it ends with its client, and what it has delayed does not happen.
    @Test func aDelayEndsWithItsClient() throws {
        let mount = try MountedComputer()
        defer { mount.unmount() }
        try put("write config_time delay=3600s", into: "\(Self.control)/faults", of: mount)
        let file = "\(mount.path)/bus/ap/config_time"
        let before = FilePath(file).text
        let script = "echo 7 > \(file)"
        let client = try Program.Running("/usr/bin/env", arguments: ["bash", "-c", script])
        waitUntil("the delay begins") { mount.computer.faults.withLock { !$0.delays.isEmpty } }
        kill(client.identifier, SIGKILL)
        #expect(try client.outcome(patience: Patience.seconds).status == SIGKILL)
        waitUntil("the delay ends") { mount.computer.faults.withLock { $0.delays.isEmpty } }
        #expect(FilePath(file).text == before)
    }

    /// Writers of one file come to it side by side, as in Linux; where the kernel of the host would send one write at a time, who is
    /// killed would wait on behind the first.
    @Test func soDoesTheSecondWriterOfAFile() throws {
        let mount = try MountedComputer()
        defer { mount.unmount() }
        try put("write config_time delay=3600s", into: "\(Self.control)/faults", of: mount)
        // opened for reading, too: not cut off
        let script = "echo 7 1<> \(mount.path)/bus/ap/config_time"
        let clients = try (1...2).map { number in
            let client = try Program.Running("/usr/bin/env", arguments: ["bash", "-c", script])
            waitUntil("writer \(number) waits") { mount.computer.faults.withLock { $0.delays.count == number } }
            return client
        }
        for client in clients.reversed() {
            kill(client.identifier, SIGKILL)
            #expect(try client.outcome(patience: Patience.seconds).status == SIGKILL)
        }
        waitUntil("the delays end") { mount.computer.faults.withLock { $0.delays.isEmpty } }
    }

    @Test func soDoesSIGKILLInAnotherPIDNamespace() throws {
        try withDeafGuest { mount in
            let client = try remover(mount, words: ["unshare", "--pid", "--fork", "--kill-child"])
            waitUntil("the removal begins") { isBeingRemoved(mount) }
            kill(client.identifier, SIGKILL)
            #expect(try client.outcome(patience: Patience.seconds).status == SIGKILL)
            waitUntil("its child is gone") {
                FilePath("/proc/self/mounts").text.isEmpty || !Self.hasProcess("echo 1 > \(mount.path)/")
            }
            try removalEndsWithTheGuest(mount)
        }
    }

    /// Whether a process has these words among its arguments.
    private static func hasProcess(_ words: String) -> Bool {
        guard let directory = opendir("/proc") else { return false }
        defer { closedir(directory) }
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name.0) { String(cString: $0) }
            guard let process = pid_t(name), process != getpid() else { continue }
            if FilePath("/proc/\(process)/cmdline").text.contains(words) { return true }
        }
        return false
    }
}
