import KernelLocks
import LockOrder
import Testing
import Waiting

/// Writes down what it is told, and keeps a thread that cannot go on until it is let go.
private final class Recorder: SchedulingObserver, Sendable {
    let story = Story<String>()
    let waits = Event("a thread cannot go on")
    let mayGo = Event("the test lets it go")

    func willAcquire(_ lock: LockIdentity, _ mode: LockMode) { story.add("willAcquire \(lock.name) \(mode)") }
    func didAcquire(_ lock: LockIdentity, _ mode: LockMode) { story.add("didAcquire \(lock.name) \(mode)") }
    func didRelease(_ lock: LockIdentity, _ mode: LockMode) { story.add("didRelease \(lock.name) \(mode)") }
    func didNotify(_ lock: LockIdentity) { story.add("didNotify \(lock.name)") }
    func willWait(_ lock: LockIdentity, for event: SchedulingWait) {
        story.add("willWait \(lock.name) \(event)")
        waits.happens()
        mayGo.wait()
    }
}

extension LockOrderTests {
    @Suite struct ObserverTests {
        @Test func itIsToldOfEveryStepOfItsThreadOnly() {
            let (guests, leaf) = (RWLock<GuestsRank, Int>("guests", 0), Leaf("leaf", 0))
            let recorder = Recorder()
            leaf.withLock { _ in }
            recorder.observing {
                withNoLocksHeld { held in
                    guests.withReadLock(after: held) { _, _ in leaf.withLock { _ in } }
                }
                leaf.notifyAll()
                let other = TestThread { leaf.withLock { _ in } }
                other.join()
            }
            leaf.withLock { _ in }
            #expect(
                recorder.story.lines == [
                    "willAcquire guests shared", "didAcquire guests shared",
                    "willAcquire leaf exclusive", "didAcquire leaf exclusive", "didRelease leaf exclusive",
                    "didRelease guests shared", "didNotify leaf",
                ])
        }

        @Test func itKeepsAThreadThatCannotHaveALock() {
            let matrix = Lock<MatrixRank, Int>("matrix", 0)
            let recorder = Recorder()
            let thread = withNoLocksHeld { held in
                matrix.withLock(after: held) { _, _ in
                    let thread = TestThread {
                        recorder.observing { withNoLocksHeld { held in matrix.withLock(after: held) { _, _ in } } }
                    }
                    recorder.waits.wait()
                    // let go too early, it finds the lock taken and waits again
                    recorder.mayGo.happens()
                    recorder.waits.wait()
                    return thread
                }
            }
            recorder.mayGo.happens()
            thread.join()
            let wait = "willWait matrix available(LockOrder.LockMode.exclusive)"
            #expect(
                recorder.story.lines == [
                    "willAcquire matrix exclusive", wait, wait, "didAcquire matrix exclusive", "didRelease matrix exclusive",
                ])
        }

        @Test func itKeepsAThreadThatWaitsForANotification() {
            let leaf = Leaf("leaf", 0)
            let recorder = Recorder()
            let thread = TestThread { recorder.observing { leaf.wait { $0 == 1 ? () : nil } } }
            recorder.waits.wait()
            leaf.withLock { $0 = 1 }
            leaf.notifyAll()
            recorder.mayGo.happens()
            thread.join()
            let turn = ["willAcquire leaf exclusive", "didAcquire leaf exclusive", "didRelease leaf exclusive"]
            #expect(recorder.story.lines == turn + ["willWait leaf notified"] + turn)
        }
    }
}
