import DriverCore
import KernelTesting
import Kernels
import LockOrder
@testable import Mdev
import Synchronization
import Sysfs
import Testing
import Waiting

/// The requests to let go of a device, on a clock whose thread is quicker than the one that asks it.
@Suite(.bounded) struct ReminderTests {
    @Test func noRequestIsLeftOverWhenTheDeviceIsGone() throws {
        let clock = QuickClock()
        let kernel = Kernel(release: .v7_2, clock: clock)
        let it = try Workshop(kernel: kernel)
        it.create()
        let uuid = try #require(MdevUUID(Workshop.uuid))
        let tool = try #require(it.driver.tools.withLock { $0[uuid] })
        tool.patience.withLock { $0 = 1 }
        try tool.device.open()
        let remover = TestThread("the removal ends") { it.remove() }
        waitUntil("the next request is planned") { clock.planned.withLock { !$0.isEmpty } }
        // the first has been made, the second one is planned; it is not waited for
        waitUntil("the first thread has come back") { clock.isBack.withLock { $0 } }
        tool.device.close()
        remover.join()
        #expect(clock.planned.withLock { $0.map(\.isCancelled) } == [true])
    }
}

/// Has done what is due at once by the time `schedule` returns; does nothing else.
private final class QuickClock: KernelClock {
    let planned = Leaf<[Item]>("planned", [])
    /// What was due at once has been done.
    let isBack = Leaf("is back", false)
    private let time = VirtualClock()

    var now: Duration { time.now }
    var wallTime: Timestamp { time.wallTime }
    func sleep(_ duration: Duration) {}

    func wait<State, Result>(on leaf: Leaf<State>, until condition: (inout State) -> Result?) -> Result {
        isBack.withLock { $0 = true }
        return leaf.wait(condition)
    }

    func schedule(after delay: Duration, _ work: @escaping @Sendable () -> Void) -> any ScheduledWork {
        let item = Item()
        if delay == .zero {
            TestThread("work is done", work).join()
        } else {
            planned.withLock { $0.append(item) }
        }
        return item
    }

    final class Item: ScheduledWork {
        // not a leaf: it may be cancelled inside of one
        private let state = Mutex(false)
        var isCancelled: Bool { state.withLock { $0 } }
        func cancel() { state.withLock { $0 = true } }
    }
}
