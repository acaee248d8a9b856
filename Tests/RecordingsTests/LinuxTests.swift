import Kernels
import LockOrder
import Recordings
import SystemPackage
import Sysfs
import Testing
import VFS

/// The sysfs of this machine, and a tree that looks like a corner of it: both must answer alike.
///
/// Nothing is ever written to an attribute, and what would change something is what sysfs refuses.
@Suite(.enabled(if: Corner.isThere, "needs root and a writable /sys")) struct LinuxTests {
    private let linux = SystemCalls(root: "/sys")
    private let ours: TreeCalls

    init() throws {
        ours = TreeCalls(tree: try Corner.tree())
    }

    private static let paths: [SysfsPath] = [
        "class/net/lo", "class/net/lo/", "class/net/lo/.", "class/net/lo/..", "class/net/lo/../lo/address",
        "class/net/lo/address", "class/net/lo/address/", "class/net/lo/address/x", "class/net/lo/address/.",
        "class/net/lo/address/..", "/class//net/lo///flags", "class/net/lo/nothing", "class/net/lo/nothing/",
        "class/net/lo/nothing/x", "class/net/lo/statistics", "class/net/lo/statistics/", "class/net/lo/statistics/rx_bytes",
        "class/net/lo/statistics/nothing", "class/net/lo/subsystem", "class/net/lo/subsystem/", "class/net/lo/subsystem/lo",
        "class/net/lo/subsystem/lo/flags", "bus/cpu", "bus/cpu/drivers_probe", "bus/cpu/drivers_probe/..",
    ]

    /// As above, and some that rename(2) would take for another file system's.
    private static let allPaths: [SysfsPath] =
        paths + [
            "", ".", "/", "./", SysfsPath([0xff, 0xfe]), "class\0/net", chain(20, "lo"), chain(20, "lo/"), chain(20, "lo/flags"),
            SysfsPath(Array(repeating: UInt8(ascii: "a"), count: 300)),
            SysfsPath(Array(repeating: UInt8(ascii: "/"), count: 4090)),
            SysfsPath(Array(repeating: UInt8(ascii: "/"), count: 4091)),
        ]

    /// Directories that have more in them than ours.
    private static let crowded: Set<SysfsPath> = [
        "", ".", "/", "./", "class", "class/net/lo/..", "class/net/lo/subsystem/", "bus/cpu/drivers_probe/..",
        SysfsPath(Array(repeating: UInt8(ascii: "/"), count: 4090)),
    ]

    /// Two links for each round.
    private static func chain(_ rounds: Int, _ end: String) -> SysfsPath {
        SysfsPath(("class/net/" + String(repeating: "lo/subsystem/", count: rounds) + end).utf8)
    }

    private func compare(_ request: FileRequest) {
        let (wanted, given) = (linux.answer(request), ours.answer(request))
        if wanted != given { Issue.record("\(request): Linux \(wanted), the tree \(given)") }
    }

    @Test func looking() {
        for path in LinuxTests.allPaths {
            if !LinuxTests.crowded.contains(path) { compare(.stat(path)) }
            compare(.link(path))
            for mode in ["", "r", "w", "x", "rw", "rwx"] { compare(.access(path, AccessMode(mode))) }
        }
    }

    @Test func reading() {
        for path: SysfsPath in ["class/net/lo", "class/net/lo/address", "bus/cpu/drivers_probe", "class/net/lo/nothing"] {
            compare(.read(path))
            for offset in [-1, 0, 3, 17, 18, 19, 4096, 5000] {
                for count in [0, 1, 5, 100] { compare(.pread(path, offset: offset, count: count)) }
            }
            compare(.list(SysfsPath(path.bytes + Array("/address".utf8))))
        }
        compare(.list("class/net/lo/statistics/rx_bytes"))
        compare(.list("nothing"))
        compare(.tree("nothing"))
        compare(.tree("class/net/lo/address"))
    }

    @Test func opening() {
        let options: [OpenFlags] = [
            .create, .exclusive, .truncate, .directory, .noFollow, .path, .direct, .temporaryFile,
        ]
        for path in LinuxTests.allPaths {
            for flags: OpenFlags in [.readOnly, [.writeOnly, .append], [.readWrite, .nonBlocking], [.create, .synchronous]] {
                compare(.open(path, flags))
            }
        }
        for path in LinuxTests.paths + ["", ".", "./"] {
            for access in 0..<4 as Range<Int32> {
                for subset in 0..<(1 << options.count) {
                    var flags = OpenFlags(rawValue: access)
                    for (bit, option) in options.enumerated() where subset >> bit & 1 == 1 { flags.formUnion(option) }
                    compare(.open(path, flags))
                }
            }
        }
    }

    @Test func makingAndRemoving() {
        for path in LinuxTests.allPaths {
            compare(.makeDirectory(path))
            compare(.removeDirectory(path))
            compare(.unlink(path))
            compare(.symbolicLink(path, to: Array("x".utf8)))
            compare(.symbolicLink(path, to: []))
            compare(.truncate(path, length: -1))
        }
        for path: SysfsPath in ["class/net/lo", "class/net/lo/nothing", "class/net/lo/address/", ""] {
            compare(.truncate(path, length: 0))
        }
    }

    @Test func nodes() {
        let few: [SysfsPath] = [
            "class/net/lo", "class/net/lo/", "class/net/lo/address", "class/net/lo/address/x", "class/net/lo/nothing",
            "class/net/lo/statistics", "class/net/lo/subsystem", "bus/cpu/drivers_probe", "nothing/x", ".",
        ]
        for path in few {
            for kind: FileKind in [.file, .fifo, .socket, .character] { compare(.node(.makeNode(path, kind))) }
            for new in few {
                compare(.node(.link(path, to: new)))
                for way in RenameWay.allCases { compare(.node(.rename(path, to: new, way))) }
            }
            compare(.node(.execute(path)))
            for name in ["user.x", "trusted.apmatrix-none", "nonsense"] {
                compare(.node(.extendedAttribute(path, Array(name.utf8))))
                compare(.node(.setExtendedAttribute(path, Array(name.utf8), to: nil)))
            }
            compare(.node(.setExtendedAttribute(path, Array("user.x".utf8), to: [1])))
            compare(.send(path))
            compare(.reads(path, count: 5))
        }
        compare(.listing("class/net/lo/address"))
        compare(.dump("class/net/lo/address"))
    }

    @Test func openFiles() {
        let (theirs, our) = (HeldFiles(), HeldFiles())
        func compareHeld(_ name: String, _ request: HeldRequest) {
            let wanted = linux.answer(.held(name, request), held: theirs)
            let given = ours.answer(.held(name, request), held: our)
            if wanted != given { Issue.record("\(name), \(request): Linux \(wanted), the tree \(given)") }
        }
        let files: [(SysfsPath, OpenFlags)] = [
            ("class/net/lo/address", .readOnly), ("class/net/lo/flags", .readWrite), ("bus/cpu/drivers_probe", .writeOnly),
            ("class/net/lo/address", .path), ("bus/cpu", [.readOnly, .directory]), ("class/net/lo/address", .writeOnly),
            ("class/net/lo", .path), ("nothing", .readOnly),
        ]
        for (number, (path, flags)) in files.enumerated() {
            let name = "f\(number)"
            compareHeld(name, .open(path, flags))
            compareHeld(name, .poll)
            for request: HeldRequest in [
                .read(count: 3), .poll, .read(count: 0), .seek(0, .current), .read(count: 100), .read(count: 5), .seek(-1, .set),
                .seek(2, .set), .read(count: 4), .pread(offset: 1, count: 4), .pread(offset: -1, count: 4), .map, .control,
                .allocate,
                .synchronize, .truncate(length: -1), .seek(0, .set), .read(count: 2),
            ] { compareHeld(name, request) }
            if path != "bus/cpu" {
                for start in SeekStart.allCases {
                    for offset in [0, 1, 4095, 4096, -1] { compareHeld(name, .seek(offset, start)) }
                }
            }
        }
        compareHeld("x", .openAt(directory: "f4", "drivers_probe", .writeOnly))
        compareHeld("y", .openAt(directory: "f4", ".", [.readOnly, .directory]))
        compareHeld("z", .openAt(directory: "f4", "nothing", .readOnly))
        compareHeld("z", .openAt(directory: "f0", "nothing", .readOnly))
        compareHeld("z", .openAt(directory: "none", "nothing", .readOnly))
        for name in ["f0", "f0", "x", "none"] { compareHeld(name, .close) }
    }

    @Test func renaming() {
        for path in LinuxTests.paths {
            for new in LinuxTests.paths { compare(.rename(path, to: new)) }
        }
    }
}

/// The loopback device, and a file that can only be written.
private enum Corner {
    static let isThere =
        SystemCalls(root: "/sys").answer(.open("bus/cpu/drivers_probe", .writeOnly)) == "ok"
        && SystemCalls(root: "/sys").answer(.open("class/net/lo/address", .writeOnly)) == "err EACCES"
        && SystemCalls(root: "/sys").answer(.access("class/net/lo/address", .write)) == "ok"

    static func tree() throws -> Tree {
        let tree = Tree(release: .v7_2) { Timestamp(seconds: 0, nanoseconds: 0) }
        let net = try tree.root.directory("class").directory("net")
        let lo = try tree.root.directory("devices").directory("virtual").directory("net").directory("lo")
        for name in ["power", "queues", "statistics"] { try lo.makeDirectory(name) }
        net.addLink("lo", to: lo)
        lo.addLink("subsystem", to: net)
        let release = KernelRelease.v7_2
        lo.addAttributes(
            AttributeTable<Void>(
                [.readOnly("address") { "00:00:00:00:00:00\n" }, .readWrite("flags", { "0x9\n" }, store: { _, _, _ in })],
                release: release), of: ())
        try lo.directory("statistics").addAttributes(
            AttributeTable<Void>([.readOnly("rx_bytes") { "0\n" }], release: release), of: ())
        let cpu = try tree.root.directory("bus").directory("cpu")
        for name in ["devices", "drivers"] { try cpu.makeDirectory(name) }
        cpu.addAttributes(
            AttributeTable<Void>([.writeOnly("drivers_probe") { _, _, _ in }], release: release), of: ())
        return tree
    }
}
