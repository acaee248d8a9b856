internal import FUSE
internal import Glibc
internal import SystemAdditions
internal import SystemPackage

/// Takes away the mount of a server that has ended without doing so, by a signal or a fault of its own.
struct MountGuard {
    private let keeper: Channel

    /// Starts the guard. To be called while the process has one thread, and before it mounts.
    ///
    /// - Parameter path: where it will mount, without links.
    /// - Throws: `Errno` where there can be no socket or no more processes, or the mounts cannot be read.
    init(of path: FilePath) throws {
        let before = Set(try MountTable.read().filter { $0.mountPoint == path }.map(\.device))
        let (server, keeper) = try Channel.pair()
        defer { server.close() }
        do {
            try Guard.start { process in
                process.waitForEnd(keeping: [server.socket.rawValue])
                Self.takeAway(path, server.receiveNames(waits: false)?.first, before)
            }
        } catch {
            keeper.close()
            throw error
        }
        self.keeper = keeper
    }

    /// Tells it, once, what has been mounted: the device number, as `major:minor`.
    func tell(_ device: String) {
        keeper.send(names: [device])
        keeper.close()
    }

    // MARK: - In the guard

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
