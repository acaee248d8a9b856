import LockOrder
import Synchronization
import Waiting

/// What happened, in its order.
final class Story<Line: Sendable>: Sendable {
    private let all = Mutex<[Line]>([])

    func add(_ line: Line) { all.withLock { $0.append(line) } }
    var lines: [Line] { all.withLock { $0 } }
}

/// Runs `body` with a hook that reports every sleep of every thread.
func withSleepsSeen(_ asleep: Event, _ body: () -> Void) {
    Blocking.setHook { asleep.happens() }
    defer { Blocking.setHook(nil) }
    body()
}
