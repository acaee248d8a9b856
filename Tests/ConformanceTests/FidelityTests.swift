import DriverCore
import Emulator
import Glibc
import Kernels
import Machine
import Recordings
import Sysfs
import SystemPackage
import Testing
import VFS
import Waiting

/// The tables of docs/FIDELITY.md: every file that the three releases have, as the attribute tables say it, and what differs between
/// the releases, as `KernelDifference` says it.
@Suite(.serialized) struct FidelityTests {
    @Test func theDocumentListsEveryFile() throws {
        var inventory = Inventory()
        for release in KernelRelease.allCases {
            for computer in try Self.computers(release) { try inventory.add(computer.tree, of: release) }
        }
        try Self.compare("files", with: inventory.tables)
    }

    @Test func theDocumentListsEveryDifference() throws {
        var table = "\n| difference | Linux | what it means | otherwise | shown by |\n|---|---|---|---|---|\n"
        for difference in KernelDifference.allCases {
            let evidence = difference.recordings.map { "[\($0)](../Tests/Recordings/\($0).txt)" }.joined(separator: ", ")
            table += "| \(difference) | \(Self.releases(difference)) | \(difference.meaning) | \(difference.otherwise) | "
            table += evidence.isEmpty ? "documentation; not recorded |\n" : evidence + " |\n"
        }
        try Self.compare("differences", with: table + "\n")
    }

    @Test(arguments: KernelDifference.allCases) func theRecordingsOfADifferenceExist(_ difference: KernelDifference) {
        for recording in difference.recordings {
            #expect(throws: Never.self) { try Library.bytes(of: Library.root.appending(recording + ".txt")) }
        }
        #expect(difference.releases != KernelRelease.v6_1...KernelRelease.latest, "every release has it")
    }

    private static func releases(_ difference: KernelDifference) -> String {
        let (first, last) = (difference.releases.lowerBound, difference.releases.upperBound)
        if last == .latest { return "since \(first.rawValue)" }
        return first == last ? "\(first.rawValue) only" : "\(first.rawValue) to \(last.rawValue)"
    }

    /// Compares what stands between the marks of a section with what it should be, or writes it there.
    private static func compare(_ section: String, with tables: String) throws {
        let document = try String(decoding: bytes(), as: UTF8.self)
        let begin = "<!-- \(section): `make fidelity` writes them, a test compares them -->\n"
        let start = try #require(document.firstRange(of: begin)).upperBound
        let stop = try #require(document[start...].firstRange(of: "<!-- end -->\n")).lowerBound
        if getenv("UPDATE_DOCS") != nil {
            let file = try #require(fopen(path, "w"))
            fputs(document[..<start] + tables + document[stop...], file)
            fclose(file)
        } else {
            #expect(document[start..<stop] == tables, "docs/FIDELITY.md is not up to date; make fidelity")
        }
    }

    /// A computer with one of everything: cards of all modes, queues of the host and of vfio_ap, a device with a guest, a node;
    /// and one whose queues are bound before they are used.
    static func computers(_ release: KernelRelease) throws -> [Computer] {
        let secure = try MachineDescription(
            yaml: "{adapters: {06: CEX8P}, domains: [04], features: [APSC, APXA, APSB], secure-execution: 1}")
        return [try computer(release), try Computer(secure, release: release, clock: VirtualClock())]
    }

    private static func computer(_ release: KernelRelease) throws -> Computer {
        let computer = try Computer(release: release, clock: VirtualClock())
        let calls = TreeCalls(tree: computer.tree)
        let matrix = "devices/vfio_ap/matrix"
        let uuid = "69904b8e-2a56-4c2a-a5cb-d2bcc8a1e7a1"
        for (path, text) in [
            ("bus/ap/apmask", "-5"), ("\(matrix)/mdev_supported_types/vfio_ap-passthrough/create", uuid),
            ("\(matrix)/\(uuid)/assign_adapter", "5"), ("\(matrix)/\(uuid)/assign_domain", "4"),
            ("kernel/debug/apmatrix/guests", "start mary \(uuid)"), ("class/zcrypt/create", "NODE"),
        ] {
            let file = try calls.open(SysfsPath(path.utf8), .writeOnly)
            _ = try calls.write(file, Array(text.utf8), at: 0)
        }
        return computer
    }

    private static let path = Repository.root + "/docs/FIDELITY.md"

    private static func bytes() throws -> [UInt8] {
        let file = try #require(fopen(path, "r"))
        defer { fclose(file) }
        var bytes: [UInt8] = []
        while case let byte = getc(file), byte != EOF { bytes.append(UInt8(byte)) }
        return bytes
    }
}

/// What trees have, by the kind of directory.
private struct Inventory {
    private struct File {
        var modes: [KernelRelease: String] = [:]
        var fidelities: Set<Fidelity> = []
    }
    private struct Directory {
        var files: [String: File] = [:]
        var links: [String: Set<String>] = [:]
    }
    private var directories: [String: Directory] = [:]

    mutating func add(_ tree: Tree, of release: KernelRelease) throws {
        try add(tree.root.inode, [], tree, release)
    }

    private mutating func add(_ inode: Sysfs.Inode, _ path: [String], _ tree: Tree, _ release: KernelRelease) throws {
        guard path.prefix(3) != ["kernel", "debug", "apmatrix"] else { return }
        let kind = Self.kind(path)
        for attribute in tree.describeAttributes(of: inode) {
            let mode = "0" + String(attribute.mode.rawValue, radix: 8)
            directories[kind, default: Directory()].files[attribute.name, default: File()].modes[release] = mode
            directories[kind]?.files[attribute.name]?.fidelities.insert(attribute.fidelity)
        }
        for entry in try tree.entries(of: inode) {
            switch entry.kind {
            case .attribute: break
            case .directory: try add(entry.inode, path + [entry.name], tree, release)
            case .link:
                let name = Self.kind(path + [entry.name]).split(separator: "/").last.map(String.init) ?? ""
                let target = Self.normal(try tree.target(of: entry.inode).split(separator: "/").map(String.init))
                directories[kind, default: Directory()].links[name, default: []].insert(target.joined(separator: "/"))
            }
        }
    }

    // MARK: - Kinds of directories

    /// The path with what is one of many named by its kind.
    private static func kind(_ path: [String]) -> String {
        var normal = normal(path)
        if normal.count > 1, normal[0] == "module", normal.dropFirst(2).first != "parameters", normal[1] != "ap" {
            normal[1] = "MODULE"
        }
        if normal.count > 3, normal[..<3] == ["bus", "ap", "drivers"] { normal[3] = "DRIVER" }
        return normal.joined(separator: "/")
    }

    private static func normal(_ path: [String]) -> [String] {
        path.map { name in
            if name.wholeMatch(of: /card[0-9a-f]{2}/) != nil { return "cardXX" }
            if name.wholeMatch(of: /[0-9a-f]{2}\.[0-9a-f]{4}/) != nil { return "XX.YYYY" }
            if name.wholeMatch(of: /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/) != nil { return "UUID" }
            if name.wholeMatch(of: /vfio[0-9]+/) != nil { return "vfioN" }
            if name.wholeMatch(of: /[0-9]+/) != nil { return "G" }
            if name.wholeMatch(of: /[0-9]+:[0-9]+/) != nil { return "MAJOR:MINOR" }
            return name
        }
    }

    // MARK: - As text

    var tables: String {
        directories.sorted { $0.key < $1.key }.map { kind, directory in
            var text = "\n### /sys/\(kind)\n\n"
            if !directory.files.isEmpty {
                text += "| file | mode | Linux | how |\n|---|---|---|---|\n"
                for (name, file) in directory.files.sorted(by: { $0.key < $1.key }) {
                    text += "| \(name) | \(Self.modes(file)) | \(Self.releases(file)) | \(Self.how(file)) |\n"
                }
            }
            if !directory.links.isEmpty {
                text += directory.files.isEmpty ? "" : "\n"
                text += "Links: "
                text +=
                    directory.links.sorted { $0.key < $1.key }.map { name, targets in
                        "`\(name)` → " + targets.sorted().map { "`\($0)`" }.joined(separator: " or ")
                    }.joined(separator: ", ") + "\n"
            }
            return text
        }.joined() + "\n"
    }

    private static func modes(_ file: File) -> String {
        let modes = Set(file.modes.values)
        guard modes.count > 1 else { return modes.first ?? "" }
        return modes.sorted().map { mode in
            "\(mode) (\(KernelRelease.allCases.filter { file.modes[$0] == mode }.map(\.rawValue).joined(separator: ", ")))"
        }.joined(separator: ", ")
    }

    private static func releases(_ file: File) -> String {
        let releases = KernelRelease.allCases.filter { file.modes[$0] != nil }
        if releases.count == KernelRelease.allCases.count { return "all" }
        if releases == KernelRelease.allCases.suffix(releases.count) { return "since \(releases[0].rawValue)" }
        return releases.map(\.rawValue).joined(separator: ", ")
    }

    private static func how(_ file: File) -> String {
        let words = file.fidelities.map { fidelity in
            switch fidelity {
            case .implemented: "implemented"
            case .fixed(let reason): "static: \(reason)"
            case .deviating(let how): "deviating: \(how)"
            }
        }
        return words.sorted().joined(separator: "; ")
    }
}
