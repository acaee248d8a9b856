internal import Glibc

/// How time passes for the machine that a recording is played on.
public struct Pace: Sendable {
    private let pause: @Sendable (Duration) -> Void
    /// How long a request in the background gets to finish, in real time, while the machine's time runs by other hands;
    /// nil where both are the same.
    private let patience: Duration?

    /// The machine's time is ours: it is really waited.
    public static let real = Pace(
        pause: { duration in
            let (seconds, attoseconds) = duration.components
            var left = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
            var rest = timespec()
            while nanosleep(&left, &rest) != 0, errno == EINTR { left = rest }
        }, patience: nil)

    /// The machine's time is ours, but it can be seen when it has come to rest: longer than that is not waited.
    public static func real(untilAtRest isAtRest: @escaping @Sendable () -> Bool) -> Pace {
        Pace(
            pause: { duration in
                let step = Duration.milliseconds(5)
                var waited = Duration.zero
                while waited < duration, !isAtRest() {
                    real.pause(step)
                    waited += step
                }
            }, patience: nil)
    }

    /// The machine has a clock of its own.
    ///
    /// - Parameters:
    ///   - patience: the real time after which a request in the background is said to be blocked.
    ///   - advance: sets the clock forward and returns when what was due has been done.
    public static func virtual(
        patience: Duration = .milliseconds(200), advance: @escaping @Sendable (Duration) -> Void
    ) -> Pace {
        Pace(pause: advance, patience: patience)
    }

    /// Lets that much of the machine's time pass.
    func pass(_ duration: Duration) {
        guard duration > .zero else { return }
        pause(duration)
    }

    /// Lets at most that much of the machine's time pass until there is an answer.
    func wait(for background: Background, atMost duration: Duration) -> String? {
        guard let patience else { return background.wait(atMost: duration) }
        if let answer = background.wait(atMost: .zero) { return answer }
        // whoever sleeps on the machine's clock may do so more than once
        let steps = 20
        for _ in 0..<steps {
            pass(duration / steps)
            if let answer = background.wait(atMost: patience / steps) { return answer }
        }
        return nil
    }
}
