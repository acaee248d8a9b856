import Glibc
import Kernels
import Recordings
import Sysfs
import SystemAdditions
import SystemPackage
import Testing
import Waiting

/// The recordings of the repository.
enum Library {
    struct Entry: Sendable, CustomTestStringConvertible {
        let release: KernelRelease
        let path: FilePath

        var name: String { path.stem ?? path.string }
        var testDescription: String { "\(release.rawValue)/\(name)" }

        func load() throws -> Recording {
            try Recording(name: name, text: Library.bytes(of: path))
        }
    }

    static let root = FilePath(Repository.recordings)

    /// Every recording. A release without any is a failure (`noReleaseIsForgotten`).
    static let all: [Entry] = KernelRelease.allCases.flatMap { release in
        let directory = root.appending(release.rawValue)
        return names(in: directory).filter { $0.hasSuffix(".txt") }.sorted().map { name in
            Entry(release: release, path: directory.appending(name))
        }
    }

    /// A wide sample for the slow way through a mount: the first scenarios of 7.2, and a walk of each release. With `MOUNT_ALL=1` every
    /// recording.
    static let mounted = all.filter { entry in
        if getenv("MOUNT_ALL") != nil { return true }
        let isSlow = ["attrs-", "branches-", "cmdline-", "files-", "machine-", "race-", "walk-"].contains {
            entry.name.hasPrefix($0)
        }
        return entry.release == .v7_2 && !isSlow || ["walk-1", "walk-101"].contains(entry.name)
    }

    static func deviations() throws -> Deviations {
        try Deviations(String(latin1: bytes(of: root.appending("deviations.txt"))))
    }

    private static func names(in directory: FilePath) -> [String] {
        guard let stream = opendir(directory.string) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            names.append(withUnsafePointer(to: &entry.pointee.d_name.0) { String(cString: $0) })
        }
        return names
    }

    static func bytes(of path: FilePath) throws -> [UInt8] {
        let file = try FileDescriptor.open(path, .readOnly)
        return try file.closeAfter {
            var bytes: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 1 << 20)
            while true {
                let count = try buffer.withUnsafeMutableBytes { try file.read(into: $0) }
                guard count > 0 else { return bytes }
                bytes += buffer[..<count]
            }
        }
    }
}
