@testable import DriverCore
import Dispatch
import Glibc
import KernelLocks
import Kernels
import LockOrder
import Sysfs
import Testing
import Waiting

/// Time as a value: the virtual one does what the real one does, at once and always alike.
@Suite(.bounded) struct ClockTests {
    private let clock = VirtualClock()
    private let done = Leaf<[String]>("done", [])

    private func note(_ what: String) -> @Sendable () -> Void {
        { [clock, done] in
            let line = "\(what) at \(clock.now.components.seconds)"
            done.withLock { $0.append(line) }
        }
    }

    private var lines: [String] { done.withLock { $0 } }

    @Test func virtualTimeStandsStillUntilSomebodySleeps() {
        #expect(clock.now == .zero)
        #expect(clock.wallTime == Timestamp(seconds: 1_600_000_000, nanoseconds: 0))
        clock.sleep(.milliseconds(1500))
        #expect(clock.now == .milliseconds(1500))
        #expect(clock.wallTime == Timestamp(seconds: 1_600_000_001, nanoseconds: 500_000_000))
    }

    @Test func workIsDoneWhenItFallsDueEqualsInTheOrderInWhichTheyCame() {
        for (name, seconds) in [("late", 20), ("early", 10), ("equal", 20), ("never", 31)] {
            _ = clock.schedule(after: .seconds(seconds), note(name))
        }
        #expect(lines == [])
        clock.advance(by: .seconds(30))
        #expect(lines == ["early at 10", "late at 20", "equal at 20"])
        #expect(clock.now == .seconds(30))
        clock.advance(by: .seconds(1))
        #expect(lines.last == "never at 31")
    }

    @Test func workThatIsScheduledMeanwhileIsDoneInTheSameStretchOfTime() {
        let again = note("again")
        _ = clock.schedule(after: .seconds(1)) { [clock] in _ = clock.schedule(after: .seconds(2), again) }
        clock.advance(by: .seconds(3))
        #expect(lines == ["again at 3"])
    }

    @Test func workThatFallsDueInASleepIsDoneAtItsTime() {
        for seconds in [1, 5, 6] { _ = clock.schedule(after: .seconds(seconds), note("work")) }
        clock.sleep(.seconds(5))
        #expect(lines == ["work at 1", "work at 5"])
        #expect(clock.now == .seconds(5))
    }

    /// The one that sleeps has a lock that the work needs.
    @Test func workThatWaitsForTheSleeperKeepsNobody() {
        let (held, isDone) = (Lock<ScanRank, Int>("held", 0), Event("the work is done"))
        _ = clock.schedule(after: .seconds(1)) {
            withNoLocksHeld { none in held.withLock(after: none) { (count, _) in count += 1 } }
            isDone.happens()
        }
        _ = clock.schedule(after: .seconds(2), note("work"))
        waiting(for: "the sleep ends") { [clock] in
            withNoLocksHeld { none in
                held.withLock(after: none) { (count, _) in
                    clock.sleep(.seconds(5))
                    #expect(count == 0)
                }
            }
        }
        isDone.wait()
        #expect(lines == ["work at 2"])
    }

    @Test func cancelledWorkIsNotDone() {
        let (first, second) = (
            clock.schedule(after: .seconds(1), note("first")), clock.schedule(after: .seconds(1), note("second"))
        )
        first.cancel()
        clock.advance(by: .seconds(1))
        #expect(lines == ["second at 1"])
        second.cancel()
        clock.advance(by: .seconds(10))
        #expect(lines == ["second at 1"])
    }

    @Test func whoWaitsLetsTimeGoOnToTheWorkThatEndsIt() {
        let value = Leaf("value", 0)
        for seconds in [10, 20, 30] {
            _ = clock.schedule(after: .seconds(seconds)) { value.withLock { $0 += 1 } }
        }
        #expect(clock.wait(on: value) { $0 >= 0 ? $0 : nil } == 0)
        #expect(clock.now == .zero)
        #expect(clock.wait(on: value) { $0 == 2 ? "two" : nil } == "two")
        #expect(clock.now == .seconds(20))
        #expect(value.withLock { $0 } == 2)
    }

    @Test(arguments: [VirtualClock() as any KernelClock, RealClock()])
    func withNothingDueWhoWaitsIsWokenByAnother(clock: any KernelClock) {
        let value = Leaf("value", false)
        let waiter = TestThread("the waiter is woken") { clock.wait(on: value) { $0 ? () : nil } }
        value.withLock { $0 = true }
        value.notifyAll()
        waiter.join()
    }

    @Test func realWorkIsDoneOnAnotherThreadAndNotBeforeItsTime() throws {
        let clock = RealClock()
        let start = clock.now
        let (end, isDone) = (Leaf<Duration?>("end", nil), Event("scheduled work is done"))
        _ = clock.schedule(after: .milliseconds(5)) {
            end.withLock { $0 = clock.now }
            isDone.happens()
        }
        isDone.wait()
        #expect(try #require(end.withLock { $0 }) - start >= .milliseconds(5))
        let before = clock.now
        clock.sleep(.milliseconds(2))
        #expect(clock.now - before >= .milliseconds(2))
    }

    @Test(arguments: [VirtualClock() as any KernelClock, RealClock()])
    func workIsDoneWhileOthersKeepEveryThreadOfDispatch(clock: any KernelClock) {
        let others = (over: Leaf("over", false), begin: Event("another begins"))
        defer { others.over.withLock { $0 = true } }
        for _ in 0..<8 * sysconf(Int32(_SC_NPROCESSORS_ONLN)) {
            DispatchQueue.global().async {
                others.begin.happens()
                while !others.over.withLock({ $0 }) {}
            }
        }
        others.begin.wait()
        let isDone = Leaf("is done", false)
        _ = clock.schedule(after: .zero) {
            isDone.withLock { $0 = true }
            isDone.notifyAll()
        }
        waiting(for: "work that is due") { clock.wait(on: isDone) { $0 ? () : nil } }
    }

    @Test func realWorkThatIsCancelledIsForgotten() {
        final class Token: Sendable {}
        weak var token: Token?
        let work = {
            let made = Token()
            token = made
            return RealClock().schedule(after: .seconds(3600)) { _ = made }
        }()
        #expect(token != nil)
        work.cancel()
        #expect(token == nil)
    }

    @Test func aKernelsWorkIsAnnouncedAfterItIsDone() {
        let kernel = Kernel(release: .v7_2, clock: clock)
        kernel.onBackgroundChanges(note("announced"))
        let work = note("done")
        _ = kernel.schedule(after: .seconds(7)) { _ in work() }
        let cancelled = kernel.schedule(after: .seconds(8)) { _ in work() }
        cancelled.cancel()
        clock.advance(by: .seconds(10))
        #expect(lines == ["done at 7", "announced at 7"])
    }
}
