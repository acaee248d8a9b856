internal import Glibc

/// How time passes for the machine that a recording is played on.
public struct Pace: Sendable {
    private let pause: @Sendable (Duration) -> Void
    /// As `pause`, but whole, whether or not the machine is at rest.
    private let sleepWhole: @Sendable (Duration) -> Void
    /// How long a request in the background gets to finish, in real time, where the machine has a clock of its own; nil where its
    /// time is the real one.
    private let patience: Duration?
    /// How much of the machine's time a request takes, where it does not take it by itself.
    private let perRequest: Duration

    private init(
        pause: @escaping @Sendable (Duration) -> Void, sleepWhole: @escaping @Sendable (Duration) -> Void,
        patience: Duration? = nil,
        perRequest: Duration = .zero
    ) {
        self.pause = pause
        self.sleepWhole = sleepWhole
        self.patience = patience
        self.perRequest = perRequest
    }

    /// The machine's time is the real one, and the player sleeps.
    public static let real = Pace(pause: sleepReally, sleepWhole: sleepReally)

    /// The machine's time is the real one, and the player waits until the machine has come to rest, at most as long as it would
    /// sleep. Where it is told to sleep it does so.
    ///
    /// - Parameter isAtRest: asked every 5 ms, on the player's thread.
    public static func real(untilAtRest isAtRest: @escaping @Sendable () -> Bool) -> Pace {
        Pace(
            pause: { duration in
                let step = Duration.milliseconds(5)
                var waited = Duration.zero
                while waited < duration, !isAtRest() {
                    real.pause(step)
                    waited += step
                }
            }, sleepWhole: sleepReally)
    }

    /// The machine has a clock of its own.
    ///
    /// - Parameters:
    ///   - patience: the real time after which a request in the background is said to be blocked.
    ///   - perRequest: how much time passes after each request: recorded ones took some, in which queues were looked at.
    ///   - advance: sets the clock forward and returns when the work that fell due has been done.
    public static func virtual(
        patience: Duration = .milliseconds(200), perRequest: Duration = .zero, advance: @escaping @Sendable (Duration) -> Void
    ) -> Pace {
        Pace(pause: advance, sleepWhole: advance, patience: patience, perRequest: perRequest)
    }

    /// Lets the time of a request pass.
    func passRequest() { pass(perRequest) }

    /// Lets all of that much of the machine's time pass.
    func sleep(_ duration: Duration) {
        guard duration > .zero else { return }
        sleepWhole(duration)
    }

    /// Lets that much of the machine's time pass.
    func pass(_ duration: Duration) {
        guard duration > .zero else { return }
        pause(duration)
    }

    /// Lets at most that much of the machine's time pass until there is an answer; nil where there is none.
    func wait(for background: Background, atMost duration: Duration) -> String? {
        guard let patience else { return background.wait(atMost: duration) }
        if let answer = background.wait(atMost: .zero) { return answer }
        // a request may sleep on the machine's clock more than once
        let steps = 20
        for _ in 0..<steps {
            pass(duration / steps)
            if let answer = background.wait(atMost: patience / steps) { return answer }
        }
        return nil
    }
}

@Sendable private func sleepReally(_ duration: Duration) {
    let (seconds, attoseconds) = duration.components
    var left = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
    var rest = timespec()
    while nanosleep(&left, &rest) != 0, errno == EINTR { left = rest }
}
