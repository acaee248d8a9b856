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

    /// Has the calling process become the program, which /bin/sh executes where the kernel does not know its format.
    ///
    /// - Throws: `CommandError` with what `execvp(3)` answers: `ENOENT` where there is no such program.
    func execute() throws(CommandError) -> Never {
        if isJobControlling {
            setpgid(0, 0)
            Terminal.putInCharge(getpid())
        }
        let pointers = words.map { $0.duplicated() } + [nil]
        var mask = self.mask
        pthread_sigmask(SIG_SETMASK, &mask, nil)
        _ = words[0].withLosslessCString { execvp($0, pointers) }
        throw CommandError(command: words[0], error: Errno(rawValue: errno))
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
