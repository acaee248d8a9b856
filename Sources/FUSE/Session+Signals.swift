internal import Glibc

extension Session {
    /// Makes SIGTERM, SIGINT and SIGHUP stop the sessions; a second signal ends the process as usual.
    ///
    /// Blocks these signals in the calling thread, so call it before any other thread is made: a thread inherits it.
    public static func stopOnSignals(_ sessions: [Session]) {
        var signals = signalsThatStop
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        guard let thread = Thread.start({ waitForSignal(andStop: sessions) }) else {
            pthread_sigmask(SIG_UNBLOCK, &signals, nil)
            return
        }
        pthread_detach(thread)
    }

    private static var signalsThatStop: sigset_t {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGTERM)
        sigaddset(&signals, SIGINT)
        sigaddset(&signals, SIGHUP)
        return signals
    }

    private static func waitForSignal(andStop sessions: [Session]) {
        var signals = signalsThatStop
        var signal: Int32 = 0
        while sigwait(&signals, &signal) != 0 {}
        // From here on the signals have their usual effect, in case a session does not stop.
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
        for session in sessions {
            session.stop()
        }
    }
}
