internal import Glibc

/// What signals do to this program, and to all of its processes.
enum Signals {
    private static let faults = [SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV]

    /// Has a fault end the process at once. To be called where the program starts.
    ///
    /// Swift's runtime may have put a handler there that looks for the reason first. That takes seconds, in which clients wait for
    /// answers that nobody gives; and a signal that somebody has sent is no fault that comes again: it would be lost.
    static func prepare() {
        for fault in faults where hasHandler(fault) { signal(fault, SIG_DFL) }
    }

    /// Whether the program, and not the one that has started it, says what the signal does.
    private static func hasHandler(_ signal: Int32) -> Bool {
        var action = sigaction()
        sigaction(signal, nil, &action)
        let handler = address(action.__sigaction_handler.sa_handler)
        return handler != address(SIG_DFL) && handler != address(SIG_IGN)
    }

    private static func address(_ handler: sighandler_t?) -> Int {
        unsafeBitCast(handler, to: Int.self)
    }
}
