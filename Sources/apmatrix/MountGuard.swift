internal import FUSE
internal import Glibc
internal import SystemPackage

/// Takes away the mount of a server that has ended without doing so, by a signal or a fault of its own.
struct MountGuard {
    private let telling: FileDescriptor

    /// Starts the guard. To be called while the process has one thread, and before it mounts.
    ///
    /// - Parameter path: where it will mount, without links.
    /// - Throws: `Errno` where there can be no socket or no more processes, or the mounts cannot be read.
    init(of path: FilePath) throws {
        let before = Set(try MountTable.read().filter { $0.mountPoint == path }.map(\.device))
        let (hearing, telling) = try MountStarter.pair()
        do {
            _ = fcntl(hearing.rawValue, F_SETFL, O_NONBLOCK)
            try Guard.start { keeper in
                keeper.waitForEnd(keeping: hearing.rawValue)
                Self.takeAway(path, Self.told(), before)
            }
        } catch {
            try? hearing.close()
            try? telling.close()
            throw error
        }
        try hearing.close()
        self.telling = telling
    }

    /// Tells it, once, what has been mounted: the device number, as `major:minor`.
    func tell(_ device: String) {
        let text = Array(device.utf8)
        // where the guard is gone, that must not end this process
        send(telling.rawValue, text, text.count, Int32(MSG_NOSIGNAL))
        try? telling.close()
    }

    // MARK: - In the guard

    private static func told() -> String? {
        var buffer = [UInt8](repeating: 0, count: 64)
        let count = read(STDIN_FILENO, &buffer, buffer.count)
        return count > 0 ? String(decoding: buffer.prefix(count), as: UTF8.self) : nil
    }

    /// - Parameters:
    ///   - device: that of the mount; nil where the server has ended before it could tell.
    ///   - before: those of what was mounted there before.
    private static func takeAway(_ path: FilePath, _ device: String?, _ before: Set<String>) {
        guard let mount = MountTable.current().last(where: { $0.mountPoint == path }) else { return }
        guard device.map({ mount.device == $0 }) ?? (mount.type == "fuse.apmatrix" && !before.contains(mount.device)) else {
            return
        }
        // numbers of devices are given again: it may be another server's
        guard !answers(path) else { return }
        try? MountTable.unmount(path, lazy: true)
    }

    /// Whether the mount has a server that answers.
    private static func answers(_ path: FilePath) -> Bool {
        attempt {
            var statistics = statvfs()
            return path.withPlatformString { statvfs($0, &statistics) } == 0
        }
    }
}
