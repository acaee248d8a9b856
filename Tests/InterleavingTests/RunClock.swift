import DriverCore
import Interleavings
import LockOrder
import Synchronization
import Sysfs

/// The time of a run: whoever sleeps advances it, nobody waits. What is to be done at once is done by a thread of the run, what
/// is to be done later only when nobody can go on without it: ten seconds are longer than everything else.
final class RunClock: KernelClock {
    private let run: Run
    private let elapsed = Mutex(Duration.zero)

    init(_ run: Run) {
        self.run = run
    }

    var now: Duration { elapsed.withLock { $0 } }
    var wallTime: Timestamp { Timestamp(seconds: 1_600_000_000, nanoseconds: 0) }

    func sleep(_ duration: Duration) {
        elapsed.withLock { $0 += duration }
    }

    func wait<State, Result>(on leaf: Leaf<State>, until condition: (inout State) -> Result?) -> Result {
        leaf.wait(condition)
    }

    func schedule(after delay: Duration, _ work: @escaping @Sendable () -> Void) -> any ScheduledWork {
        let item = Item()
        let unlessCancelled = { @Sendable in if !item.isCancelled.withLock({ $0 }) { work() } }
        if delay == .zero {
            run.post(unlessCancelled)
        } else {
            run.post(at: now + delay, unlessCancelled)
        }
        return item
    }

    private final class Item: ScheduledWork {
        let isCancelled = Mutex(false)

        func cancel() {
            isCancelled.withLock { $0 = true }
        }
    }
}
