import Journals
import Kernels
import LockOrder
import Recordings
import Synchronization
import SystemAdditions
import SystemPackage
import Sysfs
import VFS

/// A small machine: enough of sysfs to answer the recording `kernfs`, and a control plane that remembers what it was told.
final class SampleMachine: Sendable {
    let tree: Tree
    private let memory = Mutex(Memory())
    private let journals = ["uevents": SampleJournal(), "log": SampleJournal(), "hardware": SampleJournal()]

    struct Memory {
        var adapters: [Int] = []
        var guests = ""
        var commands: [String] = []
    }

    static let uuid = "69904b8e-2a56-4c2a-a5cb-d2bcc8a1e7a1"
    private typealias Row = Attribute<SampleMachine>

    init(release: KernelRelease = .v7_2) throws {
        tree = Tree(release: release) { Timestamp(seconds: 0, nanoseconds: 0) }
        let ap = try add(
            "bus/ap",
            [
                Row("apmask", .readWrite, show: { _, page, _ in page.emit("0xff\n") }, store: { _, _, _ in }),
                .readOnly("ap_max_domain_id") { _ in "255\n" },
                .readWrite("config_time", { _ in "30\n" }, store: { _, _, _ in }),
                .writeOnly("scans") { machine, _, _ in machine.note("scan") },
            ])
        try ap.makeDirectory("devices")
        try ap.makeDirectory("drivers")
        _ = try add("devices/ap/card05", [.readWrite("online", { _ in "1\n" }, store: { _, _, _ in })])
        _ = try add("devices/ap/card05/05.0004", [])
        _ = try add(
            "class/zcrypt",
            [
                Row("create", Permissions(rawValue: 0o600), show: { _, page, _ in page.emit("x\n") }, store: { _, _, _ in })
            ])
        _ = try add(
            "devices/vfio_ap/matrix/mdev_supported_types/vfio_ap-passthrough",
            [
                .writeOnly("create") { _, _, _ in }
            ])
        let driver = try add("bus/matrix/drivers/vfio_ap_mdev", [])
        let mdev = try add(
            "devices/vfio_ap/matrix/\(SampleMachine.uuid)",
            [
                .writeOnly("assign_adapter") { machine, input, _ throws(Errno) in try machine.assign(input) },
                .readOnly("matrix") { machine in machine.matrix },
                .readWrite("ap_config", since: .v6_12, { _ in "\n" }, store: { _, _, _ in }),
                .writeOnly("remove") { _, _, _ in },
            ])
        mdev.addLink("driver", to: driver)
        try mdev.makeDirectory("mdev_type")

        _ = try add(
            "kernel/debug/apmatrix",
            ["uevents", "log", "hardware"].map { name in
                let journal = journals[name, default: SampleJournal()]
                return Row(name, Permissions(rawValue: 0o600), journal: { _ in journal })
            }
                + [
                    Row(
                        "guests", Permissions(rawValue: 0o600),
                        show: { machine, page, _ in page.emitUnlimited(machine.guests.utf8) },
                        store: { machine, input, _ throws(Errno) in try machine.command("guests", input) })
                ]
                + ["machine", "modules"].map { name in
                    Row(
                        name, Permissions(rawValue: 0o600),
                        store: { machine, input, _ throws(Errno) in try machine.command(name, input) })
                })
    }

    /// Adds a directory with files.
    @discardableResult
    func add(_ path: String, _ rows: [Attribute<SampleMachine>]) throws -> Directory {
        var directory = tree.root
        for name in path.split(separator: "/") { directory = try directory.directory(String(name)) }
        directory.addAttributes(AttributeTable(rows, release: tree.release), of: self)
        return directory
    }

    // MARK: - What it remembers

    var commands: [String] { memory.withLock { $0.commands } }

    func note(_ command: String) { memory.withLock { $0.commands.append(command) } }

    func append(_ text: String, to stream: String) { journals[stream]?.withJournal { $0.append(text.utf8) } }

    func setLimit(of stream: String, _ limit: Int) { journals[stream]?.withJournal { $0.setLimit(limit) } }

    var guests: String {
        get { memory.withLock { $0.guests } }
        set { memory.withLock { $0.guests = newValue } }
    }

    private func command(_ file: String, _ input: Input) throws(Errno) {
        let line = String(decoding: input.bytes, as: UTF8.self)
        guard !line.contains("refused") else { throw .EINVAL }
        note("\(file): \(line)")
    }

    private var matrix: String {
        memory.withLock { memory in
            memory.adapters.map { "0" + String($0, radix: 16) + ".\n" }.joined()
        }
    }

    private func assign(_ input: Input) throws(Errno) {
        let number = try KernelText.unsignedLong(input.text)
        // the longest write of the recording is a page of zeros before its number
        guard number > 0 else { throw .EINVAL }
        memory.withLock { $0.adapters.append(Int(number)) }
    }
}

final class SampleJournal: SharedJournal {
    let growth = Growth()
    private let journal = Mutex(Journal(limit: 1 << 20))

    func withJournal<Result: Sendable>(_ body: (inout Journal) -> Result) -> Result { journal.withLock { body(&$0) } }
}

/// What a player of this machine, in this process, answers.
func answers(_ machine: SampleMachine, _ lines: [String]) throws -> [String] {
    let player = try Player(TreeCalls(tree: machine.tree), pace: .virtual { _ in })
    return lines.map(player.answer)
}
