import Glibc
import KernelLocks
@testable import LockOrder
import Testing
import Waiting

extension LockOrderTests {
    @Suite struct MutexTests {
        @Test func threadsExcludeEachOther() {
            let leaf = Leaf("exclusion leaf", 0)
            let lock = Lock<MatrixRank, Int>("exclusion lock", 0)
            let threads = (0..<4).map { _ in
                TestThread {
                    for _ in 0..<20_000 {
                        leaf.withLock { $0 += 1 }
                        withNoLocksHeld { held in lock.withLock(after: held) { count, _ in count += 1 } }
                    }
                }
            }
            for thread in threads { thread.join() }
            #expect(leaf.withLock { $0 } == 80_000)
            #expect(withNoLocksHeld { held in lock.withLock(after: held) { count, _ in count } } == 80_000)
        }

        @Test func anAttemptFailsWhileAnotherThreadHasIt() {
            let scan = Lock<ScanRank, Int>("attempt", 7)
            let (isTaken, mayGo) = (Event("the lock is taken"), Event("the test lets it go"))
            let other = TestThread {
                withNoLocksHeld { held in
                    scan.withLock(after: held) { _, _ in
                        isTaken.happens()
                        mayGo.wait()
                    }
                }
            }
            isTaken.wait()
            #expect(withNoLocksHeld { held in scan.withLockIfAvailable(after: held) { value, _ in value } } == nil)
            mayGo.happens()
            other.join()
            #expect(withNoLocksHeld { held in scan.withLockIfAvailable(after: held) { value, _ in value } } == 7)
        }

        struct Refusal: Error, Equatable { let code: Int }

        @Test func errorsPassWithTheirTypeAndReleaseTheLock() {
            let lock = Lock<KVMRank, Int>("thrown", 0)
            let guests = RWLock<GuestsRank, Int>("thrown", 0)
            let leaf = Leaf("thrown", 0)
            for code in 0..<3 {
                do throws(Refusal) {
                    try withNoLocksHeld { held throws(Refusal) in
                        try guests.withWriteLock(after: held) { guests, held throws(Refusal) in
                            try lock.withLock(after: held) { state, _ throws(Refusal) in
                                try leaf.withLock { leaf throws(Refusal) in throw Refusal(code: code) }
                            }
                        }
                    }
                    Issue.record("nothing was thrown")
                } catch {
                    #expect(error == Refusal(code: code))
                }
            }
        }

        @Test func aLockIsSmall() {
            #expect(MemoryLayout<LockCore>.size == 24)
        }

        @Test func theHookIsCalledOnceForASleepAndOnlyThen() {
            let lock = Lock<DeviceRank, Int>("hook", 0)
            let (calls, asleep) = (Story<String>(), Event("a thread goes to sleep"))
            let hook = { @Sendable in
                calls.add("hook")
                asleep.happens()
            }
            withHook(hook) {
                withNoLocksHeld { held in
                    lock.withLock(after: held) { _, _ in }
                    #expect(calls.lines.isEmpty)
                    let other = lock.withLock(after: held) { _, _ in
                        let other = TestThread {
                            withNoLocksHeld { held in lock.withLock(after: held) { state, _ in state = 5 } }
                        }
                        asleep.wait()
                        return other
                    }
                    other.join()
                    #expect(calls.lines == ["hook"])
                    #expect(lock.withLock(after: held) { state, _ in state } == 5)
                }
            }
            #expect(calls.lines == ["hook"])
        }

        @Test func aHookThatSleepsIsNotCalledAgain() {
            let (calls, isTaken, mayGo) = (Story<String>(), Event("the lock is taken"), Event("the test lets it go"))
            let leaf = Leaf("slept on by a hook", 0)
            let other = TestThread {
                leaf.withLock { _ in
                    isTaken.happens()
                    mayGo.wait()
                }
            }
            isTaken.wait()
            let hook = { @Sendable in
                calls.add("hook")
                leaf.withLock { $0 += 1 }
            }
            withHook(hook) {
                WaitSeen {
                    calls.add("wait")
                    mayGo.happens()
                }.observing { Blocking.willBlock() }
            }
            other.join()
            #expect(calls.lines.prefix(2) == ["hook", "wait"])
            #expect(!calls.lines.dropFirst().contains("hook"))
        }
    }
}

/// Runs something where its thread would sleep.
private final class WaitSeen: SchedulingObserver {
    let body: () -> Void
    init(_ body: @escaping () -> Void) { self.body = body }

    func willWait(_ lock: LockIdentity, for event: SchedulingWait) { body() }
    func willAcquire(_ lock: LockIdentity, _ mode: LockMode) {}
    func didAcquire(_ lock: LockIdentity, _ mode: LockMode) {}
    func didRelease(_ lock: LockIdentity, _ mode: LockMode) {}
    func didNotify(_ lock: LockIdentity) {}
}
