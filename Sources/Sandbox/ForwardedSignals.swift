internal import Glibc

/// The signals that somebody sends to the process that waits for a command and that are meant for the command.
///
/// What a terminal sends it sends to all of its foreground: the command has it already.
struct ForwardedSignals {
    /// The mask that the command is started with.
    let before: sigset_t
    private static let signals = [SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2, SIGCHLD]

    private static var set: sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in signals { sigaddset(&set, signal) }
        return set
    }

    /// Blocks them in the calling thread, and all that it starts.
    static func block() -> ForwardedSignals {
        // who ignores the end of children is never told of it
        signal(SIGCHLD, SIG_DFL)
        var set = Self.set
        var before = sigset_t()
        pthread_sigmask(SIG_BLOCK, &set, &before)
        return ForwardedSignals(before: before)
    }

    /// Waits for the end of a child, passes signals on to it meanwhile, and collects whatever other child ends.
    ///
    /// - Returns: its exit status, or 128 and the number of the signal that has ended it.
    func forward(to child: pid_t) -> Int32 {
        var set = Self.set
        while true {
            var info = siginfo_t()
            let signal = sigwaitinfo(&set, &info)
            if signal == SIGCHLD {
                if let status = collect(child) { return status }
            } else if signal > 0, info.si_code <= 0 {
                // from a process; the kernel's own are positive
                kill(child, signal)
            }
        }
    }

    /// Collects all that have ended. One signal may stand for many of them.
    private func collect(_ child: pid_t) -> Int32? {
        var result: Int32?
        while true {
            var status: Int32 = 0
            let ended = waitpid(-1, &status, WNOHANG)
            guard ended > 0 else { return result }
            guard ended == child else { continue }
            result = status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + status & 0x7f
        }
    }
}
