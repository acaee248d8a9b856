/// The order of all locks, as types.
///
/// Every ranked lock belongs to one rung of this ladder, outermost first:
///
///     Unlocked          nothing is held
///     ScanRank          the scan of the AP bus                                  mutex
///     MdevParentRank    an mdev parent goes, against mdevs being made           reader/writer
///     DeviceRank        probe and remove of one device                          mutex
///     APAttributesRank  apmask, aqmask, driver_override                         mutex
///     GuestsRank        who runs with what                                      reader/writer
///     KVMRank           one guest; at most one is held                          mutex
///     PQAPHookRank      what answers a guest's PQAP                             reader/writer
///     TurnRank          whose turn it is among those that plug                  mutex
///     MatrixRank        the state of all mediated matrix devices                mutex
///     ---- below: ``Leaf`` locks, under which nothing is taken ----
///
/// A thread goes down the ladder, skips rungs as it likes, and never goes up while it holds anything: there is no cycle, and
/// therefore no deadlock, between locks that are only taken so.
///
/// # Why tokens
///
/// A lock of rank `KVMRank` is taken by a function that wants to see a token `Held<Outer>` with `Outer: OutsideKVM`; the ranks
/// outside of KVM conform to ``OutsideKVM``, `KVMRank` itself and the ranks below do not. The only way to a token is to hold the
/// lock, and the only way to the first one is ``withNoLocksHeld(fileID:line:_:)``. A token weighs nothing: it is a type.
///
/// # What is proven when
///
/// By the compiler: no lock is taken without a token of an outer rank; two locks of one rank (two guests) are not nested; a token
/// is not made, copied, kept, returned, or given to another thread; state is not touched without its lock, nor written by a
/// reader; a function says in its signature what it must be called with, and after what it may be called.
///
/// At run time (``LockChecker``, on in debug builds): that the token shown is of the innermost scope and not of one around it;
/// that nothing is taken under a leaf; that `withNoLocksHeld` is true. The snippets of the tests have an example of each.
///
/// The protocols inherit from each other, so that "everything that may take the guests' lock may take the matrix lock" needs no
/// saying: a function generic over `Outer: OutsideGuests` can pass its token on to everything below.
public protocol Rank {
    /// The rung, as a value.
    static var rank: LockRank { get }
}

/// With a lock of this rank in hand (or none) the lock of ``MatrixRank`` may be taken.
public protocol OutsideMatrix: Rank {}
/// With a lock of this rank in hand (or none) the lock of ``TurnRank`` may be taken, and that of the matrix.
public protocol OutsideTurn: OutsideMatrix {}
/// With a lock of this rank in hand (or none) a lock of ``PQAPHookRank`` may be taken, and all below.
public protocol OutsidePQAPHook: OutsideTurn {}
/// With a lock of this rank in hand (or none) a lock of ``KVMRank`` may be taken, and all below.
public protocol OutsideKVM: OutsidePQAPHook {}
/// With a lock of this rank in hand (or none) the lock of ``GuestsRank`` may be taken, and all below.
public protocol OutsideGuests: OutsideKVM {}
/// With a lock of this rank in hand (or none) the lock of ``APAttributesRank`` may be taken, and all below.
public protocol OutsideAPAttributes: OutsideGuests {}
/// With a lock of this rank in hand (or none) a lock of ``DeviceRank`` may be taken, and all below.
public protocol OutsideDevice: OutsideAPAttributes {}
/// With a lock of this rank in hand (or none) a lock of ``MdevParentRank`` may be taken, and all below.
public protocol OutsideMdevParent: OutsideDevice {}
/// With a lock of this rank in hand (or none) the lock of ``ScanRank`` may be taken, and all below.
public protocol OutsideScan: OutsideMdevParent {}

/// No ranked lock is held: everything may be taken.
public enum Unlocked: OutsideScan { public static var rank: LockRank { .unlocked } }
/// The scan of the AP bus.
public enum ScanRank: OutsideMdevParent { public static var rank: LockRank { .scan } }
/// The unregistration of an mdev parent (writer) against the creation and removal of its devices (readers).
public enum MdevParentRank: OutsideDevice { public static var rank: LockRank { .mdevParent } }
/// Probe and remove of one device.
public enum DeviceRank: OutsideAPAttributes { public static var rank: LockRank { .device } }
/// The masks of the AP bus and driver_override.
public enum APAttributesRank: OutsideGuests { public static var rank: LockRank { .apAttributes } }
/// The list of active guests: readers plug and unplug, a writer attaches or detaches a guest.
public enum GuestsRank: OutsideKVM { public static var rank: LockRank { .guests } }
/// One guest. Not `OutsideKVM`: two guests' locks are never held at once.
public enum KVMRank: OutsidePQAPHook { public static var rank: LockRank { .kvm } }
/// What answers the PQAP instruction of one guest.
public enum PQAPHookRank: OutsideTurn { public static var rank: LockRank { .pqapHook } }
/// Whose turn it is to change devices and plug; whoever only looks passes by.
public enum TurnRank: OutsideMatrix { public static var rank: LockRank { .turn } }
/// The state of the matrix device and all its mediated devices. Outside of nothing: only leaves are below.
public enum MatrixRank: Rank { public static var rank: LockRank { .matrix } }

/// A rung of the ladder as a value: what statistics and reports say, and what the run-time check compares.
public enum LockRank: UInt8, Sendable, Hashable, Comparable, CaseIterable, CustomStringConvertible {
    case unlocked, scan, mdevParent, device, apAttributes, guests, kvm, pqapHook, turn, matrix, leaf

    /// Outer ranks are less than inner ones.
    public static func < (left: LockRank, right: LockRank) -> Bool { left.rawValue < right.rawValue }

    /// Whether its locks can be held by many at once.
    package var isReaderWriter: Bool { [.mdevParent, .guests, .pqapHook].contains(self) }

    /// The word for it in tables and reports: no blanks in it.
    public var description: String {
        switch self {
        case .unlocked: "unlocked"
        case .scan: "scan"
        case .mdevParent: "mdev-parent"
        case .device: "device"
        case .apAttributes: "ap-attributes"
        case .guests: "guests"
        case .kvm: "kvm"
        case .pqapHook: "pqap-hook"
        case .turn: "turn"
        case .matrix: "matrix"
        case .leaf: "leaf"
        }
    }
}
