internal import FUSE
internal import Glibc
internal import SystemAdditions
internal import SystemPackage

/// The machines that are mounted, as this process sees them.
struct MountedMachines {
    /// Where, in the order of names.
    let places: [FilePath]
    /// Where anything is mounted.
    private let taken: Set<FilePath>

    /// - Throws: `Failure` where the mounts cannot be read.
    init() throws(Failure) {
        // of several at one place the last one is seen
        let types = Dictionary(try MountTable.known().map { ($0.mountPoint, $0.type) }) { $1 }
        places = types.filter { $0.value == "fuse.apmatrix" }.keys.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
        taken = Set(types.keys)
    }

    /// The one that a path is in; of several within each other the innermost.
    func machine(around path: FilePath) -> FilePath? {
        places.filter { path.starts(with: $0) }.max { $0.components.count < $1.components.count }
    }

    /// The one that a path is in which somebody has named.
    ///
    /// - Throws: `Failure`: there is no such path, or it is in none; with what to do about it.
    func machine(named name: String) throws(Failure) -> FilePath {
        let path: FilePath
        do throws(Errno) {
            path = try FilePath(lossless: name).resolved()
        } catch .ENOTCONN {
            path = FilePath(lossless: name).absolute()
        } catch {
            throw Failure("\(name): \(error)")
        }
        if let place = machine(around: path) { return place }
        throw Failure("\(name): not an apmatrix mount; \(advice(for: path, name))")
    }

    // MARK: - Advice

    /// How to come to a mount; where something else might be hidden by it, on a directory that is new.
    private func advice(for path: FilePath, _ name: String) -> String {
        if isFree(path) { return "mount one there: apmatrix mount \(name.shellWord)" }
        return "mount one on a directory of its own: \(Self.newMount)"
    }

    /// The commands for a mount on a directory that is not there yet.
    static var newMount: String {
        var name = "sys"
        var number = 2
        while access(name, F_OK) == 0 {
            name = "sys\(number)"
            number += 1
        }
        return "mkdir \(name) && apmatrix mount \(name)"
    }

    /// Whether nobody misses the directory when something is mounted over it: it is empty, and neither the system's nor a home.
    private func isFree(_ path: FilePath) -> Bool {
        let names = path.components.map(\.string)
        guard let first = names.first, !taken.contains(path), !Self.system.contains(first) else { return false }
        if names.count == 1 && first != "mnt" || names.count == 2 && first == "home" { return false }
        if let home = getenv("HOME"), path == FilePath(platformString: home).lexicallyNormalized() { return false }
        return path.isEmptyDirectory
    }

    /// Of the root directory: what the system is made of, all that is in it included.
    private static let system: Set = [
        "bin", "boot", "dev", "etc", "lib", "lib32", "lib64", "libx32", "lost+found", "proc", "run", "sbin", "sys", "usr", "var",
    ]
}

extension MountTable {
    /// The mounts, in their order.
    ///
    /// - Throws: `Failure` where they cannot be read: without them nobody knows what is mounted where.
    static func known() throws(Failure) -> [Entry] {
        do throws(Errno) {
            return try read()
        } catch {
            let remedy = error == .ENOENT ? "; mount /proc" : error.remedy
            throw Failure("/proc/self/mountinfo cannot be read: \(error)\(remedy)")
        }
    }
}

extension FilePath {
    fileprivate var isEmptyDirectory: Bool {
        guard let directory = withPlatformString({ opendir($0) }) else { return false }
        defer { closedir(directory) }
        // itself and its parent
        var count = 0
        while count <= 2, readdir(directory) != nil { count += 1 }
        return count <= 2
    }
}
