@testable import APBus
import AdjunctProcessor
import Machine
import Testing

/// The life of a queue between resets: drivers/s390/crypto/ap_queue.c, ap_sm_event.
@Suite struct QueueStateMachineTests {
    private let machine = Machine(.default)
    private let apqn = APQN(adapter: AdapterID(5), domain: DomainID(4))

    private func step(_ queue: inout QueueStateMachine) -> QueueStateMachine.Wait { queue.step(apqn, machine) }

    /// A queue that has come to rest.
    private func idle() -> QueueStateMachine {
        var queue = QueueStateMachine()
        queue.start()
        while step(&queue) == .poll {}
        return queue
    }

    @Test func aQueueThatNobodyHasStartedDoesNothing() {
        var queue = QueueStateMachine()
        #expect(step(&queue) == .nothing)
        #expect(queue.device == .uninitiated)
        queue.restart()
        #expect(step(&queue) == .nothing)
        #expect(queue.state == .resetStart)
        queue.fail()
        #expect(queue.device == .uninitiated)
        queue.recover()
        #expect(step(&queue) == .nothing)
        #expect(queue.device == .uninitiated)
        #expect(machine.journal.count == 0)
    }

    @Test func aStartIsAResetThenInterruptsThenRest() {
        var queue = QueueStateMachine()
        queue.start()
        #expect(step(&queue) == .poll)
        #expect(queue.state == .resetWait)
        #expect(machine.journal.text() == "RAPQ 05.0004 rc=00\n")
        #expect(step(&queue) == .poll)
        #expect(queue.state == .setInterruptWait)
        #expect(!queue.sawInterrupts)
        #expect(machine.journal.text(from: 1) == "AQIC-on 05.0004 rc=00\n")
        #expect(step(&queue) == .nothing)
        #expect(queue.state == .idle)
        #expect(queue.sawInterrupts)
        #expect(step(&queue) == .nothing)
        #expect(machine.journal.count == 2)
    }

    @Test func aSlowResetIsWaitedFor() throws {
        try machine.execute("queue 05.0004 reset-busy=4")
        var queue = QueueStateMachine()
        queue.start()
        for _ in 0..<4 {
            #expect(step(&queue) == .poll)
            #expect(queue.state == .resetWait)
        }
        #expect(step(&queue) == .poll)
        #expect(queue.state == .setInterruptWait)
    }

    @Test func aResetThatSomebodyElseHasBegunIsWaitedForToo() throws {
        try machine.execute("queue 05.0004 reset-busy=2")
        _ = machine.zapq(apqn)
        var queue = QueueStateMachine()
        queue.start()
        #expect(step(&queue) == .poll)
        #expect(queue.state == .resetWait)
        #expect(machine.journal.text(from: 1) == "RAPQ 05.0004 rc=02\n")
    }

    @Test func withoutInterruptsThereIsNothingToWaitForAfterTheReset() {
        var description = MachineDescription.default
        description.interrupts = false
        let machine = Machine(description)
        var queue = QueueStateMachine()
        queue.start()
        #expect(queue.step(apqn, machine) == .poll)
        #expect(queue.step(apqn, machine) == .nothing)
        #expect(queue.state == .idle)
        #expect(!queue.sawInterrupts)
        #expect(machine.journal.text() == "RAPQ 05.0004 rc=00\n")
    }

    @Test func aQueueThatRefusesInterruptsDoesWithoutThem() {
        let refusing = Refusing(machine)
        var queue = QueueStateMachine()
        queue.start()
        #expect(queue.step(apqn, refusing) == .poll)
        #expect(queue.step(apqn, refusing) == .nothing)
        #expect(queue.state == .idle)
        #expect(queue.device == .operating)
        #expect(!queue.sawInterrupts)
    }

    @Test func interruptsThatAreNotOnYetAreWaitedFor() {
        var queue = QueueStateMachine()
        queue.start()
        _ = step(&queue)
        _ = step(&queue)
        _ = machine.aqic(apqn, enable: false)
        #expect(step(&queue) == .poll)
        #expect(step(&queue) == .poll)
        #expect(queue.state == .setInterruptWait)
        _ = machine.aqic(apqn, enable: true)
        #expect(step(&queue) == .nothing)
        #expect(queue.state == .idle)
    }

    /// Trouble after 0, 1 or 2 steps. When it is over the reset goes on, but only a start ends the error.
    @Test(arguments: ["adapter 05 config=0", "adapter 05 chkstop=1", "queue 05.0004 absent=1"], 0...2)
    func troubleIsAnErrorWheneverItComesAndRecoveringStartsAnew(command: String, steps: Int) throws {
        var queue = QueueStateMachine()
        queue.start()
        for _ in 0..<steps { #expect(step(&queue) == .poll) }
        try machine.execute(command)
        #expect(step(&queue) == .nothing)
        #expect(queue.device == .error)
        try machine.execute("adapter 05 config=1 chkstop=0")
        try machine.execute("queue 05.0004 absent=0")
        #expect(step(&queue) == .poll)
        #expect(queue.device == .error)
        queue.recover()
        #expect(step(&queue) == .poll)
        #expect(queue.device == .operating)
        #expect(queue.state == .resetWait)
    }

    @Test func aResetThatIsRefusedIsAnError() throws {
        try machine.execute("queue 05.0004 reset-rc=5")
        var queue = QueueStateMachine()
        queue.start()
        #expect(step(&queue) == .nothing)
        #expect(queue.device == .error)
    }

    /// It takes no requests, but it is reset.
    @Test func aQueueInErrorIsTriedAgainWheneverItIsLookedAt() throws {
        try machine.execute("queue 05.0004 reset-rc=5")
        var queue = QueueStateMachine()
        queue.start()
        for _ in 0..<3 { #expect(step(&queue) == .nothing) }
        #expect(machine.journal.text() == String(repeating: "RAPQ 05.0004 rc=05\n", count: 3))
        #expect(queue.isUnfinished)
        try machine.execute("queue 05.0004 reset-rc=0")
        while step(&queue) == .poll {}
        #expect(queue.state == .idle)
        #expect(!queue.isUnfinished)
        #expect(queue.device == .error)
    }

    @Test func interruptsAreForgottenWithTheResetThatSucceeds() throws {
        var queue = idle()
        try machine.execute("queue 05.0004 reset-rc=5")
        queue.restart()
        _ = step(&queue)
        #expect(queue.sawInterrupts)
        try machine.execute("queue 05.0004 reset-rc=0")
        _ = step(&queue)
        #expect(!queue.sawInterrupts)
    }

    @Test func aResetKeepsTheSecretAndAStartForgetsIt() {
        var queue = idle()
        queue.awaitAssociation(with: 5)
        queue.restart()
        #expect(queue.secret == 5)
        queue.start()
        #expect(queue.secret == nil)
    }

    @Test func aRestartResetsAgain() {
        var queue = idle()
        queue.restart()
        #expect(queue.device == .operating)
        #expect(queue.state == .resetStart)
        #expect(step(&queue) == .poll)
        #expect(queue.state == .resetWait)
        #expect(!queue.sawInterrupts)
    }

    @Test func aQueueThatLosesItsDriverStaysAsItIsUntilItIsStarted() {
        var queue = idle()
        queue.prepareRemove()
        #expect(queue.device == .shutdown)
        #expect(step(&queue) == .nothing)
        queue.finishRemove()
        #expect(queue.device == .uninitiated)
        #expect(queue.state == .idle)
        #expect(step(&queue) == .nothing)
        queue.start()
        #expect(step(&queue) == .poll)
    }
}

/// What becomes of a request: docs/kernel/ap-bus.md, "Requests".
@Suite struct SendingTests {
    private let apqn = APQN(adapter: AdapterID(5), domain: DomainID(4))
    private let machine = Machine(.default)

    /// A queue at rest, which answers a request with that code.
    private func idle(_ code: UInt8) throws -> QueueStateMachine {
        var queue = QueueStateMachine()
        queue.start()
        while queue.step(apqn, machine) == .poll {}
        try machine.execute("queue 05.0004 nqap-rc=\(String(code, radix: 16))")
        return queue
    }

    @Test func aQueueInOrderTakesARequest() throws {
        var queue = try idle(0)
        #expect(queue.send(apqn, machine) == .sent)
        #expect(queue.state == .idle)
    }

    @Test(arguments: [0x15, 0x16, 0x42] as [UInt8]) func aRequestThatTheCardCannotExecuteIsNoFaultOfTheQueue(_ code: UInt8) throws
    {
        var queue = try idle(code)
        #expect(queue.send(apqn, machine) == .refused)
        #expect(queue.device == .operating)
        #expect(queue.state == .idle)
    }

    @Test func aResetThatSomebodyElseHasBegunIsWaitedFor() throws {
        var queue = try idle(2)
        #expect(queue.send(apqn, machine) == .stays(.poll))
        #expect(queue.state == .resetWait)
        #expect(queue.device == .operating)
    }

    @Test func aFullQueueIsWaitedForUntilItIsLookedAt() throws {
        var queue = try idle(0x10)
        #expect(queue.send(apqn, machine) == .stays(.nothing), "an interrupt would tell")
        #expect(queue.state == .full)
        #expect(queue.isUnfinished)
        #expect(queue.step(apqn, machine) == .nothing)
        #expect(queue.state == .idle)
        _ = machine.aqic(apqn, enable: false)
        #expect(queue.send(apqn, machine) == .stays(.poll))
    }

    @Test(arguments: [1, 3, 4, 5, 6, 7, 0x0b, 0x11, 0x13, 0xff] as [UInt8])
    func anyOtherAnswerIsAnErrorOfTheQueue(_ code: UInt8) throws {
        var queue = try idle(code)
        #expect(queue.send(apqn, machine) == .stays(.nothing))
        #expect(queue.device == .error)
        #expect(queue.state == .idle)
    }
}

/// The machine, but AQIC is answered with 06.
private final class Refusing: APInstructions {
    private let machine: Machine

    init(_ machine: Machine) {
        self.machine = machine
    }

    func aqic(_ apqn: APQN, enable: Bool) -> QueueStatus { QueueStatus(.invalidAddress) }
    func tapq(_ apqn: APQN) -> (QueueStatus, QueueInfo) { machine.tapq(apqn) }
    func rapq(_ apqn: APQN, unbinding: Bool) -> QueueStatus { machine.rapq(apqn, unbinding: unbinding) }
    func zapq(_ apqn: APQN) -> QueueStatus { machine.zapq(apqn) }
    func qci() -> ConfigurationInfo? { machine.qci() }
    func qact(_ apqn: APQN, type: UInt8) -> UInt8? { machine.qact(apqn, type: type) }
    func configure(_ adapter: AdapterID, _ on: Bool) -> SCLPResponse { machine.configure(adapter, on) }
    func nqap(_ apqn: APQN) -> QueueStatus { machine.nqap(apqn) }
    func ask(_ apqn: APQN, _ query: DeviceQuery) -> DeviceAnswer? { machine.ask(apqn, query) }
}
