import Interleavings
import Testing
import Waiting

/// The defects of the posted patch: the explorer finds each of them, can have it again, and finds nothing where it is corrected.
@Suite(.serialized, .bounded) struct PostedPatchTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let defect: PostedPatch.Defects
        let kind: Failure.Kind
        /// A piece of what the report must say.
        let reason: String
        var hasGuest = true
        let operations: [Explorer<PostedPatch>.Operation]
    }

    private typealias Operation = Explorer<PostedPatch>.Operation

    private static let attach = Operation("set_kvm") { $0.setKVM(1, 1) }
    private static let detach = Operation("unset_kvm") { $0.unsetKVM(0) }
    private static let assign = Operation("assign") { $0.assign(0) }

    static let cases = [
        Case(
            testDescription: "guests_lock is kept after a failed allocation", defect: .keepsGuestsLock, kind: .deadlock,
            reason: "waits for guests_lock",
            operations: [Operation("set_kvm without memory") { $0.setKVM(1, 1, allocationFails: true) }, detach]),
        Case(
            testDescription: "a refused guest stays on the list", defect: .leavesGuestListed, kind: .wrong, reason: "the list is",
            operations: [Operation("set_kvm again") { $0.setKVM(1, 0) }, assign]),
        Case(
            testDescription: "kvm of the entry is never set", defect: .neverSetsMember, kind: .wrong, reason: "no guest",
            hasGuest: false, operations: [Operation("set_kvm") { $0.setKVM(0, 0) }, detach]),
        Case(
            testDescription: "apmask and assign take two locks in opposite orders", defect: .masksInsideMatrix, kind: .deadlock,
            reason: "ap_perms_mutex", operations: [Operation("apmask") { $0.storeMask() }, assign]),
        Case(
            testDescription: "kvm->lock after matrix_dev->lock, against a queue that goes", defect: .kvmAfterMatrix,
            kind: .deadlock, reason: "kvm->lock", operations: [assign, Operation("remove queue") { $0.removeQueue() }]),
        Case(
            testDescription: "the circle of three: matrix, kvm, vcpu", defect: .kvmAfterMatrix, kind: .deadlock,
            reason: "vcpu->mutex",
            operations: [
                Operation("PQAP") { $0.pqap() }, Operation("become secure") { $0.becomeSecure() }, assign,
            ]),
        Case(
            testDescription: "a guest is looked up without the outer lock", defect: .looksUpUnguarded, kind: .wrong,
            reason: "after it was freed", operations: [detach, Operation("remove queue") { $0.removeQueue() }]),
        Case(
            testDescription: "EAGAIN gives back the lock of nobody", defect: .unlocksNobody, kind: .wrong,
            reason: "kvm->lock of nobody is given back", hasGuest: false,
            operations: [Operation("PQAP") { $0.pqap() }, Operation("assign without guest") { $0.assign(1) }]),
        Case(
            testDescription: "filtering under a lock that is shared", defect: .sharedLockOnly, kind: .wrong,
            reason: "an update of the shadow is lost",
            operations: [assign, Operation("configuration changed") { $0.configurationChanged() }]),
        Case(
            testDescription: "an entry that is unlisted is not freed", defect: .keepsEntry, kind: .wrong,
            reason: "entries are allocated",
            operations: [detach, assign]),
        Case(
            testDescription: "an entry is freed by a pointer that has been cleared", defect: .freesByClearedPointer, kind: .wrong,
            reason: "entries are allocated", operations: [detach, attach]),
        Case(
            testDescription: "mdev->guest is dereferenced where it is NULL", defect: .dereferencesNobody, kind: .wrong,
            reason: "dereferenced", operations: [assign, detach]),
        Case(
            testDescription: "kvm->lock is given back through a guest that is gone", defect: .unlocksFreedGuest, kind: .wrong,
            reason: "a guest that is gone", operations: [detach, assign]),
        Case(
            testDescription: "kvm->lock is given back before matrix_dev->lock", defect: .unlocksInOrder, kind: .wrong,
            reason: "held longer", operations: [assign, Operation("apmask") { $0.storeMask() }]),
        Case(
            testDescription: "an assignment gives up where the lock is taken", defect: .givesUp, kind: .wrong,
            reason: "answered with an error",
            operations: [assign, Operation("PQAP") { $0.pqap() }]),
        Case(
            testDescription: "a mask gives up where the lock is taken", defect: .givesUp, kind: .wrong,
            reason: "answered with an error",
            operations: [Operation("apmask") { $0.storeMask() }, Operation("PQAP") { $0.pqap() }]),
    ]

    private func explorer(_ scenario: Case, _ defects: PostedPatch.Defects) -> Explorer<PostedPatch> {
        Explorer { run in
            let patch = PostedPatch(run, defects)
            return scenario.hasGuest ? patch.withGuest() : patch
        } check: { patch, outcomes in
            patch.inspect(outcomes) + (scenario.defect == .sharedLockOnly ? patch.shadowDefects : [])
        }
    }

    @Test(arguments: cases) func isFound(_ scenario: Case) throws {
        let explorer = explorer(scenario, scenario.defect)
        let failure = try #require(try explorer.explore(scenario.operations).failure)
        #expect(failure.kind == scenario.kind)
        #expect(failure.reasons.contains { $0.contains(scenario.reason) }, "\(failure)")

        let schedule = try #require(Schedule(failure.schedule.description))
        let again = try #require(try explorer.replay(schedule, scenario.operations).failure)
        #expect(again.kind == failure.kind)
        #expect(again.reasons == failure.reasons)
    }

    @Test(arguments: cases) func isNotFoundWhereItIsCorrected(_ scenario: Case) throws {
        let exploration = try explorer(scenario, []).explore(scenario.operations)
        #expect(exploration.failure == nil, "\(exploration)")
        #expect(exploration.isComplete)
        #expect(exploration.schedules > 1)
    }
}
