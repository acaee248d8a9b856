import Kernels
import KernelTesting
import LockOrder
import Machine
import Sysfs
import Testing
@testable import VFIOAP
import Waiting

/// Who waits while a store resets queues, and who goes first then. In Linux stores wait for each other at `guests_lock`, a mutex;
/// so one that only reads is next at the lock of the matrix device, however many stores came before it.
@Suite(.serialized, .bounded) struct TurnTests {
    @Test(arguments: [KernelRelease.v6_12, .v7_2]) func aReadPassesAStoreThatWaits(release: KernelRelease) throws {
        let it = try MatrixHost(release: release)
        it.assign(adapters: ["5", "6"], domains: ["4"])
        it.b("assign_adapter", "6")
        let (resets, mayGo) = (Event("a store resets a queue"), Event("the test lets the reset go on"))
        it.clock.atSleep.withLock {
            $0 = { count in
                guard count == 1 else { return }
                resets.happens()
                mayGo.wait()
            }
        }
        try it.machine.execute("queue 05.0004 reset-busy=1")
        let reset = TestThread("the store ends that resets") { it.unbind("05.0004") }
        try #require(resets.wait())

        let lines = it.module.matrixDevice
        let store = TestThread("the store ends that has waited") { it.b("assign_domain", "0x47") }
        waitUntil("a store stands in line") { lines.turn.line + lines.lock.line == 1 }
        let answer = Leaf("answer", "")
        let read = TestThread("the read ends") {
            let text = it.kernel.read("devices/vfio_ap/matrix/\(MatrixHost.b)/matrix")
            answer.withLock { $0 = text }
        }
        waitUntil("a read stands in line behind it") { lines.turn.line + lines.lock.line == 2 }
        #expect(lines.lock.line == 1, "the read alone is in line for the lock that it needs")

        mayGo.happens()
        for thread in [reset, read, store] { thread.join() }
        #expect(answer.withLock { $0 } == "06.\n", "as it was before the store that waited")
        #expect(it.kernel.read("devices/vfio_ap/matrix/\(MatrixHost.b)/matrix") == "06.0047\n")
        #expect(it.defects() == [])
    }

    /// `KernelDifference.statusComesBeforeItsQueue`. (With 6.1 no reset takes long.)
    @Test(arguments: [KernelRelease.v6_12, .v7_2]) func aQueueThatIsBoundGetsItsStatusWhenTheDriverHasItsLocks(
        release: KernelRelease
    )
        throws
    {
        let it = try MatrixHost(release: release)
        it.assign(adapters: ["5", "6"], domains: ["4"])
        it.unbind("06.0004")
        let (resets, mayGo) = (Event("a store resets a queue"), Event("the test lets the reset go on"))
        let isFirst = Leaf("first sleep", true)
        it.clock.atSleep.withLock {
            $0 = { _ in
                let isThis = isFirst.withLock { isFirst in
                    defer { isFirst = false }
                    return isFirst
                }
                guard isThis else { return }
                resets.happens()
                mayGo.wait()
            }
        }
        try it.machine.execute("queue 05.0004 reset-rc=02 reset-n=1")
        let reset = TestThread("the store ends that resets") { it.unbind("05.0004") }
        try #require(resets.wait())
        let bind = TestThread("the queue is bound") { it.bind("06.0004") }
        waitUntil("the bind stands in line") { it.module.matrixDevice.lock.line == 1 }
        let status = "devices/ap/card06/06.0004/status"
        #expect(it.kernel.exists(status) == release.has(.statusComesBeforeItsQueue))
        #expect(it.kernel.exists("bus/ap/drivers/vfio_ap/06.0004"))
        mayGo.happens()
        for thread in [reset, bind] { thread.join() }
        #expect(it.kernel.read(status) == "assigned\n")
        #expect(it.defects() == [])
    }
}
