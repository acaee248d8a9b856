import Interleavings
import LockOrder

/// A small model of the posted series "keep track of active guests", version 17, with the defects that one asks for.
///
/// Without a defect it is the protocol as it was meant: the bus's masks, then `guests_lock`, the guest's `kvm->lock`,
/// `matrix_dev->lock`. Two mediated devices, two guests. See docs/kernel/locking.md, "The posted patches".
///
/// Everything but the locks is only touched by the thread whose turn it is.
final class PostedPatch: @unchecked Sendable {
    struct Defects: OptionSet {
        let rawValue: Int
        /// 08/15: the path of a failed allocation returns with `guests_lock`.
        static let keepsGuestsLock = Defects(rawValue: 1 << 0)
        /// 08/15: a second device for a guest is refused, and the guest listed once more.
        static let leavesGuestListed = Defects(rawValue: 1 << 1)
        /// 08/15: `kvm` of the list's entry is never set, so it is never found again.
        static let neverSetsMember = Defects(rawValue: 1 << 2)
        /// Before 12/15: assigning asks for the bus's masks with `matrix_dev->lock` in hand.
        static let masksInsideMatrix = Defects(rawValue: 1 << 3)
        /// What the series was made against: `kvm->lock` after `matrix_dev->lock`.
        static let kvmAfterMatrix = Defects(rawValue: 1 << 4)
        /// A guest is looked up with `matrix_dev->lock` alone, and used when that has been given back.
        static let looksUpUnguarded = Defects(rawValue: 1 << 5)
        /// 12/15: the path of EAGAIN gives back the `kvm->lock` of a guest that there may not be.
        static let unlocksNobody = Defects(rawValue: 1 << 6)
        /// 14/15: masks are filtered with `guests_lock` held for reading, and nothing else.
        static let sharedLockOnly = Defects(rawValue: 1 << 7)
        /// 08/15: an entry that is taken off the list is not freed.
        static let keepsEntry = Defects(rawValue: 1 << 8)
        /// 09/15: an entry is freed through a pointer that has been cleared.
        static let freesByClearedPointer = Defects(rawValue: 1 << 9)
        /// 09/15: `mdev->guest` is dereferenced where it may be NULL.
        static let dereferencesNobody = Defects(rawValue: 1 << 10)
        /// 09/15: `kvm->lock` is given back through a guest whose last reference may be gone.
        static let unlocksFreedGuest = Defects(rawValue: 1 << 11)
        /// 09/15: `kvm->lock` is given back before `matrix_dev->lock`.
        static let unlocksInOrder = Defects(rawValue: 1 << 12)
        /// 12/15: whoever finds `matrix_dev->lock` taken gives up: EAGAIN for an assignment, EBUSY for a mask.
        static let givesUp = Defects(rawValue: 1 << 13)
    }

    private final class Guest {
        let lock: ManualLock
        let vcpu: ManualLock
        var isFreed = false

        init(_ run: Run) {
            lock = ManualLock("kvm->lock", run)
            vcpu = ManualLock("vcpu->mutex", run)
        }
    }

    /// An entry of the list, as allocated.
    private final class Entry {
        /// nil where the member was never set.
        var guest: Int?
        init(_ guest: Int?) { self.guest = guest }
    }

    private let run: Run
    private let defects: Defects
    private let masks: ManualLock
    private let guestsLock: ManualLock
    private let matrixLock: ManualLock
    /// What a C program finds where it unlocks through a null pointer.
    private let lockOfNobody: ManualLock
    private let guests: [Guest]
    private var active: [Entry] = []
    /// Entries that were allocated and not freed.
    private var allocated = 0
    /// Per device, the index of its guest.
    private var attached: [Int?] = [nil, nil]
    /// What the first device gives: bit 0 is a queue that the host loses, bit 1 one that is assigned.
    private let shadow: SharedVariable<Int>

    init(_ run: Run, _ defects: Defects) {
        self.run = run
        self.defects = defects
        masks = ManualLock("ap_perms_mutex", run)
        guestsLock = ManualLock("guests_lock", run)
        matrixLock = ManualLock("matrix_dev->lock", run)
        lockOfNobody = ManualLock("kvm->lock of nobody", run)
        guests = [Guest(run), Guest(run)]
        shadow = SharedVariable("shadow", 1, run)
    }

    /// The same, with a guest attached to the first device before anybody looks.
    func withGuest() -> PostedPatch {
        attached[0] = 0
        active = [allocate(0)]
        return self
    }

    private func allocate(_ guest: Int?) -> Entry {
        allocated += 1
        return Entry(guest)
    }

    /// - Parameter entry: nil, and nothing is freed.
    private func free(_ entry: Entry?) {
        if entry != nil { allocated -= 1 }
    }

    // MARK: - Attaching

    func setKVM(_ device: Int, _ guest: Int, allocationFails: Bool = false) -> String {
        guestsLock.lock()
        if allocationFails {
            if !defects.contains(.keepsGuestsLock) { guestsLock.unlock() }
            return "ENOMEM"
        }
        active.append(allocate(defects.contains(.neverSetsMember) ? nil : guest))
        guests[guest].lock.lock()
        matrixLock.lock()
        let isTaken = attached.contains(guest)
        if isTaken {
            if !defects.contains(.leavesGuestListed) { free(active.removeLast()) }
        } else {
            attached[device] = guest
        }
        matrixLock.unlock()
        guests[guest].lock.unlock()
        guestsLock.unlock()
        return isTaken ? "EPERM" : "ok"
    }

    func unsetKVM(_ device: Int) -> String {
        guestsLock.lock()
        guard let guest = attached[device] else {
            guestsLock.unlock()
            return "none"
        }
        if let at = active.firstIndex(where: { $0.guest == guest }) {
            var entry: Entry? = active.remove(at: at)
            if defects.contains(.freesByClearedPointer) { entry = nil }
            if !defects.contains(.keepsEntry) { free(entry) }
        }
        guests[guest].lock.lock()
        matrixLock.lock()
        attached[device] = nil
        if defects.contains(.unlocksFreedGuest) { guests[guest].isFreed = true }
        matrixLock.unlock()
        if guests[guest].isFreed { run.fail("kvm->lock is given back through a guest that is gone") }
        guests[guest].lock.unlock()
        guests[guest].isFreed = true
        guestsLock.unlock()
        return "ok"
    }

    // MARK: - Plugging

    /// Assigns a queue to a device.
    func assign(_ device: Int) -> String {
        if defects.contains(.givesUp), matrixLock.isLocked { return "EAGAIN" }
        if !defects.contains(.masksInsideMatrix) { masks.lock() }
        guestsLock.lock(.shared)
        let guest = attached[device].map { guests[$0] }
        if guest == nil, defects.contains(.dereferencesNobody) { run.fail("mdev->guest is dereferenced where it is NULL") }
        if !defects.contains(.kvmAfterMatrix) { guest?.lock.lock() }
        if defects.contains(.unlocksNobody) {
            guard matrixLock.tryLock() else {
                (guest?.lock ?? lockOfNobody).unlock()
                guestsLock.unlock(.shared)
                masks.unlock()
                return "EAGAIN"
            }
        } else {
            matrixLock.lock()
        }
        if defects.contains(.kvmAfterMatrix) { guest?.lock.lock() }
        if defects.contains(.masksInsideMatrix) { masks.lock() }
        if device == 0 { shadow.current |= 2 }
        if defects.contains(.masksInsideMatrix) { masks.unlock() }
        if defects.contains(.unlocksInOrder) { guest?.lock.unlock() }
        if guest?.lock.isMine == false { run.fail("matrix_dev->lock is held longer than kvm->lock, which is outside of it") }
        matrixLock.unlock()
        if !defects.contains(.unlocksInOrder) { guest?.lock.unlock() }
        guestsLock.unlock(.shared)
        if !defects.contains(.masksInsideMatrix) { masks.unlock() }
        return "ok"
    }

    /// A user changes apmask: the driver is asked whether it uses what is to be taken.
    func storeMask() -> String {
        masks.lock()
        guestsLock.lock(.shared)
        if defects.contains(.givesUp) {
            guard matrixLock.tryLock() else {
                guestsLock.unlock(.shared)
                masks.unlock()
                return "EBUSY"
            }
        } else {
            matrixLock.lock()
        }
        matrixLock.unlock()
        guestsLock.unlock(.shared)
        masks.unlock()
        return "ok"
    }

    /// A queue of the first device is unbound.
    func removeQueue() -> String {
        if defects.contains(.looksUpUnguarded) {
            matrixLock.lock()
            let guest = attached[0].map { guests[$0] }
            matrixLock.unlock()
            guest?.lock.lock()
            defer { guest?.lock.unlock() }
            return guest?.isFreed == true ? "use after free" : "ok"
        }
        guestsLock.lock(.shared)
        let guest = attached[0].map { guests[$0] }
        guest?.lock.lock()
        matrixLock.lock()
        let outcome = guest?.isFreed == true ? "use after free" : "ok"
        matrixLock.unlock()
        guest?.lock.unlock()
        guestsLock.unlock(.shared)
        return outcome
    }

    /// The host loses a queue.
    func configurationChanged() -> String {
        guestsLock.lock(.shared)
        if !defects.contains(.sharedLockOnly) { matrixLock.lock() }
        shadow.current &= ~1
        if !defects.contains(.sharedLockOnly) { matrixLock.unlock() }
        guestsLock.unlock(.shared)
        return "ok"
    }

    // MARK: - What KVM does by itself

    /// A virtual CPU executes PQAP(AQIC).
    func pqap() -> String {
        guests[0].vcpu.lock()
        matrixLock.lock()
        let has = shadow.current & 1 != 0
        matrixLock.unlock()
        guests[0].vcpu.unlock()
        return has ? "00" : "01"
    }

    /// A guest becomes a secure one: all its virtual CPUs are stopped.
    func becomeSecure() -> String {
        guests[0].lock.lock()
        guests[0].vcpu.lock()
        guests[0].vcpu.unlock()
        guests[0].lock.unlock()
        return "ok"
    }

    // MARK: - At the end

    func inspect(_ outcomes: [String]) -> [String] {
        var defects: [String] = []
        let attached = attached.compactMap { $0 }.sorted()
        let active = active.map(\.guest)
        if active.contains(nil) { defects.append("the list has an entry of no guest") }
        if active.compactMap({ $0 }).sorted() != attached { defects.append("the list is \(active), attached are \(attached)") }
        if allocated != active.count { defects.append("\(allocated) entries are allocated, \(active.count) are listed") }
        if outcomes.contains(where: { ["EAGAIN", "EBUSY"].contains($0) }) {
            defects.append("a lock that is taken was answered with an error")
        }
        if outcomes.contains("use after free") { defects.append("a guest was used after it was freed") }
        return defects
    }

    /// What the first device gives after both an assign and the loss of a queue.
    var shadowDefects: [String] { shadow.current == 2 ? [] : ["an update of the shadow is lost"] }
}
