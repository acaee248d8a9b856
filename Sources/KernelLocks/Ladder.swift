public import LockOrder

// The ladder of the driver's locks: what may be taken after what.
//
// The catch-22. To plug AP queues into a running guest, or take them away, you need the guest's `kvm->lock`, for its AP masks
// change. A queue that is bound or unbound does not say which guest has it: that is part of the state of the matrix device, so to
// learn it you need `matrix_dev->lock`. But a virtual CPU that executes PQAP holds locks that come after `kvm->lock`, and then
// asks for the matrix device's: so `kvm->lock` comes before `matrix_dev->lock`, and whoever holds the latter can no longer take
// the former.
//
// The way out is a lock outside of both, `guests_lock`, which guards the list of the active guests. To plug, you hold it for
// reading: no guest comes or goes, and you may look who has the queue (with `matrix_dev->lock`, which you give back), take that
// guest's `kvm->lock`, then `matrix_dev->lock` again:
//
//     guests_lock  →  kvm->lock  →  matrix_dev->lock
//
// To give a guest a device, or to take it back, you hold `guests_lock` for writing. If you plug nothing, `matrix_dev->lock` is
// enough.
//
// The whole ladder, outermost first:
//
//     Unlocked          nothing is held
//     ScanRank          the scan of the AP bus                                  mutex
//     MdevParentRank    an mdev parent goes, against mdevs being made           reader/writer
//     DeviceRank        probe and remove of one device                          mutex
//     APAttributesRank  apmask, aqmask, driver_override                         mutex
//     GuestsRank        who runs with what                                      reader/writer
//     KVMRank           one guest; at most one is held                          mutex
//     PQAPHookRank      what answers a guest's PQAP                             reader/writer
//     TurnRank          whose turn it is among the readers of the list          mutex
//     MatrixRank        the state of all mediated matrix devices                mutex
//     ---- below: `Leaf` locks, under which nothing is taken ----
//
// docs/LOCKING.md says which operation takes which; LockOrder's `Rank` how a ladder is made and what is proven when.

// MARK: - What may be held outside

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

extension Unlocked: OutsideScan {}

// MARK: - The rungs

/// The scan of the AP bus.
public enum ScanRank: OutsideMdevParent {
    /// Outermost, `ap_scan_bus_mutex`; one for each bus.
    public static let rank = LockRank(1, "scan")
}
/// The unregistration of an mdev parent (writer) against the creation and removal of its devices (readers).
public enum MdevParentRank: OutsideDevice {
    /// `unreg_sem`, one for each parent; creates and removals never wait for it, but give up.
    public static let rank = LockRank(2, "mdev-parent", isReaderWriter: true)
}
/// Probe and remove of one device.
public enum DeviceRank: OutsideAPAttributes {
    /// The lock of a device in the kernel's driver core, one for each.
    public static let rank = LockRank(3, "device")
}
/// The masks of the AP bus and driver_override.
public enum APAttributesRank: OutsideGuests {
    /// `ap_attr_mutex`, before 7.2 `ap_perms_mutex`.
    public static let rank = LockRank(4, "ap-attributes")
}
/// The list of active guests: readers plug and unplug, a writer attaches or detaches a guest.
public enum GuestsRank: OutsideKVM {
    /// `guests_lock`, which is a mutex in Linux.
    public static let rank = LockRank(5, "guests", isReaderWriter: true)
}
/// One guest. Not `OutsideKVM`: two guests' locks are never held at once.
public enum KVMRank: OutsidePQAPHook {
    /// `kvm->lock`, one for each guest.
    public static let rank = LockRank(6, "kvm")
}
/// What answers the PQAP instruction of one guest.
public enum PQAPHookRank: OutsideTurn {
    /// `pqap_hook_rwsem`, one for each guest.
    public static let rank = LockRank(7, "pqap-hook", isReaderWriter: true)
}
/// Whose turn it is among those that hold the list of guests for reading. A thread that takes the matrix device's lock alone, or
/// only looks who owns a queue, passes by.
public enum TurnRank: OutsideMatrix {
    /// No lock of Linux: docs/LOCKING.md, "Linux 7.2, and why this is not the same".
    public static let rank = LockRank(8, "turn")
}
/// The state of the matrix device and all its mediated devices. Outside of nothing: only leaves are below.
public enum MatrixRank: Rank {
    /// Innermost, `matrix_dev->lock`; `mdevs_lock` since 6.0.
    public static let rank = LockRank(9, "matrix")
}

// MARK: - Taking a mutex

// One rung each, the same text: the constraint on `Outer` is all that matters.

extension Lock where R == ScanRank {
    /// Scans the bus: everything else may be taken inside, nothing may be held outside.
    ///
    /// May wait. Not interruptible.
    ///
    /// - Throws: what `body` throws.
    @inlinable
    public func withLock<Outer: OutsideScan, Result, Failure>(
        after held: borrowing Held<Outer>, fileID: StaticString = #fileID, line: UInt = #line,
        _ body: (inout State, borrowing Held<R>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try exclusively(Rung(), LockSite(fileID, line), body)
    }

    /// The same where nobody has it; never waits.
    ///
    /// - Returns: `nil`, without having called `body`, where somebody else holds the lock.
    /// - Throws: what `body` throws.
    @inlinable
    public func withLockIfAvailable<Outer: OutsideScan, Result, Failure>(
        after held: borrowing Held<Outer>, fileID: StaticString = #fileID, line: UInt = #line,
        _ body: (inout State, borrowing Held<R>) throws(Failure) -> Result
    ) throws(Failure) -> Result? {
        try exclusivelyIfAvailable(Rung(), LockSite(fileID, line), body)
    }
}

extension Lock where R == DeviceRank {
    /// Probe or remove: after the scan and an mdev parent, before everything of the driver.
    ///
    /// May wait. Not interruptible.
    ///
    /// - Throws: what `body` throws.
    @inlinable
    public func withLock<Outer: OutsideDevice, Result, Failure>(
        after held: borrowing Held<Outer>, fileID: StaticString = #fileID, line: UInt = #line,
        _ body: (inout State, borrowing Held<R>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try exclusively(Rung(), LockSite(fileID, line), body)
    }
}

extension Lock where R == APAttributesRank {
    /// The masks of the bus: after a device, before the guests.
    ///
    /// May wait. Not interruptible.
    ///
    /// - Throws: what `body` throws.
    @inlinable
    public func withLock<Outer: OutsideAPAttributes, Result, Failure>(
        after held: borrowing Held<Outer>, fileID: StaticString = #fileID, line: UInt = #line,
        _ body: (inout State, borrowing Held<R>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try exclusively(Rung(), LockSite(fileID, line), body)
    }
}

extension Lock where R == KVMRank {
    /// A guest: after the list of guests that says which; never with another guest's lock in hand.
    ///
    /// May wait. Not interruptible.
    ///
    /// - Throws: what `body` throws.
    @inlinable
    public func withLock<Outer: OutsideKVM, Result, Failure>(
        after held: borrowing Held<Outer>, fileID: StaticString = #fileID, line: UInt = #line,
        _ body: (inout State, borrowing Held<R>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try exclusively(Rung(), LockSite(fileID, line), body)
    }
}

extension Lock where R == TurnRank {
    /// Takes a turn: after the list of guests and a guest, before the matrix device.
    ///
    /// May wait. Not interruptible.
    ///
    /// - Throws: what `body` throws.
    @inlinable
    public func withLock<Outer: OutsideTurn, Result, Failure>(
        after held: borrowing Held<Outer>, fileID: StaticString = #fileID, line: UInt = #line,
        _ body: (inout State, borrowing Held<R>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try exclusively(Rung(), LockSite(fileID, line), body)
    }
}

extension Lock where R == MatrixRank {
    /// The matrix device: the innermost ranked lock.
    ///
    /// May wait. Not interruptible.
    ///
    /// - Throws: what `body` throws.
    @inlinable
    public func withLock<Outer: OutsideMatrix, Result, Failure>(
        after held: borrowing Held<Outer>, fileID: StaticString = #fileID, line: UInt = #line,
        _ body: (inout State, borrowing Held<R>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try exclusively(Rung(), LockSite(fileID, line), body)
    }
}

// MARK: - Taking a reader/writer lock

// Reading and writing have the same rank: a reader that waits for a writer deadlocks as well as anybody.

extension RWLock where R == MdevParentRank {
    /// Takes the parent away: no mdev is being made or removed meanwhile.
    ///
    /// May wait for readers and writers. Not interruptible.
    ///
    /// - Throws: what `body` throws.
    @inlinable
    public func withWriteLock<Outer: OutsideMdevParent, Result, Failure>(
        after held: borrowing Held<Outer>, fileID: StaticString = #fileID, line: UInt = #line,
        _ body: (inout State, borrowing Held<R>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try exclusively(Rung(), LockSite(fileID, line), body)
    }
}

extension RWLock where R == MdevParentRank, State: Sendable {
    /// Keeps the parent registered: mdevs come and go inside. Never waits.
    ///
    /// - Returns: `nil`, without having called `body`, where a writer has the lock or waits for it.
    /// - Throws: what `body` throws.
    @inlinable
    public func withReadLockIfAvailable<Outer: OutsideMdevParent, Result, Failure>(
        after held: borrowing Held<Outer>, fileID: StaticString = #fileID, line: UInt = #line,
        _ body: (borrowing State, borrowing Held<R>) throws(Failure) -> Result
    ) throws(Failure) -> Result? {
        try sharedIfAvailable(Rung(), LockSite(fileID, line), body)
    }
}

extension RWLock where R == GuestsRank {
    /// Changes who runs with what: a guest is attached or detached.
    ///
    /// May wait for readers and writers. Not interruptible.
    ///
    /// - Throws: what `body` throws.
    @inlinable
    public func withWriteLock<Outer: OutsideGuests, Result, Failure>(
        after held: borrowing Held<Outer>, fileID: StaticString = #fileID, line: UInt = #line,
        _ body: (inout State, borrowing Held<R>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try exclusively(Rung(), LockSite(fileID, line), body)
    }
}

extension RWLock where R == GuestsRank, State: Sendable {
    /// Freezes who runs with what: plug and unplug inside, after taking the guest's own lock.
    ///
    /// May wait for a writer, also for one that waits itself. Not interruptible.
    ///
    /// - Throws: what `body` throws.
    @inlinable
    public func withReadLock<Outer: OutsideGuests, Result, Failure>(
        after held: borrowing Held<Outer>, fileID: StaticString = #fileID, line: UInt = #line,
        _ body: (borrowing State, borrowing Held<R>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try shared(Rung(), LockSite(fileID, line), body)
    }
}

extension RWLock where R == PQAPHookRank {
    /// Sets or clears the hook: nobody is inside it.
    ///
    /// May wait for readers and writers. Not interruptible.
    ///
    /// - Throws: what `body` throws.
    @inlinable
    public func withWriteLock<Outer: OutsidePQAPHook, Result, Failure>(
        after held: borrowing Held<Outer>, fileID: StaticString = #fileID, line: UInt = #line,
        _ body: (inout State, borrowing Held<R>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try exclusively(Rung(), LockSite(fileID, line), body)
    }
}

extension RWLock where R == PQAPHookRank, State: Sendable {
    /// Keeps the hook while it is being called.
    ///
    /// May wait for a writer, also for one that waits itself. Not interruptible.
    ///
    /// - Throws: what `body` throws.
    @inlinable
    public func withReadLock<Outer: OutsidePQAPHook, Result, Failure>(
        after held: borrowing Held<Outer>, fileID: StaticString = #fileID, line: UInt = #line,
        _ body: (borrowing State, borrowing Held<R>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try shared(Rung(), LockSite(fileID, line), body)
    }
}
