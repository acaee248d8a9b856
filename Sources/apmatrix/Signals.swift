internal import Glibc

/// What signals do to this program, and to all of its processes.
enum Signals {
    private static let faults = [SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV]

    /// Has a fault end the process at once, and a file that may not become larger (`ulimit -f`) be an error, EFBIG, of which a line
    /// tells. To be called where the program starts.
    ///
    /// Swift's runtime may have put a handler there that looks for the reason first. That takes seconds, in which clients wait for
    /// answers that nobody gives; and a signal that somebody has sent is no fault that comes again: it would be lost.
    static func prepare() {
        for fault in faults where ![address(SIG_DFL), address(SIG_IGN)].contains(handler(of: fault)) { signal(fault, SIG_DFL) }
        // not ignored: the programs that this one starts find what it has found
        if handler(of: SIGXFSZ) == address(SIG_DFL) { signal(SIGXFSZ) { _ in } }
    }

    private static func handler(of signal: Int32) -> Int {
        var action = sigaction()
        sigaction(signal, nil, &action)
        return address(action.__sigaction_handler.sa_handler)
    }

    private static func address(_ handler: sighandler_t?) -> Int {
        unsafeBitCast(handler, to: Int.self)
    }
}
