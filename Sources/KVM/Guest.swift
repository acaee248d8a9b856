public import AdjunctProcessor
public import KernelLocks
public import LockOrder

/// What happens when a guest asks for or gives up the interrupts of a queue.
///
/// Kernel: arch/s390/include/asm/kvm_host.h, struct kvm_s390_crypto, pqap_hook.
public protocol PQAPHook: AnyObject, Sendable {
    /// Handles PQAP(AQIC) of a guest. Held: the guest's hook for reading.
    func aqic(_ apqn: APQN, _ request: InterruptRequest, after held: borrowing Held<PQAPHookRank>) -> QueueStatus
}

/// What PQAP(AQIC) asks for.
public enum InterruptRequest: Hashable, Sendable {
    /// Interrupts on, with the guest address of the notification indicator byte.
    case enable(indicator: UInt64)
    /// Interrupts off.
    case disable
}

/// What a guest's virtual machine monitor hears of: the eventfds that it has registered.
public protocol GuestEvents: Sendable {
    /// The AP configuration of the guest has changed.
    func configurationChanged()
    /// The device is wanted back. Called with locks held: let go of it on another thread.
    ///
    /// - Parameter device: the UUID of the mediated device.
    /// - Returns: whether anybody was there to hear it.
    func releaseRequested(_ device: String) -> Bool
}

/// The masks that a guest's virtual CPUs run with. The holder of a guest's lock gets it and may set them; the hardware looks at
/// them without any lock, as it does at the real control block.
public struct MaskRegister: Sendable {
    /// What the lock is called, for a scheduler.
    package static let lockName: StaticString = "apcb"
    let masks = Leaf(MaskRegister.lockName, APCB.none)

    /// Sets the masks with all virtual CPUs of the guest stopped.
    ///
    /// Kernel: arch/s390/kvm/kvm-s390.c, kvm_arch_crypto_set_masks.
    public func set(_ apcb: APCB) {
        masks.withLock { $0 = apcb }
    }
}

/// A guest: its lock, the AP masks that it runs with, its hook for PQAP(AQIC).
///
/// Ranks: `lock` is kvm->lock, taken after guests_lock and never with another guest's; `pqapHook` comes behind it.
public final class Guest: Sendable {
    /// The name in the control plane's `guests` and `hardware`; nothing here looks at it.
    public let name: String
    /// Hears of changes of the masks, and of devices that are wanted back.
    public let events: any GuestEvents
    /// kvm->lock. Its holder may change the guest's AP masks.
    public let lock: Lock<KVMRank, MaskRegister>
    /// pqap_hook_rwsem, and the hook; nil while no matrix device is attached.
    public let pqapHook: RWLock<PQAPHookRank, (any PQAPHook)?>
    private let register = MaskRegister()

    /// A guest without AP devices and without a hook.
    public init(name: String, events: any GuestEvents) {
        self.name = name
        self.events = events
        lock = Lock("kvm->lock", register)
        pqapHook = RWLock("pqap_hook_rwsem", nil)
    }

    /// The masks that the guest runs with at this moment.
    public var apcb: APCB { register.masks.withLock { $0 } }
}
