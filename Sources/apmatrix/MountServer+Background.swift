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
    ///   - words: the command, with descriptor 3 for the channel to this process.
    ///   - machine: the text of its file, which was read already; the new process gets it first of all.
    /// - Throws: `ExitCode` with the status of a server that has said what went wrong; `Failure` where it cannot be started, or a
    ///   signal has ended it.
    static func startInBackground(_ words: [String], _ machine: [UInt8]) throws {
        let (server, child) = try start(words)
        server.send(machine)
        if server.isMounted() { return }
        var status: Int32 = 0
        while waitpid(child, &status, 0) == -1, errno == EINTR {}
        let signal = linux_ending_signal(status)
        guard signal == 0 else { throw Failure("the server was ended by signal \(signal)") }
        let code = linux_exit_status(status)
        // the dynamic loader has said what it could not open
        guard code != 127 else { throw Failure("the server cannot be started: its libraries cannot be loaded") }
        throw ExitCode(code == 0 ? 1 : code)
    }

    private static func start(_ words: [String]) throws(Failure) -> (Channel, pid_t) {
        // by this name, since by mount(8)'s the words would be mount(8)'s
        let pointers = (["apmatrix"] + words).map { $0.duplicated() }
        defer { pointers.forEach { free($0) } }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        posix_spawnattr_setflags(&attributes, linux_posix_spawn_setsid)
        defer { posix_spawnattr_destroy(&attributes) }
        do throws(Errno) {
            let (ours, theirs) = try Channel.pair()
            defer { theirs.close() }
            var actions = posix_spawn_file_actions_t()
            posix_spawn_file_actions_init(&actions)
            // the server keeps nothing open that it was given by accident: somebody may wait for its end
            posix_spawn_file_actions_adddup2(&actions, theirs.socket.rawValue, 3)
            posix_spawn_file_actions_addclosefrom_np(&actions, 4)
            defer { posix_spawn_file_actions_destroy(&actions) }
            var child: pid_t = 0
            let error = posix_spawn(&child, "/proc/self/exe", &actions, &attributes, pointers + [nil], environ)
            guard error == 0 else { throw Errno(rawValue: error) }
            return (ours, child)
        } catch {
            throw Failure("the server cannot be started: \(error)\(error.remedy)")
        }
    }
}

/// What the server of a mount and the process that waits for it tell each other: nobody is told of a mount that is not there, and no
/// mount stays that nobody was told of.
extension Channel {
    /// In the server: tells that the mount is there.
    ///
    /// - Returns: whether that was taken note of; else nobody waits any more.
    func tellOfMount() -> Bool {
        defer { close() }
        return go() && awaits()
    }

    /// In the process that waits: whether the mount is there. From then on only SIGKILL ends this process before it has ended with
    /// success.
    fileprivate func isMounted() -> Bool {
        guard awaits() else { return false }
        var signals = sigset_t()
        sigfillset(&signals)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        return go()
    }
}
