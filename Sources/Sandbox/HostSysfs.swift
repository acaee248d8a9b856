internal import Emulator
internal import Namespaces
internal import Sysfs
internal import SystemPackage

/// The host's /sys, shown around the emulated one: what is emulated comes first, everything else is the host's.
struct HostSysfs {
    private let host: HostDirectory

    /// The directories that both have and that are merged, each behind its parent. Any other is either the one's or the other's.
    private static let merged = [
        "", "bus", "class", "class/misc", "dev", "dev/char", "devices", "devices/virtual", "devices/virtual/misc", "kernel",
        "module",
    ]

    /// Directories that the machine makes only later.
    private static let reserved: Set = ["devices/virtual/vfio", "devices/virtual/zcrypt"]
    /// The beginnings of numbers in dev/char that the machine gives out.
    private let reservedNumbers: [String]

    /// To be made where nothing is mounted over /sys.
    ///
    /// - Throws: `ENOENT` where there is no /sys.
    init(_ computer: Computer) throws(Errno) {
        host = try HostDirectory("/sys")
        reservedNumbers = computer.characterMajors.map { "dev/char/\($0):" }
    }

    private func isReserved(_ place: String) -> Bool {
        Self.reserved.contains(place) || reservedNumbers.contains { place.hasPrefix($0) }
    }

    /// Makes in the tree what the host's entries can be mounted on, and the host's links.
    ///
    /// - Returns: the paths to mount at, from the root.
    /// - Throws: `EEXIST` where a directory that is to be merged is a link in the tree.
    func makePlaces(in tree: Tree) throws(Errno) -> [String] {
        var places: [String] = []
        var links: [(name: String, directory: Directory, destination: String)] = []
        for path in Self.merged {
            let directory = try Self.directory(path, in: tree)
            var files: [Attribute<Void>] = []
            for (name, kind) in try host.entries(path) where !directory.contains(name.asNode) {
                let place = path.isEmpty ? name : path + "/" + name
                guard !isReserved(place) else { continue }
                switch kind {
                case .directory:
                    try directory.makeDirectory(name.asNode)
                    places.append(place)
                case .endpoint, .other:
                    files.append(Attribute(name.asNode, .readOnly))
                    places.append(place)
                case .link:
                    guard let target = try host.target(place), let destination = Self.resolve(target.asNode, from: path) else {
                        continue
                    }
                    links.append((name.asNode, directory, destination))
                }
            }
            directory.addAttributes(AttributeTable(files, release: tree.release), of: ())
        }
        // a link leads to a directory of the tree: one that nobody sees, below what is mounted there
        for link in links {
            guard let hidden = try? Self.directory(link.destination, in: tree) else { continue }
            link.directory.addLink(link.name, to: hidden)
        }
        return places
    }

    /// Binds the host's entries to their places: read-only for root, who could change the host by them. Mounts in them, cgroups
    /// for example, are left as they are.
    ///
    /// - Parameters:
    ///   - places: what `makePlaces` has returned.
    ///   - host: the host's /sys.
    /// - Throws: `NamespaceError.mount`, but not for an entry that is gone meanwhile.
    static func bind(_ places: [String], of host: HostDirectory, at root: String) throws(NamespaceError) {
        let isRoot = !Namespaces.isInUserNamespace
        for place in places { try host.bind(place, at: root + "/" + place, readOnly: isRoot) }
    }

    /// The directory at a path from the root, made where it is missing.
    private static func directory(_ path: String, in tree: Tree) throws(Errno) -> Directory {
        var directory = tree.root
        for name in path.split(separator: "/") { directory = try directory.directory(String(name)) }
        return directory
    }

    /// The path from the root that a link's text leads to; nil where that leaves the tree.
    static func resolve(_ target: String, from directory: String) -> String? {
        guard !target.hasPrefix("/") else { return nil }
        var path = directory.split(separator: "/")
        for name in target.split(separator: "/") where name != "." {
            if name != ".." {
                path.append(name)
            } else if path.popLast() == nil {
                return nil
            }
        }
        return path.joined(separator: "/")
    }
}
