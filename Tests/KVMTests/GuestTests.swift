import AdjunctProcessor
@testable import KVM
import KernelLocks
import LockOrder
import Testing

/// A guest's masks, and its hook for PQAP(AQIC): arch/s390/kvm/priv.c, handle_pqap.
@Suite struct GuestTests {
    private let guest = Guest(name: "one", events: NoEvents())
    private let queue = APQN(adapter: AdapterID(5), domain: DomainID(0x47))

    private func set(_ apcb: APCB, _ guest: Guest) {
        guest.lock.withoutOthers { $0.set(apcb) }
    }

    @Test func aNewGuestHasNoQueues() {
        #expect(guest.apcb == .none)
        #expect(guest.name == "one")
        #expect(!guest.apcb.contains(queue))
    }

    @Test func masksAreSetWithTheLockAndSeenWithoutIt() {
        let masks = APCB(adapters: APMask([5]), domains: APMask([0x47]), controlDomains: APMask([4]))
        guest.lock.withoutOthers { register in
            register.set(masks)
            // the hardware does not wait for locks
            #expect(guest.apcb == masks)
        }
        set(.none, guest)
        #expect(guest.apcb == .none)
    }

    @Test func aGuestHasTheQueuesOfWhichItHasBothBits() throws {
        set(APCB(adapters: APMask([5, 6]), domains: APMask([4, 0x47]), controlDomains: APMask([0xab])), guest)
        for (name, has) in [("05.0004", true), ("06.0047", true), ("07.0004", false), ("05.00ab", false), ("07.00ab", false)] {
            #expect(guest.apcb.contains(try #require(APQN(name))) == has, "\(name)")
        }
    }

    @Test func eachGuestHasItsOwnMasks() {
        let other = Guest(name: "two", events: NoEvents())
        set(APCB(adapters: APMask([5])), other)
        #expect(guest.apcb == .none)
        #expect(other.apcb.adapters == APMask([5]))
    }

    // MARK: - PQAP

    @Test(arguments: [InterruptRequest.enable(indicator: 0x1000), .disable])
    func withoutAHookPQAPAnswers01(request: InterruptRequest) {
        #expect(withNoLocksHeld { held in guest.pqap(queue, request, after: held) } == QueueStatus(.queueNotAvailable))
    }

    @Test(arguments: [InterruptRequest.enable(indicator: 0x1000), .disable])
    func aHookIsAskedAndItsAnswerIsTheGuests(request: InterruptRequest) {
        let hook = Hook(answer: QueueStatus(.otherwiseChanged, interruptsEnabled: true))
        install(hook)
        #expect(withNoLocksHeld { held in guest.pqap(queue, request, after: held) } == hook.answer)
        #expect(hook.asked.withLock { $0 } == [Hook.Question(apqn: queue, request: request)])
    }

    /// Whether the guest has the queue is the hook's to judge, not the masks'.
    @Test func theHookIsAskedForQueuesThatTheGuestDoesNotHave() {
        let hook = Hook(answer: QueueStatus(.queueNotAvailable))
        install(hook)
        #expect(!guest.apcb.contains(queue))
        _ = withNoLocksHeld { held in guest.pqap(queue, .disable, after: held) }
        #expect(hook.asked.withLock { $0.count } == 1)
    }

    @Test func afterDetachingPQAPAnswers01Again() {
        let hook = Hook(answer: QueueStatus(.normal))
        install(hook)
        install(nil)
        #expect(withNoLocksHeld { held in guest.pqap(queue, .disable, after: held) }.responseCode == .queueNotAvailable)
        #expect(hook.asked.withLock { $0 } == [])
    }

    @Test func theHookRunsWithItsLockHeldForReading() {
        let hook = Hook(answer: QueueStatus(.normal))
        hook.during.withLock { $0 = { [guest] in guest.pqapHook.isInUse } }
        install(hook)
        _ = withNoLocksHeld { held in guest.pqap(queue, .disable, after: held) }
        #expect(hook.observed.withLock { $0 } == [true])
        #expect(!guest.pqapHook.isInUse)
        #expect(!guest.lock.isInUse)
    }

    private func install(_ hook: Hook?) {
        withNoLocksHeld { held in guest.pqapHook.withWriteLock(after: held) { current, _ in current = hook } }
    }
}

struct NoEvents: GuestEvents {
    func configurationChanged() {}
    func releaseRequested(_ device: String) -> Bool { false }
}

/// A hook that writes down what it is asked.
private final class Hook: PQAPHook {
    struct Question: Hashable, Sendable {
        let apqn: APQN
        let request: InterruptRequest
    }
    let answer: QueueStatus
    let asked = Leaf<[Question]>("questions", [])
    let during = Leaf<(@Sendable () -> Bool)?>("during", nil)
    let observed = Leaf<[Bool]>("observed", [])

    init(answer: QueueStatus) {
        self.answer = answer
    }

    func aqic(_ apqn: APQN, _ request: InterruptRequest, after held: borrowing Held<PQAPHookRank>) -> QueueStatus {
        asked.withLock { $0.append(Question(apqn: apqn, request: request)) }
        if let observation = during.withLock({ $0 })?() { observed.withLock { $0.append(observation) } }
        return answer
    }
}

extension Lock<KVMRank, MaskRegister> {
    /// Takes the lock for a caller that holds nothing.
    func withoutOthers(_ body: (MaskRegister) -> Void) {
        withNoLocksHeld { held in withLock(after: held) { register, _ in body(register) } }
    }
}
