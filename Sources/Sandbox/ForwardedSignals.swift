internal import CLinux
internal import Glibc
internal import SystemPackage

/// The signals that somebody sends to the process that waits for a command and that are meant for the command.
///
/// A terminal sends its signals to all of its foreground: the command has them already. All are blocked in the waiting process
/// and in the first process of the sandbox, which gets those that are passed on through a pipe: whatever else reaches that one, a
/// signal to the whole process group or one from inside, is not for the command.
struct ForwardedSignals {
    /// The mask that the command is started with.
    let before: sigset_t
    private static let signals = [SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2]

    private static func set(_ signals: [Int32]) -> sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in signals { sigaddset(&set, signal) }
        return set
    }

    /// Blocks them, SIGCHLD, and SIGPIPE, which nobody needs to be told of, in the calling thread and in all threads and
    /// processes that it starts.
    static func block() -> ForwardedSignals {
        // a process that ignores the end of children is never told of it
        signal(SIGCHLD, SIG_DFL)
        var set = set(signals + [SIGCHLD, SIGPIPE])
        var before = sigset_t()
        pthread_sigmask(SIG_BLOCK, &set, &before)
        return ForwardedSignals(before: before)
    }

    /// Waits for the end of a child and passes signals on meanwhile.
    ///
    /// - Returns: its exit status, or 128 and the number of the signal that has ended it.
    func wait(for child: pid_t, passingTo pipe: FileDescriptor) -> Int32 {
        var set = Self.set(Self.signals + [SIGCHLD])
        while true {
            var info = siginfo_t()
            let signal = sigwaitinfo(&set, &info)
            if signal == SIGCHLD {
                if let status = Self.collect(child, options: 0) { return status }
            } else if signal == SIGHUP || (signal > 0 && info.si_code <= 0) {
                // from a process; the kernel's own are positive. A hangup it tells only to the leader of the session
                _ = try? pipe.writeAll([UInt8(signal)])
            }
        }
    }

    /// Waits for the end of a child, and collects whatever other child ends. One that stops is sent on its way again: there is
    /// nobody else to use the terminal meanwhile.
    ///
    /// - Returns: its exit status, or 128 and the number of the signal that has ended it.
    static func wait(for child: pid_t, resuming: Bool) -> Int32 {
        var set = set([SIGCHLD])
        while true {
            if let status = collect(child, options: resuming ? WUNTRACED : 0) { return status }
            var signal: Int32 = 0
            sigwait(&set, &signal)
        }
    }

    /// The signal that has come before there was a command for it.
    static var early: Int32? {
        var pending = sigset_t()
        sigpending(&pending)
        return [SIGINT, SIGTERM, SIGQUIT, SIGHUP].first { sigismember(&pending, $0) == 1 }
    }

    /// Collects all that have ended. One signal may stand for many of them.
    private static func collect(_ child: pid_t, options: Int32) -> Int32? {
        var result: Int32?
        while true {
            var status: Int32 = 0
            let process = waitpid(-1, &status, WNOHANG | options)
            guard process > 0 else { return result }
            guard process == child else { continue }
            if linux_is_stopped(status) != 0 {
                kill(-child, SIGCONT)
            } else {
                let signal = linux_ending_signal(status)
                result = signal == 0 ? linux_exit_status(status) : 128 + signal
            }
        }
    }
}
