import AdjunctProcessor
import KernelTesting
import KVM
import Kernels
import LockOrder
import Machine
import Sysfs
import SystemAdditions
import SystemPackage
import Testing
import Waiting
@testable import VFIOAP

/// How queues are reset and what becomes of a reset that is slow or fails: docs/kernel/vfio-ap.md, "Resets".
@Suite(.bounded) struct ResetTests {
    /// A host whose device A has 05.0004, 05.0047, 06.0004, 06.0047.
    private func host(_ release: KernelRelease = .v7_2) throws -> MatrixHost {
        let it = try MatrixHost(release: release)
        it.assign(adapters: ["5", "6"], domains: ["4", "0x47"])
        return it
    }

    private static let all = ["05.0004", "05.0047", "06.0004", "06.0047"]

    /// All are asked first and then waited for, 20 ms; 6.1 has nothing to wait for where the queue is empty at once.
    @Test(arguments: [(KernelRelease.v6_1, 0), (.v6_12, 20), (.v7_2, 20)])
    func aResetOfAllTakesNoLongerThanOfOne(release: KernelRelease, milliseconds: Int) throws {
        let it = try host(release)
        let start = it.clock.now
        #expect(try it.zeroized { try it.reset() } == Self.all)
        #expect(it.clock.now - start == .milliseconds(milliseconds))
    }

    struct Failure: Sendable, CustomTestStringConvertible {
        let release: KernelRelease
        let code: Int
        let error: Errno
        var testDescription: String { "\(release.rawValue): \(code)" }
    }

    static let failures = [1, 3, 4, 9, 0x35].flatMap { code in
        [
            Failure(release: .v6_1, code: code, error: [1, 3, 4].contains(code) ? .EBUSY : .EIO),
            Failure(release: .v6_12, code: code, error: .EIO), Failure(release: .v7_2, code: code, error: .EIO),
        ]
    }

    @Test(arguments: failures) func aResetThatFailsIsNotRepeatedAndTheOthersAreDone(_ failure: Failure) throws {
        let it = try host(failure.release)
        let code = String(failure.code, radix: 16)
        try it.machine.execute("queue 05.0004 reset-rc=\(code)")
        let resets = it.zeroized { #expect(throws: failure.error) { try it.reset() } }
        #expect(resets == ["05.0004 rc=\(code.count < 2 ? "0" : "")\(code)"] + Self.all.dropFirst())
        // a guest gets the adapter according to it; that is looked at when something is assigned
        #expect(it.a("assign_domain", "0xab") == "ok")
        let isPassable = [3, 4].contains(failure.code) && failure.release != .v6_1
        #expect(it.a("guest_matrix").hasPrefix("05.0004") == isPassable)
        #expect(it.a("guest_matrix").contains("06.00ab"))
        try it.machine.execute("queue 05.0004 reset-rc=0")
        try it.reset()
        #expect(it.a("unassign_domain", "0xab") == "ok")
        #expect(it.a("assign_domain", "0xab") == "ok")
        #expect(it.a("guest_matrix").hasPrefix("05.0004"))
        #expect(it.defects() == [])
    }

    /// In front of a warning.
    private static let mark = "------------[ cut here ]------------"

    /// docs/kernel/vfio-ap.md, "Resets". 5 does not end with 6.12 and 7.2.
    @Test(arguments: [
        (KernelRelease.v6_1, [5, 6, 9], [1, 3, 4]), (.v6_12, [1, 6, 9], [3, 4]), (.v7_2, [6, 9], [1, 3, 4]),
    ])
    func onlyAnAnswerThatIsNotExpectedIsToldAsAWarning(release: KernelRelease, told: [Int], silent: [Int]) throws {
        let it = try host(release)
        for code in told + silent {
            try it.machine.execute("queue 05.0004 reset-rc=\(code)")
            let log = it.kernel.log { #expect(throws: Errno.self) { try it.reset() } }
            let warning = "PQAP/ZAPQ for 05.0004 failed with invalid rc=\(code)"
            #expect(log == (told.contains(code) ? release == .v7_2 ? [warning] : [Self.mark, warning] : []), "\(code)")
        }
    }

    /// Code 2 is tried once more, every other one is not.
    @Test func linux61AsksABusyQueueOnce() throws {
        let it = try host(.v6_1)
        try it.machine.execute("queue 05.0004 reset-rc=5")
        let resets = it.zeroized { #expect(throws: Errno.EIO) { try it.reset() } }
        #expect(resets == ["05.0004 rc=05"] + Self.all.dropFirst())
    }

    @Test func aSlowResetIsWaitedForAndTold() throws {
        let it = try host()
        try it.machine.execute("queue 05.0004 reset-busy=5")
        let start = it.clock.now
        var resets: [String] = []
        let log = try it.kernel.log { resets = try it.zeroized { try it.reset() } }
        #expect(resets == Self.all)
        #expect(log == [20, 40, 60, 80].map { "Waited \($0)ms for reset of queue 05.0004 (2, 1, 0)" })
        #expect(it.clock.now - start == .milliseconds(100))
    }

    /// docs/kernel/vfio-ap.md, "Resets": of an endless reset ten lines in five seconds, and how many were left out.
    @Test func anEndlessResetDoesNotFillTheLog() throws {
        let it = try host()
        try it.machine.execute("queue 05.0004 reset-busy=255")
        // the reset is over after three minutes; 50 looks take a second
        it.clock.atSleep.withLock {
            $0 = { [machine = it.machine] count in if count == 9000 { _ = try? machine.execute("queue 05.0004 reset-busy=0") } }
        }
        let log = try it.kernel.log { try it.reset() }
        #expect(log.count <= 11 * 180 / 5)
        func waited(_ numbers: some Sequence<Int>) -> [String] {
            numbers.map { "Waited \($0 * 20)ms for reset of queue 05.0004 (2, 1, 0)" }
        }
        #expect(Array(log.prefix(10)) == waited(1...10))
        #expect(log[10] == "apq_reset_check: 241 callbacks suppressed")
        #expect(Array(log[11..<21]) == waited(252...261))
        #expect(log[21] == "apq_reset_check: 241 callbacks suppressed")
    }

    /// What was asked for while another reset was running has not been done yet.
    @Test(arguments: [KernelRelease.v6_12, .v7_2]) func aResetInsideAResetIsRepeatedWhenThatOneIsDone(release: KernelRelease)
        throws
    {
        let it = try host(release)
        try it.machine.execute("queue 05.0004 reset-busy=3")
        _ = it.machine.zapq(APQN(adapter: AdapterID(5), domain: DomainID(4)))
        let start = it.clock.now
        #expect(try it.zeroized { try it.reset() } == ["05.0004 rc=02"] + Self.all.dropFirst() + ["05.0004"])
        #expect(it.clock.now - start == .milliseconds(120))
    }

    @Test func linux61TriesTwiceWhileAnotherResetRunsAndGivesUp() throws {
        let it = try host(.v6_1)
        try it.machine.execute("queue 05.0004 reset-busy=255")
        try it.reset()
        let start = it.clock.now
        let resets = it.zeroized { #expect(throws: Errno.EBUSY) { try it.reset() } }
        #expect(resets == ["05.0004 rc=02", "05.0004 rc=02"] + Self.all.dropFirst())
        #expect(it.clock.now - start == .milliseconds(20))
    }

    @Test(arguments: [5, 0x0a]) func busyIsAskedAgainUntilItIsDone(code: Int) throws {
        let it = try host()
        try it.machine.execute("queue 05.0004 reset-rc=\(String(code, radix: 16))")
        it.clock.atSleep.withLock {
            $0 = { [machine = it.machine] count in if count == 3 { _ = try? machine.execute("queue 05.0004 reset-rc=0") } }
        }
        let answers = try it.zeroized { try it.reset() }.filter { $0.hasPrefix("05.0004") }
        #expect(answers == Array(repeating: "05.0004 rc=0\(String(code, radix: 16))", count: 3) + ["05.0004"])
    }

    /// The queue, in a reset that never ends, after 100 ms.
    @Test(
        arguments: [
            ("queue 05.0004 reset-busy=0", KernelRelease.v7_2, nil), ("adapter 05 config=0", .v7_2, nil),
            ("adapter 05 chkstop=1", .v7_2, nil),
            ("queue 05.0004 absent=1", .v7_2, nil), ("queue 05.0004 reset-busy=0", .v6_12, nil),
            ("queue 05.0004 absent=1", .v6_12, "failed to verify reset of queue 05.0004: TAPQ rc=1"),
        ] as [(String, KernelRelease, String?)])
    func aResetEndsWithWhatBecomesOfTheQueue(change: String, release: KernelRelease, message: String?) throws {
        let it = try host(release)
        try it.machine.execute("queue 05.0004 reset-busy=255")
        it.clock.atSleep.withLock { $0 = { [machine = it.machine] count in if count == 5 { _ = try? machine.execute(change) } } }
        let start = it.clock.now
        let log = try it.kernel.log { try it.reset() }
        #expect(log.filter { !$0.hasPrefix("Waited") } == (message.map { [Self.mark, $0] } ?? []))
        #expect(log.count { $0.hasPrefix("Waited") } == 4)
        #expect(it.clock.now - start == .milliseconds(100))
    }

    @Test func aResetTakesTheInterruptsAway() throws {
        let it = try host()
        let guest = Guest(name: "one", events: Monitor())
        try it.attach(guest)
        let apqn = APQN(adapter: AdapterID(5), domain: DomainID(4))
        #expect(withNoLocksHeld { held in guest.pqap(apqn, .enable(indicator: 0x1000), after: held) }.responseCode == .normal)
        #expect(it.machine.tapq(apqn).0.interruptsEnabled)
        try it.reset()
        #expect(!it.machine.tapq(apqn).0.interruptsEnabled)
    }

    /// Only queues that vfio_ap has.
    @Test func whatIsNotThereIsNotReset() throws {
        let it = try host()
        it.assign(domains: ["0x99"])
        it.unbind("06.0047")
        #expect(try it.zeroized { try it.reset() } == ["05.0004", "05.0047", "06.0004"])
        #expect(it.a("ap_config", ",,") == "ok")
        #expect(try it.zeroized { try it.reset() } == [])
    }
}
