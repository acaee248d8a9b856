internal import DriverCore
internal import LockOrder
internal import Machine
internal import Sysfs
internal import SystemAdditions
internal import SystemPackage

/// /sys/kernel/debug/apmatrix: what Linux does not have, because there somebody turns a key, pulls a card or types `modprobe`.
///
/// A write holds one command a line; the first one that is refused ends the write with its errno, and the log says why. What
/// was done before it stays done. A write of more than a page is `E2BIG`, and nothing of it is done: its end may be half a command.
enum ControlPlane {
    /// Makes the directory and its files; only their owner may enter.
    ///
    /// - Throws: `ENODEV` or `ENOENT` where the tree is being taken apart.
    static func make(_ computer: Computer) throws(Errno) {
        let directory = try computer.kernel.directory("kernel", "debug", "apmatrix")
        let table = AttributeTable(files, release: computer.kernel.release)
        directory.addAttributes(table, of: computer)
        for node in [try computer.kernel.directory("kernel", "debug"), directory] {
            _ = try computer.tree.setStatus(node.inode) { $0.mode = Permissions(rawValue: 0o700) }
        }
    }

    /// The names of its files.
    static var names: [String] { files.map(\.name) }

    private static let files: [Attribute<Computer>] = [
        file("machine") {
            Array($0.machine.description.yaml.utf8)
        } command: { computer, line, held throws(ControlError) in
            guard line != "off" else { return computer.shutDown() }
            do throws(MachineCommandError) {
                guard let remark = try computer.execute(line, after: held) else { return }
                tell(computer, "machine", line, remark)
            } catch {
                throw ControlError(error.errno, error.reason)
            }
        },
        file("modules") {
            modules($0)
        } command: { computer, line, held throws(ControlError) in
            try module(line, computer, held)
        },
        file("guests") { computer in
            guests(computer, \.line)
        } command: { computer, line, held throws(ControlError) in
            try guest(line, computer, held)
        },
        // a file of its own: programs that read `guests` expect no other words with a `=`
        readOnly("guests-long") { guests($0, \.longLine) },
        file("faults") { computer in
            computer.faults.withLock { $0.text }.latin1
        } command: { computer, line, _ throws(ControlError) in
            try computer.changeFaults(line)
        },
        readOnly("boot") { boot($0) },
        journal("uevents") { $0.kernel.uevents },
        journal("log") { $0.kernel.log },
        journal("hardware") { $0.machine.journal },
        Attribute("locks", mode) { _, page, _ in
            page.emitUnlimited(LockStatistics.table.utf8)
        } store: { _, _, _ throws(Errno) in
            throw .EINVAL
        },
    ]

    // MARK: - Files

    static let mode = Permissions(rawValue: 0o600)

    /// What a line of a file does.
    typealias Command = @Sendable (Computer, String, borrowing Held<Unlocked>) throws(ControlError) -> Void

    /// A line per guest.
    private static func guests(_ computer: Computer, _ line: (VirtualMachineMonitor) -> String) -> [UInt8] {
        computer.guests.withLock { $0 }.map { line($0) + "\n" }.joined().latin1
    }

    private static func readOnly(
        _ name: String, _ text: @escaping @Sendable (Computer) -> [UInt8]
    ) -> Attribute<Computer> {
        Attribute(name, Permissions(rawValue: 0o400)) { computer, page, _ in page.emitUnlimited(text(computer)) }
    }

    /// A file of commands.
    private static func file(
        _ name: String, _ text: @escaping @Sendable (Computer) -> [UInt8], command: @escaping Command
    ) -> Attribute<Computer> {
        Attribute(name, mode) { computer, page, _ in
            page.emitUnlimited(text(computer))
        } store: { computer, input, held throws(Errno) in
            try execute(input, from: name, computer, held, command)
        }
    }

    /// Executes a write, line by line.
    ///
    /// - Throws: `E2BIG` for one of more than a page; the errno of the first command that is refused.
    static func execute(
        _ input: Input, from name: String, _ computer: Computer, _ held: borrowing Held<Unlocked>, _ command: Command
    ) throws(Errno) {
        guard !input.isCut else {
            computer.kernel.log.print(
                "apmatrix: \(name): a write of more than \(Page.size) bytes; write fewer commands at a time")
            throw .E2BIG
        }
        for line in input.bytes.split(separator: UInt8(ascii: "\n")) {
            // a carriage return too: the commands may come from a file of another system
            let end = line.lastIndex { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") && $0 != UInt8(ascii: "\r") }
            guard let end else { continue }
            let text = String(latin1: line[...end])
            do throws(ControlError) {
                try command(computer, text, held)
            } catch {
                tell(computer, name, text, error.reason)
                throw error.errno
            }
        }
    }

    /// Says in the log what became of a command that was not done.
    private static func tell(_ computer: Computer, _ name: String, _ command: String, _ why: String) {
        computer.kernel.log.print("apmatrix: \(name): '\(command)': \(why)")
    }
}

/// Why a command was refused.
struct ControlError: Error {
    let errno: Errno
    let reason: String

    init(_ errno: Errno, _ reason: String) {
        self.errno = errno
        self.reason = reason
    }
}
