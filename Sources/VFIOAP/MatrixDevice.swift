internal import AdjunctProcessor
internal import APBus
public import DriverCore
public import KVM
public import KernelLocks
internal import Kernels
public import LockOrder

/// A guest that runs with a mediated matrix device. On the list of active guests from the moment it gets the device until
/// it has given it back.
public struct ActiveGuest: Sendable {
    /// The guest that has the device `mdev`; it has no other one.
    public let guest: Guest
    let mdev: MdevNumber
}

/// The matrix device: all that vfio_ap knows, and its locks.
///
/// The order is `guestsLock`, then the lock of one guest, then `lock`:
/// - `guestsLock` guards the list of active guests, and so who runs with what. Hold it at least for reading where you may plug
///   something into a guest: then you can choose the guest whose lock is to be taken.
/// - a guest's own lock guards its AP control block.
/// - `lock` guards everything else. Readers take only this lock. Holders of the list of active guests for reading take `turn`
///   before it, so that at most one of them stands in line with the readers.
///
/// Kernel: drivers/s390/crypto/vfio_ap_private.h, struct ap_matrix_dev. See docs/LOCKING.md.
public final class MatrixDevice: Sendable {
    /// The Linux whose log, clock and release the driver uses.
    public let kernel: Kernel
    let bus: APBus
    /// guests_lock, and the list of active guests. See docs/LOCKING.md, "The protocol".
    public let guestsLock: RWLock<GuestsRank, [ActiveGuest]>
    /// Guards nothing: it says whose turn it is among the holders of the list. (It holds a `Bool`, since a value of size zero
    /// would lie where the object begins, and the thread sanitizer would take the one for the other.)
    let turn = Lock<TurnRank, Bool>("guests_lock turn", false)
    let lock: Lock<MatrixRank, MatrixState>
    /// Of what is printed at each look at a queue that resets; one for all queues.
    let resetMessages = RateLimit("apq_reset_check")

    /// That interrupts could not be turned off is told once.
    let hasWarnedOfInterrupts = Leaf("interrupt warning", false)

    init(kernel: Kernel, bus: APBus) {
        self.kernel = kernel
        self.bus = bus
        guestsLock = RWLock("guests_lock", [])
        lock = Lock("matrix_dev->lock", MatrixState(host: bus.hardware.qci() ?? MatrixDevice.noConfiguration))
    }

    /// What is known of a machine without QCI.
    static let noConfiguration = ConfigurationInfo(apxa: false, maxAdapter: 0, maxDomain: 0)

    var release: KernelRelease { kernel.release }

    /// Puts the masks of a shadow into a guest; for a device without guest it does nothing. It is there only while the guest's
    /// lock is held.
    struct Plug: ~Copyable {
        private let guest: Guest?
        private let masks: MaskRegister?
        private let signals: Bool

        fileprivate init(_ guest: Guest? = nil, _ masks: MaskRegister? = nil, signals: Bool = false) {
            self.guest = guest
            self.masks = masks
            self.signals = signals
        }

        /// Gives the guest these masks, and tells its monitor where the release does that.
        borrowing func give(_ shadow: APMatrix) {
            masks?.set(shadow.apcb)
            if signals { guest?.events.configurationChanged() }
        }
    }

    /// Takes `lock` in the turn of those who hold the list of active guests for reading.
    ///
    /// - Throws: what `body` throws.
    func inTurn<Outer: OutsideTurn, Result, Failure>(
        after held: borrowing Held<Outer>, _ body: (inout MatrixState, borrowing Held<MatrixRank>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try turn.withLock(after: held) { (_, held) throws(Failure) in try lock.withLock(after: held, body) }
    }

    /// Takes the lock of a device's guest, if it has one, and then `lock`.
    ///
    /// - Parameters:
    ///   - guests: the list of active guests, which the token says is held.
    ///   - body: is handed what `lock` guards, and what changes the guest.
    ///
    /// - Throws: what `body` throws.
    ///
    /// Kernel: drivers/s390/crypto/vfio_ap_ops.c, get_update_locks_for_mdev.
    func withGuestLocked<Result, Failure>(
        of mdev: MdevNumber?, _ guests: borrowing [ActiveGuest], _ held: borrowing Held<GuestsRank>,
        _ body: (inout MatrixState, borrowing Plug, borrowing Held<MatrixRank>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        guard let mdev, let guest = guests.guest(of: mdev) else {
            return try inTurn(after: held) { (state, held) throws(Failure) in try body(&state, Plug(), held) }
        }
        return try guest.lock.withLock(after: held) { (masks, held) throws(Failure) in
            let plug = Plug(guest, masks, signals: release.has(.tellsGuestOfChanges))
            return try inTurn(after: held) { (state, held) throws(Failure) in try body(&state, plug, held) }
        }
    }
}

extension [ActiveGuest] {
    func guest(of mdev: MdevNumber) -> Guest? {
        first { $0.mdev == mdev }?.guest
    }
}
