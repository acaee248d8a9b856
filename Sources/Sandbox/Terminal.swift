internal import Glibc

/// The terminal that standard input is, if it is one.
struct Terminal {
    /// The process group that was in charge of it, and that the calling process is in; nil where it is no terminal or another's.
    private let group: pid_t?

    /// To be asked in the PID namespace that the terminal's user is in: elsewhere process groups have no numbers.
    init() {
        let group = tcgetpgrp(STDIN_FILENO)
        self.group = group == getpgrp() ? group : nil
    }

    var isOurs: Bool { group != nil }

    /// Puts the calling process's group in charge again, if it was; a shell that has ended may have left nobody.
    func restore() {
        if let group { Self.putInCharge(group) }
    }

    /// Makes a process group the one that the terminal's signals and input go to.
    static func putInCharge(_ group: pid_t) {
        var signals = sigset_t()
        var before = sigset_t()
        sigemptyset(&signals)
        // or a process that is not in charge is stopped
        sigaddset(&signals, SIGTTOU)
        pthread_sigmask(SIG_BLOCK, &signals, &before)
        tcsetpgrp(STDIN_FILENO, group)
        pthread_sigmask(SIG_SETMASK, &before, nil)
    }
}
