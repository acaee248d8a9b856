import Synchronization

/// What all locks are made of: a reader/writer lock in one atomic word, in 24 bytes altogether.
///
/// Free and uncontended, taking and releasing are one atomic instruction each. The word says:
///
///     bits  0–31   readers that hold the lock
///     bit   32     a writer (or the owner of a mutex) holds it
///     bit   33     somebody waits: a thread that leaves the lock free has to see to it
///
/// A ranked lock is got in the order of arrival: while somebody waits nobody takes it, it is handed over. A leaf is for whoever
/// is first.
@usableFromInline
struct LockCore: ~Copyable, Sendable {
    let word = Atomic<UInt64>(0)
    /// Counts notifications in steps of 2; bit 0 says that somebody waits for one.
    let notifications = Atomic<UInt32>(0)
    /// Which of its class. Wraps around after four thousand million locks of one name: then two locks share a number.
    let instance: UInt32
    let lockClass: LockClass

    private static var reader: UInt64 { 1 }
    private static var readers: UInt64 { 0xffff_ffff }
    private static var writer: UInt64 { 1 << 32 }
    private static var waiter: UInt64 { 1 << 33 }

    @usableFromInline
    init(_ rank: LockRank, _ name: StaticString) {
        lockClass = LockClass.of(rank, name)
        instance = UInt32(truncatingIfNeeded: lockClass.instances.wrappingAdd(1, ordering: .relaxed).newValue)
    }

    @usableFromInline
    var identity: LockIdentity { LockIdentity(lockClass: lockClass, instance: instance) }

    /// Whether anybody holds the lock or waits for it at this moment.
    var isInUse: Bool { word.load(ordering: .relaxed) != 0 }

    /// How many threads stand in line for it at this moment.
    var line: Int { ParkingLot.count(key) }

    // MARK: - Taking and releasing

    @usableFromInline
    func acquire(_ mode: LockMode, _ site: LockSite) -> Hold {
        if Instrumentation.isOn { return acquireInstrumented(mode, site) }
        if !tryAcquire(mode) { contend(mode, nil) }
        return acquired(isInstrumented: false)
    }

    @usableFromInline
    func acquireIfAvailable(_ mode: LockMode, _ site: LockSite) -> Hold? {
        if Instrumentation.isOn { return acquireInstrumentedIfAvailable(mode, site) }
        return tryAcquire(mode) ? acquired(isInstrumented: false) : nil
    }

    /// Something has been got without the lock that takes the place of a hold.
    func countAcquisition() {
        lockClass.acquisitions.wrappingAdd(1, ordering: .relaxed)
    }

    /// The lock has just been taken. A leaf's hold is not timed: reading the clock takes longer than most of them.
    func acquired(isInstrumented: Bool) -> Hold {
        lockClass.acquisitions.wrappingAdd(1, ordering: .relaxed)
        return Hold(since: lockClass.rank.isLeaf ? .zero : .now, isInstrumented: isInstrumented)
    }

    @usableFromInline
    func release(_ mode: LockMode, _ hold: Hold) {
        if !lockClass.rank.isLeaf { lockClass.count(hold: hold.since.elapsed) }
        // acquiring: the last reader hands over what the others have released before
        let left = word.wrappingSubtract(
            mode == .exclusive ? Self.writer : Self.reader, ordering: .acquiringAndReleasing
        ).newValue
        if left == Self.waiter { isFair ? handOver() : wakeSleepers() }
        if hold.isInstrumented { releasedInstrumented(mode) }
    }

    // MARK: - The word

    /// Whether the lock is got in the order of arrival.
    private var isFair: Bool { !lockClass.rank.isLeaf }

    /// What the word becomes by taking, or `nil` where the lock is not to be had.
    private func taken(_ word: UInt64, _ mode: LockMode) -> UInt64? {
        guard word & Self.waiter == 0 || !isFair else { return nil }
        switch mode {
        case .exclusive: return word & (Self.writer | Self.readers) == 0 ? word | Self.writer : nil
        case .shared: return word & Self.writer == 0 ? word + Self.reader : nil
        }
    }

    /// - Returns: whether the lock has been taken.
    func tryAcquire(_ mode: LockMode) -> Bool {
        var seen: UInt64 = 0
        while let next = taken(seen, mode) {
            let (isTaken, original) = word.compareExchange(
                expected: seen, desired: next, successOrdering: .acquiring, failureOrdering: .relaxed)
            if isTaken { return true }
            seen = original
        }
        return false
    }

    /// Takes the lock, or marks that somebody waits. To be called with the bucket of the lock locked.
    ///
    /// - Returns: whether the lock has been taken.
    private func acquireOrMark(_ mode: LockMode) -> Bool {
        var seen = word.load(ordering: .relaxed)
        while true {
            let next = taken(seen, mode)
            if next == nil, seen & Self.waiter != 0 { return false }
            let (isDone, original) = word.compareExchange(
                expected: seen, desired: next ?? (seen | Self.waiter), successOrdering: .acquiring, failureOrdering: .relaxed)
            if isDone { return next != nil }
            seen = original
        }
    }

    // MARK: - Contention

    /// For how long a thread looks whether the lock is left free before it joins the line: two or three usual holds of the matrix
    /// device's lock.
    private static var patience: Nanoseconds { Nanoseconds(value: 5_000) }
    /// For how long it looks then whether it has its turn before it gives up its processor: longer than it takes to wake
    /// somebody. Threads that go to sleep at once wake each other for every single operation, and wait for that longer than for
    /// the lock.
    private static var patienceInLine: Nanoseconds { Nanoseconds(value: 50_000) }

    private var key: ParkingLot.Key { ParkingLot.Key(lock: identity.key, isCondition: false) }

    /// Takes a lock that was not free at the first attempt.
    ///
    /// - Parameter observer: Keeps the thread until another attempt is worth it, and sees to the order; without one the thread
    ///   waits.
    func contend(_ mode: LockMode, _ observer: (any SchedulingObserver)?) {
        let start = Nanoseconds.now
        if let observer {
            Blocking.willBlock()
            while !tryAcquire(mode) { observer.willWait(identity, for: .available(mode)) }
        } else if !acquiresSoon(mode) {
            if isFair {
                ParkingLot.waitInLine(key, mode, patience: Self.patienceInLine) { acquireOrMark(mode) }
            } else {
                contendUnfairly(mode)
            }
        }
        lockClass.count(wait: start.elapsed)
    }

    /// Looks for a while whether the lock is left free, and takes it then.
    private func acquiresSoon(_ mode: LockMode) -> Bool {
        Self.patience.look { taken(word.load(ordering: .relaxed), mode) != nil && tryAcquire(mode) }
    }

    private func contendUnfairly(_ mode: LockMode) {
        Blocking.willBlock()
        while !tryAcquire(mode) {
            ParkingLot.sleep(key) { mustSleep(mode) }
        }
    }

    /// Whether a leaf is still not to be had; if so, it is marked that somebody waits. To be asked with the bucket of the lock
    /// locked.
    private func mustSleep(_ mode: LockMode) -> Bool {
        var seen = word.load(ordering: .relaxed)
        while taken(seen, mode) == nil {
            if seen & Self.waiter != 0 { return true }
            let (isSet, original) = word.compareExchange(expected: seen, desired: seen | Self.waiter, ordering: .relaxed)
            if isSet { return true }
            seen = original
        }
        return false
    }

    /// The thread that has slept longest looks again.
    private func wakeSleepers() {
        ParkingLot.wakeNext(key) { word.bitwiseAnd(~Self.waiter, ordering: .relaxed) }
    }

    /// Gives the lock, which nobody holds, to the thread that has waited longest; to a reader together with those directly behind
    /// it.
    private func handOver() {
        ParkingLot.handOver(key) { mode, count, othersWait in
            // nobody else changes a word that says nothing but that somebody waits
            let holders = mode == .exclusive ? Self.writer : UInt64(count) * Self.reader
            word.store(holders | (othersWait ? Self.waiter : 0), ordering: .releasing)
        }
    }
}
