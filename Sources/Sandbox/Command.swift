internal import Glibc
internal import SystemAdditions
internal import SystemPackage

/// The program that a sandbox is for.
struct Command {
    private let words: [String]
    private let mask: sigset_t
    private let isJobControlling: Bool

    /// - Parameters:
    ///   - words: the program, looked for in `PATH`, and its arguments.
    ///   - mask: the signals that it begins with blocked.
    ///   - isJobControlling: it is a shell for a terminal. Such a shell gives the terminal back to the process group that it
    ///     found in charge, and that must be one that it can see: its own.
    init(_ words: [String], mask: sigset_t, isJobControlling: Bool) {
        self.words = words
        self.mask = mask
        self.isJobControlling = isJobControlling
    }

    /// Starts the program, by /bin/sh where the kernel does not know its format.
    ///
    /// - Throws: `CommandError` with what `posix_spawnp(3)` answers: `ENOENT` where there is no such program.
    func start() throws(CommandError) -> pid_t {
        do throws(Errno) {
            do throws(Errno) {
                return try spawn(words)
            } catch .ENOEXEC {
                // a script that does not say what it is written for
                return try spawn(["/bin/sh"] + words)
            }
        } catch {
            throw CommandError(command: words[0], error: error)
        }
    }

    private func spawn(_ words: [String]) throws(Errno) -> pid_t {
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var mask = self.mask
        posix_spawnattr_setsigmask(&attributes, &mask)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | (isJobControlling ? POSIX_SPAWN_SETPGROUP : 0)))
        let pointers = words.map { strdup($0) }
        defer { pointers.forEach { free($0) } }
        var child: pid_t = 0
        let error = posix_spawnp(&child, words[0], nil, &attributes, pointers + [nil], environ)
        guard error == 0 else { throw Errno(rawValue: error) }
        if isJobControlling {
            Terminal.putInCharge(child)
            // it may have stopped, for want of the terminal
            kill(-child, SIGCONT)
        }
        return child
    }
}

/// Why a command could not be started.
struct CommandError: Error, CustomStringConvertible {
    let command: String
    let error: Errno

    /// As a shell has it: 127 where there is no such program, 126 where it cannot be executed.
    var status: Int32 { error == .ENOENT ? 127 : 126 }

    var description: String {
        error == .ENOENT && !command.contains("/")
            ? "\(command): command not found; give its path, or put its directory into PATH"
            : "\(command): \(error)"
    }
}
