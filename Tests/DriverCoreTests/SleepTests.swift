import DriverCore
import Kernels
import LockOrder
import SystemAdditions
import SystemPackage
import Testing
import Waiting

/// Sleeps that end before their time. Each of them would last for an hour.
@Suite(.bounded) struct SleepTests {
    private let kernel = Kernel(release: .v7_2, clock: RealClock())
    private static let hour = Duration.seconds(3600)

    /// Whether a sleep on a thread of its own lasted to its end; nil where it does not end at all.
    private func sleep(endedBy end: @escaping @Sendable (Sleep) -> Void) -> Bool? {
        let (kernel, sleep) = (kernel, Sleep())
        let ender = TestThread("a sleep is ended") { end(sleep) }
        defer { ender.join() }
        return waiting(for: "a sleep ends") { kernel.sleep(Self.hour, sleep) }
    }

    @Test func anotherThreadEndsASleep() {
        let slept = sleep { $0.end() }
        #expect(slept == false)
    }

    @Test func anEndThatComesBeforeTheSleepIsNotLost() {
        let sleep = Sleep()
        sleep.end()
        #expect(!kernel.sleep(Self.hour, sleep))
        #expect(!VirtualClock().sleep(Self.hour, sleep))
    }

    @Test func allSleepsEndWithTheKernelAndNobodySleepsAfterwards() {
        let slept = sleep { [kernel] _ in kernel.halt() }
        #expect(slept == false)
        #expect(kernel.isHalted)
        #expect(!kernel.sleep(Self.hour))
    }

    @Test func aSleepThatOnlyTheCallerWaitsForEndsWithHim() {
        let (kernel, caller) = (kernel, Caller())
        let ender = TestThread("the caller goes") { caller.end() }
        let slept = waiting(for: "a sleep ends with its caller") {
            caller.serving { kernel.sleep(Self.hour, endingWith: Caller.current) }
        }
        ender.join()
        #expect(slept == false)
        #expect(caller.hasEnded)
        // what others need goes on
        let sleptWithLocks = caller.serving { kernel.sleep(.milliseconds(1)) }
        #expect(sleptWithLocks)
        #expect(Caller.current == nil)
    }

    @Test func aSleepThatNobodyEndsLastsToItsEnd() {
        let start = kernel.clock.now
        #expect(kernel.sleep(.milliseconds(5)))
        #expect(kernel.clock.now - start >= .milliseconds(5))
    }

    // MARK: - Signals that do not end the caller

    @Test func aSignalEndsOnlyASleepThatLinuxLetsItEnd() {
        let (kernel, caller) = (kernel, Caller())
        let signal = TestThread("a signal comes") { caller.interrupt() }
        let slept = waiting(for: "a sleep ends by a signal") {
            caller.serving { kernel.sleep(Self.hour, endingWith: Caller.current, endsBySignals: true) }
        }
        signal.join()
        #expect(slept == false)
        #expect(caller.hasSignal)
        #expect(!caller.hasEnded)
        let sleptOn = caller.serving { kernel.sleep(.milliseconds(1), endingWith: Caller.current) }
        #expect(sleptOn)
    }

    @Test func whoGivesAWaitUpIsAnsweredAtOnceAndDoesNothingLater() {
        let (caller, answers) = (Caller(), Leaf<[Errno]>("answers", []))
        #expect(throws: Errno.EINTR) {
            try caller.waiting { (hasGivenUp) throws(Errno) in
                caller.interrupt { answer in answers.withLock { $0.append(answer) } }
                #expect(answers.withLock { $0 } == [.EINTR])
                if hasGivenUp() { throw .EINTR }
            }
        }
        // a signal that has come before is not waited behind
        #expect(throws: Errno.EINTR) { try caller.waiting { (_) throws(Errno) in Issue.record("it waits") } }
    }

    @Test func aSignalBehindAWaitChangesNothing() throws {
        let (caller, answers) = (Caller(), Leaf<[Errno]>("answers", []))
        let hasGivenUp = try caller.waiting { (hasGivenUp) throws(Errno) in hasGivenUp() }
        #expect(!hasGivenUp)
        caller.interrupt { answer in answers.withLock { $0.append(answer) } }
        #expect(answers.withLock { $0 } == [])
    }
}
