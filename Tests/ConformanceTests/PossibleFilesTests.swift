import Emulator
import Glibc
import Kernels
import Sysfs
import Testing

/// Sources/Emulator/PossibleFile+List.swift: everything that the three releases have and can have, as the attribute tables say
/// it. Which faults there can be is told from it.
@Suite struct PossibleFilesTests {
    @Test func theListHasEverything() throws {
        var columns: [String: [KernelRelease: String]] = [:]
        for release in KernelRelease.allCases {
            for computer in try FidelityTests.computers(release) {
                try Self.add(computer.tree.root.inode, [], computer.tree, release, to: &columns)
            }
        }
        let lines = columns.sorted { $0.key < $1.key }.map { path, kinds in
            (KernelRelease.allCases.map { kinds[$0] ?? "-" } + [path]).joined(separator: " ")
        }
        let text = """
            extension PossibleFile {
                /// A line for each: what it is in \(KernelRelease.allCases.map(\.rawValue).joined(separator: ", ")), and its path.
                ///
                /// `make fidelity` writes it from the tables of attributes, a test compares it.
                static let list = \"""
            \(lines.map { "        " + $0 + "\n" }.joined())        \"""
            }

            """
        if getenv("UPDATE_DOCS") != nil {
            let file = try #require(fopen(Self.path, "w"))
            fputs(text, file)
            fclose(file)
        } else {
            #expect(try Self.text() == text, "Sources/Emulator/PossibleFile+List.swift is not up to date; make fidelity")
        }
    }

    private static func add(
        _ inode: Sysfs.Inode, _ path: [String], _ tree: Tree, _ release: KernelRelease,
        to columns: inout [String: [KernelRelease: String]]
    ) throws {
        let modes = Dictionary(uniqueKeysWithValues: tree.describeAttributes(of: inode).map { ($0.name, $0.mode) })
        for entry in try tree.entries(of: inode) {
            let path = path + [kind(entry.name)]
            guard path != ["kernel", "debug"] else { continue }
            let column: String
            switch entry.kind {
            case .attribute: column = "0" + String(modes[entry.name]?.rawValue ?? 0, radix: 8)
            case .link: column = "link"
            case .directory:
                column = "directory"
                try add(entry.inode, path, tree, release, to: &columns)
            }
            columns[path.joined(separator: "/"), default: [:]][release] = column
        }
    }

    /// How what there can be many of is called in the list.
    private static func kind(_ name: String) -> String {
        if name == "NODE" { return name }
        if name.wholeMatch(of: /card[0-9a-f]{2}/) != nil { return "cardXX" }
        if name.wholeMatch(of: /[0-9a-f]{2}\.[0-9a-f]{4}/) != nil { return "XX.YYYY" }
        if name.wholeMatch(of: /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/) != nil { return "UUID" }
        if name.wholeMatch(of: /vfio[0-9]+/) != nil { return "vfioN" }
        if name.wholeMatch(of: /[0-9]+/) != nil { return "N" }
        if name.wholeMatch(of: /[0-9]+:[0-9]+/) != nil { return "MAJOR:MINOR" }
        return name
    }

    private static let path =
        #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined() + "/Sources/Emulator/PossibleFile+List.swift"

    private static func text() throws -> String {
        let file = try #require(fopen(path, "r"))
        defer { fclose(file) }
        var bytes: [UInt8] = []
        while case let byte = getc(file), byte != EOF { bytes.append(UInt8(byte)) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
