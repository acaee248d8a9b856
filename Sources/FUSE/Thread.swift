package import Glibc

/// A thread of the system.
package enum Thread {
    /// What a new thread is to do.
    private final class Task: Sendable {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) {
            self.body = body
        }
    }

    /// Starts a thread that runs `body`, with the signals blocked that the caller has blocked; nil where the system has none
    /// left.
    package static func start(_ body: @escaping @Sendable () -> Void) -> pthread_t? {
        let task = Unmanaged.passRetained(Task(body))
        var thread = pthread_t()
        let result = pthread_create(
            &thread, nil,
            { argument in
                if let argument {
                    Unmanaged<Task>.fromOpaque(argument).takeRetainedValue().body()
                }
                return nil
            }, task.toOpaque())
        guard result == 0 else {
            task.release()
            return nil
        }
        return thread
    }

    /// Starts a thread as `start` does, but with all signals blocked: they are for others.
    static func startWithoutSignals(_ body: @escaping @Sendable () -> Void) -> pthread_t? {
        var everySignal = sigset_t()
        var before = sigset_t()
        sigfillset(&everySignal)
        pthread_sigmask(SIG_SETMASK, &everySignal, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        return start(body)
    }
}
