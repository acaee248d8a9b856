internal import Glibc
internal import SystemAdditions
internal import SystemPackage

/// The set-user-id program by which users mount and unmount.
enum Fusermount {
    /// Where the program is, in `PATH` or where distributions put it.
    static var path: String? {
        let search = getenv("PATH").map { String(lossless: UnsafeRawBufferPointer(start: $0, count: strlen($0))) } ?? ""
        let directories = search.split(separator: ":").map(String.init) + ["/usr/bin", "/bin"]
        return directories.lazy.map { "\($0)/fusermount3" }.first { $0.withLosslessCString { access($0, X_OK) } == 0 }
    }

    /// Unmounts and waits for the end of it.
    /// - Throws: ``MountError/noFusermount`` where the program is missing, ``MountError/notMounted(_:)`` where nothing is mounted
    ///   there, ``MountError/busy(_:)``, and ``MountError/notUnmounted(_:reason:)`` with the last line of its complaint, or where
    ///   it cannot be started.
    static func unmount(_ place: FilePath, lazy: Bool) throws(MountError) {
        guard let path else { throw .noFusermount }
        let mountPoint = place.lossless
        let arguments = [path, "-u"] + (lazy ? ["-z"] : []) + ["--", mountPoint]
        let (status, message) = try run(path, arguments, for: mountPoint)
        guard status != 0 else { return }
        let isMounted = MountTable.current().contains { $0.mountPoint == place }
        guard isMounted else { throw .notMounted(mountPoint) }
        if message.contains(Errno.EBUSY.description) { throw .busy(mountPoint) }
        throw .notUnmounted(mountPoint, reason: message.split(separator: "\n").last.map(String.init) ?? path)
    }

    /// Runs the program; returns its wait status and what it had to complain about.
    private static func run(
        _ path: String, _ arguments: [String], for mountPoint: String
    ) throws(MountError) -> (status: Int32, message: String) {
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw .notUnmounted(mountPoint, reason: Errno(rawValue: errno).description)
        }
        defer { close(ends[0]) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO)
        var words = arguments.map { $0.duplicated() } + [nil]
        defer { words.forEach { free($0) } }
        var child: pid_t = 0
        let error = path.withLosslessCString { posix_spawn(&child, $0, &actions, nil, &words, environ) }
        close(ends[1])
        guard error == 0 else { throw .notUnmounted(mountPoint, reason: Errno(rawValue: error).description) }
        let message = String(lossless: (try? FileDescriptor(rawValue: ends[0]).readToEnd()) ?? [])
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0 && errno == EINTR {}
        return (status, message)
    }
}
