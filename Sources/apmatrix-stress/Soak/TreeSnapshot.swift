internal import Glibc
internal import SystemPackage

/// Everything that can be seen in a tree of files: kinds, modes, owners, sizes, contents, targets of links, inode numbers.
struct TreeSnapshot {
    /// By the path below the root.
    private var entries: [String: String] = [:]
    private var inodes: [String: UInt64] = [:]

    /// The names of files that tell of the past, and so of one machine alone: neither text nor size is looked at.
    private static let histories: Set = [
        "log", "uevents", "hardware", "locks", "scans", "bindings_complete_count", "request_count",
    ]

    /// Looks at all below a directory.
    init(_ root: String) {
        look("", root)
    }

    private mutating func look(_ path: String, _ root: String) {
        var status = stat()
        let full = root + "/" + path
        guard lstat(full, &status) == 0 else {
            entries[path] = "cannot be looked at: \(Errno(rawValue: errno))"
            return
        }
        inodes[path] = UInt64(status.st_ino)
        let mode = String(status.st_mode, radix: 8)
        switch status.st_mode & S_IFMT {
        case S_IFDIR:
            entries[path] = "directory \(mode) \(status.st_uid):\(status.st_gid)"
            for name in names(in: full) { look(path.isEmpty ? name : path + "/" + name, root) }
        case S_IFLNK:
            var target = [CChar](repeating: 0, count: 4096)
            let count = readlink(full, &target, target.count)
            let bytes = target.prefix(max(0, count)).map { UInt8(bitPattern: $0) }
            entries[path] = "link to \(String(decoding: bytes, as: UTF8.self))"
        default:
            let isHistory = Self.histories.contains(path.split(separator: "/").last.map(String.init) ?? "")
            let file = "file \(mode) \(status.st_uid):\(status.st_gid)"
            entries[path] = isHistory ? file : "\(file) \(status.st_size): \(Self.text(of: full))"
        }
    }

    private static func text(of path: String) -> String {
        let answer = SystemCall.read(path)
        return answer.error.map { "\($0)" } ?? answer.text.debugDescription
    }

    var count: Int { entries.count }
    var highestInode: UInt64 { inodes.values.max() ?? 0 }

    /// The numbers that two things have, a line each.
    var sharedInodes: [String] {
        Dictionary(grouping: inodes, by: \.value).filter { $0.value.count > 1 }.map { number, entries in
            "inode \(number) is " + entries.map { "/" + $0.key }.sorted().joined(separator: " and ")
        }.sorted()
    }

    /// What is not the same in another one, a line each.
    func differences(from fresh: TreeSnapshot) -> [String] {
        Set(entries.keys).union(fresh.entries.keys).sorted().compactMap { path in
            let (here, there) = (entries[path] ?? "nothing", fresh.entries[path] ?? "nothing")
            return here == there ? nil : "/\(path) is \(here.prefix(300)), and on a fresh machine \(there.prefix(300))"
        }
    }
}

/// The names in a directory, sorted; none where it cannot be listed.
func names(in path: String) -> [String] {
    guard let directory = opendir(path) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
        let name = withUnsafePointer(to: &entry.pointee.d_name.0) { String(cString: $0) }
        if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
}
