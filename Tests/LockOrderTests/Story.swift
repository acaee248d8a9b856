import LockOrder
import Synchronization
import Waiting

/// What happened, in its order.
final class Story<Line: Sendable>: Sendable {
    private let all = Mutex<[Line]>([])

    func add(_ line: Line) { all.withLock { $0.append(line) } }
    var lines: [Line] { all.withLock { $0 } }
}

/// Runs `body` with a hook for the sleeps of its thread and of the threads that it starts. All others have the process's: tests
/// run beside these, on mounts that need it.
func withHook(_ hook: @escaping @Sendable () -> Void, _ body: () -> Void) {
    TestThread.$around.withValue({ work in Blocking.withHook(hook, work) }) { Blocking.withHook(hook, body) }
}

/// Runs `body` with a hook that reports every sleep of its thread and of the threads that it starts.
func withSleepsSeen(_ asleep: Event, _ body: () -> Void) {
    withHook({ asleep.happens() }, body)
}
