import Synchronization

/// What all locks are made of: a reader/writer lock in one atomic word, in 24 bytes altogether.
///
/// Free and uncontended, taking and releasing are one atomic instruction each. The word says:
///
///     bits  0–31   readers that hold the lock
///     bit   32     a writer (or the owner of a mutex) holds it
///     bit   33     somebody sleeps: who leaves the lock free has to wake
///     bits 34–63   writers that wait; while there are any, readers do not enter, and no other writer but at a leaf
///
/// Writers get a ranked lock in the order in which they came, as tasks get a kernel mutex; a leaf is for whoever is first.
@usableFromInline
struct LockCore: ~Copyable {
    let word = Atomic<UInt64>(0)
    /// Counts notifications in steps of 2; bit 0 says that somebody waits for one.
    let notifications = Atomic<UInt32>(0)
    /// Which of its class. Wraps around after four thousand million locks of one name: then two locks share a number.
    let instance: UInt32
    let lockClass: LockClass

    private static var reader: UInt64 { 1 }
    private static var readers: UInt64 { 0xffff_ffff }
    private static var writer: UInt64 { 1 << 32 }
    private static var sleeper: UInt64 { 1 << 33 }
    private static var waitingWriter: UInt64 { 1 << 34 }

    @usableFromInline
    init(_ rank: LockRank, _ name: StaticString) {
        lockClass = LockClass.of(rank, name)
        instance = UInt32(truncatingIfNeeded: lockClass.instances.wrappingAdd(1, ordering: .relaxed).newValue)
    }

    @usableFromInline
    var identity: LockIdentity { LockIdentity(lockClass: lockClass, instance: instance) }

    /// Whether anybody holds the lock or waits for it at this moment.
    var isInUse: Bool { word.load(ordering: .relaxed) != 0 }

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

    /// The lock has just been taken. A leaf's hold is not timed: reading the clock takes longer than most of them.
    func acquired(isInstrumented: Bool) -> Hold {
        lockClass.acquisitions.wrappingAdd(1, ordering: .relaxed)
        return Hold(since: lockClass.rank == .leaf ? .zero : .now, isInstrumented: isInstrumented)
    }

    @usableFromInline
    func release(_ mode: LockMode, _ hold: Hold) {
        if lockClass.rank != .leaf { lockClass.count(hold: hold.since.elapsed) }
        let left = word.wrappingSubtract(mode == .exclusive ? Self.writer : Self.reader, ordering: .releasing).newValue
        if left & (Self.sleeper | Self.writer | Self.readers) == Self.sleeper { wakeSleepers() }
        if hold.isInstrumented { releasedInstrumented(mode) }
    }

    // MARK: - The word

    /// What the word becomes by taking, or `nil` where the lock is not to be had.
    ///
    /// - Parameter mayPass: The thread need not stand behind the writers that wait.
    private static func taken(_ word: UInt64, _ mode: LockMode, mayPass: Bool) -> UInt64? {
        switch mode {
        case .exclusive: word & (writer | readers) == 0 && (mayPass || word < waitingWriter) ? word | writer : nil
        case .shared: word & writer == 0 && word < waitingWriter ? word + reader : nil
        }
    }

    /// - Parameter announced: Whether the thread is one of the waiting writers, and by taking the lock no longer is.
    /// - Returns: whether the lock has been taken.
    func tryAcquire(_ mode: LockMode, announced: Bool = false) -> Bool {
        var seen: UInt64 = announced ? word.load(ordering: .relaxed) : 0
        while let next = Self.taken(seen, mode, mayPass: announced || lockClass.rank == .leaf) {
            let desired = announced ? next - Self.waitingWriter : next
            let (isTaken, original) = word.compareExchange(
                expected: seen, desired: desired, successOrdering: .acquiring, failureOrdering: .relaxed)
            if isTaken { return true }
            seen = original
        }
        return false
    }

    // MARK: - Contention

    /// How often a taken lock is looked at before the thread gives up its processor: some microseconds, two or three usual holds of the
    /// matrix device's lock. Threads that go to sleep at once wake each other for every single operation, and wait for that
    /// longer than for the lock.
    private static var glances: Int { 10_000 }

    /// Takes a lock that was not free at the first attempt.
    ///
    /// A writer announces itself, once, and from then on no reader enters: readers cannot starve it.
    ///
    /// - Parameter observer: Who keeps the thread until another attempt is worth it; without one it sleeps.
    func contend(_ mode: LockMode, _ observer: (any SchedulingObserver)?) {
        let start = Nanoseconds.now
        if observer == nil {
            for _ in 0..<Self.glances where Self.taken(word.load(ordering: .relaxed), mode, mayPass: false) != nil { break }
            if tryAcquire(mode) { return lockClass.count(wait: start.elapsed) }
        }
        let isWriter = mode == .exclusive
        if isWriter { word.wrappingAdd(Self.waitingWriter, ordering: .relaxed) }
        Blocking.willBlock()
        while !tryAcquire(mode, announced: isWriter) {
            if let observer {
                observer.willWait(identity, for: .available(mode))
            } else {
                ParkingLot.sleep(ParkingLot.Key(lock: identity.key, isCondition: false), mode) { mustSleep(mode) }
            }
        }
        lockClass.count(wait: start.elapsed)
    }

    /// Whether the lock is still not to be had; if so, `sleeper` is set. To be asked with the bucket of the lock locked.
    private func mustSleep(_ mode: LockMode) -> Bool {
        var seen = word.load(ordering: .relaxed)
        while Self.taken(seen, mode, mayPass: mode == .exclusive) == nil {
            if seen & Self.sleeper != 0 { return true }
            let (isSet, original) = word.compareExchange(expected: seen, desired: seen | Self.sleeper, ordering: .relaxed)
            if isSet { return true }
            seen = original
        }
        return false
    }

    /// The writer that has slept longest looks again; without one, all readers do.
    private func wakeSleepers() {
        ParkingLot.wakeNext(ParkingLot.Key(lock: identity.key, isCondition: false)) {
            word.bitwiseAnd(~Self.sleeper, ordering: .relaxed)
        }
    }
}
