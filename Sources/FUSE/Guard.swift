internal import CLinux
internal import Glibc
internal import SystemAdditions
public import SystemPackage

/// A process that outlives the one that serves by a moment, and takes away what that leaves behind, however it has ended.
///
/// It begins when the main thread of that process has ended, not the process: threads may wait in the kernel for answers that
/// nobody gives any more, and would keep the connection open, and themselves alive, for ever. So the main thread must not be one
/// that the kernel makes wait: it serves no requests.
///
/// It holds no descriptor but those that it is told to keep, it has a session of its own, and no signal ends it but SIGKILL.
public struct Guard {
    private static let signal = SIGUSR1
    private let parent: pid_t

    /// Starts a guard. To be called by the main thread while the process has no other.
    ///
    /// - Parameter body: runs in the guard, and calls ``waitForEnd(keeping:)`` once.
    /// - Throws: `EAGAIN` and `ENOMEM` where there can be no more processes.
    public static func start(_ body: (Guard) -> Void) throws(Errno) {
        var everySignal = sigset_t()
        var before = sigset_t()
        sigfillset(&everySignal)
        // before it is there, so that none reaches it
        pthread_sigmask(SIG_SETMASK, &everySignal, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        let parent = getpid()
        let child = linux_fork()
        guard child >= 0 else { throw Errno(rawValue: errno) }
        guard child == 0 else { return }
        linux_signal_at_parents_end(signal)
        setsid()
        body(Guard(parent: parent))
        _exit(0)
    }

    /// Closes all descriptors but those that it is told to keep, leaves its directory for the root, and waits until the main thread of
    /// the process that has started the guard has ended.
    public func waitForEnd(keeping descriptors: [Int32]) {
        var first: Int32 = 0
        for descriptor in descriptors.sorted() {
            if first < descriptor { linux_close(first, descriptor - 1) }
            first = descriptor + 1
        }
        linux_close(first, Int32.max)
        chdir("/")
        var set = sigset_t()
        sigemptyset(&set)
        sigaddset(&set, Self.signal)
        // it may have ended before it could be asked for the signal
        while getppid() == parent {
            var information = siginfo_t()
            // the kernel sends it in the name of the thread that ends; nobody else's counts
            if sigwaitinfo(&set, &information) == Self.signal, linux_sender(&information) == parent { return }
        }
    }
}
