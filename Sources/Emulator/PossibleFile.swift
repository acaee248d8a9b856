internal import Kernels
internal import Sysfs

/// A file, directory or link that one of the releases has, or can have when devices come.
struct PossibleFile: Sendable {
    /// What it is in a release.
    enum Kind: Sendable {
        case file(Permissions)
        case directory
        case link

        var isFile: Bool { if case .file = self { true } else { false } }
        var isDirectory: Bool { if case .directory = self { true } else { false } }
    }

    /// The names from the root on. Where there may be many of a kind, all of their names.
    let names: [NamePattern]
    /// The same as people write it: `devices/ap/cardXX/config`.
    let path: [Substring]
    /// In the releases that have it.
    private(set) var kinds: [KernelRelease: Kind] = [:]

    /// - Parameter path: of names that there are once only.
    init(path: [Substring]) {
        self.path = path
        names = path.map { NamePattern(String($0)) }
    }

    /// Whether it is a file that can be read or written.
    func allows(_ access: Access, on release: KernelRelease) -> Bool {
        guard case .file(let mode)? = kinds[release] else { return false }
        return access == .read ? mode.isReadable : mode.isWritable
    }

    /// How a node of /sys/class/zcrypt is called in a path: it can have any name.
    static let node: Substring = "NODE"
    /// Every name of which there are not many.
    static let fixedNames = Set(all.flatMap(\.path)).subtracting(kinds.keys)

    static let all = list.split(separator: "\n").map { PossibleFile(line: $0) }

    /// - Parameter line: of `list`.
    private init(line: Substring) {
        let columns = line.split(separator: " ")
        path = columns.last?.split(separator: "/") ?? []
        names = path.map { NamePattern(Self.kinds[$0] ?? String($0)) }
        for (release, column) in zip(KernelRelease.allCases, columns) {
            switch column {
            case "-": kinds[release] = nil
            case "directory": kinds[release] = .directory
            case "link": kinds[release] = .link
            default: kinds[release] = .file(Permissions(rawValue: UInt16(column, radix: 8) ?? 0))
            }
        }
    }

    /// The names of those of which there can be many, by how `list` calls them.
    private static let kinds: [Substring: String] = {
        func digits(_ count: Int) -> String { String(repeating: "[0-9a-f]", count: count) }
        return [
            "cardXX": "card" + digits(2), "XX.YYYY": digits(2) + "." + digits(4),
            "UUID": [8, 4, 4, 4, 12].map(digits).joined(separator: "-"),
            "vfioN": "vfio[0-9]*", "N": "[0-9]*", "MAJOR:MINOR": "[0-9]*:[0-9]*", node: "*",
        ]
    }()
}
