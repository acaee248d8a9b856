internal import ArgumentParser
internal import CLinux
internal import Glibc
internal import SystemAdditions
internal import SystemPackage

extension MountServer {
    /// Starts the program again as a process of its own, and returns when its mount answers. If something goes wrong before that,
    /// the new process says so itself.
    ///
    /// - Parameters:
    ///   - words: the command, with descriptor 3 to tell of the mount on, and descriptor 4 to read the machine from.
    ///   - machine: the text of its file, which was read already.
    /// - Throws: `ExitCode` with the status of a server that has said what went wrong; `Failure` where it cannot be started, or a
    ///   signal has ended it; `Errno` where there can be no socket.
    static func startInBackground(_ words: [String], _ machine: [UInt8]) throws {
        let (ours, theirs) = try MountStarter.pair()
        let given = try fileInMemory(machine)
        // by this name, since by mount(8)'s the words would be mount(8)'s
        let pointers = (["apmatrix"] + words).map { $0.duplicated() }
        defer { pointers.forEach { free($0) } }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        posix_spawnattr_setflags(&attributes, linux_posix_spawn_setsid)
        defer { posix_spawnattr_destroy(&attributes) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        // the server keeps nothing open that it was given by accident: somebody may wait for its end
        posix_spawn_file_actions_adddup2(&actions, theirs.rawValue, 3)
        posix_spawn_file_actions_adddup2(&actions, given.rawValue, 4)
        posix_spawn_file_actions_addclosefrom_np(&actions, 5)
        defer { posix_spawn_file_actions_destroy(&actions) }
        var child: pid_t = 0
        let error = posix_spawn(&child, "/proc/self/exe", &actions, &attributes, pointers + [nil], environ)
        guard error == 0 else { throw Failure("cannot start the server: \(Errno(rawValue: error))") }
        try theirs.close()
        try given.close()
        if MountStarter(socket: ours).isTold() { return }
        var status: Int32 = 0
        while waitpid(child, &status, 0) == -1, errno == EINTR {}
        let signal = linux_ending_signal(status)
        guard signal == 0 else { throw Failure("the server was ended by signal \(signal)") }
        let code = linux_exit_status(status)
        throw ExitCode(code == 0 ? 1 : code)
    }
}

/// The process that waits for a mount, and the server that tells it, in a word each. So each knows of the other's end: nobody is
/// told of a mount that is not there, and no mount stays that nobody was told of.
struct MountStarter {
    let socket: FileDescriptor

    /// The two ends, none of which a server is given by accident.
    static func pair() throws(Errno) -> (FileDescriptor, FileDescriptor) {
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw Errno(rawValue: errno)
        }
        return (try movedUp(ends[0]), try movedUp(ends[1]))
    }

    /// In the server: tells that the mount is there.
    ///
    /// - Returns: whether that was taken note of; else nobody waits any more.
    func takes() -> Bool {
        defer { try? socket.close() }
        return say() && hear()
    }

    /// In the process that waits: whether the mount is there. From then on only SIGKILL ends this process before it has ended with
    /// success.
    func isTold() -> Bool {
        guard hear() else { return false }
        var signals = sigset_t()
        sigfillset(&signals)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        return say()
    }

    private func say() -> Bool {
        var byte: UInt8 = 1
        return send(socket.rawValue, &byte, 1, Int32(MSG_NOSIGNAL)) == 1
    }

    private func hear() -> Bool {
        var byte: UInt8 = 0
        while true {
            let count = read(socket.rawValue, &byte, 1)
            if count >= 0 || errno != EINTR { return count == 1 }
        }
    }
}

/// Gives an open file a descriptor that is none of those that a server is given.
private func movedUp(_ descriptor: Int32) throws(Errno) -> FileDescriptor {
    defer { close(descriptor) }
    let other = fcntl(descriptor, F_DUPFD_CLOEXEC, 10)
    guard other >= 0 else { throw Errno(rawValue: errno) }
    return FileDescriptor(rawValue: other)
}

/// A file without a name that has this text, read from its start; its descriptor is none that the server is given.
private func fileInMemory(_ text: [UInt8]) throws -> FileDescriptor {
    let made = memfd_create("machine", 0)
    guard made >= 0 else { throw Errno(rawValue: errno) }
    let file = try movedUp(made)
    try file.writeAll(text)
    try file.seek(offset: 0, from: .start)
    return file
}
