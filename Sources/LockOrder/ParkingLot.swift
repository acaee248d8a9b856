import Glibc
import Synchronization

/// Where threads sleep: a futex in user space, for words of any width.
///
/// A lock is a word, and has no place to sleep of its own: most locks are never contended, and there are hundreds of thousands.
/// A thread that cannot go on sleeps here under a key, the lock's number; a thread that makes another look worthwhile wakes that
/// key.
///
/// Invariant: a thread is only put to sleep after `isStillNeeded`, asked with the bucket locked, has said so, and a waker
/// changes the word before it locks the bucket. So a wake never falls between the last look and the sleep.
enum ParkingLot {
    /// What a sleeper waits for: the lock of that number becomes free, or its state changes.
    struct Key: Equatable {
        let lock: UInt64
        let isCondition: Bool
    }

    /// Waits until the lock is handed over (`handOver`), in the order of arrival. Looks for a while before it goes to sleep.
    ///
    /// - Parameter acquire: Takes the lock if it is to be had; asked once, before anybody else can hand it over.
    static func waitInLine(_ key: Key, _ mode: LockMode, patience: Nanoseconds, unless acquire: () -> Bool) {
        bucket(of: key).waitInLine(key, mode, patience, unless: acquire)
    }

    /// Ends the wait of the one that came first; where that is a reader, also of the readers directly behind it.
    ///
    /// - Parameter grant: Makes them holders: how they want the lock, how many they are, whether others still wait. Called before
    ///   they go on, and before anybody else can join the line.
    static func handOver(_ key: Key, _ grant: (LockMode, Int, Bool) -> Void) {
        bucket(of: key).handOver(key, grant)
    }

    /// Sleeps until somebody wakes that key. Spurious wakes do not happen, but may be believed in: callers look again.
    static func sleep(_ key: Key, while isStillNeeded: () -> Bool) {
        bucket(of: key).sleep(key, while: isStillNeeded)
    }

    /// Wakes the one that has slept longest.
    ///
    /// - Parameter last: Called when nobody sleeps under that key any more, before anybody else can.
    static func wakeNext(_ key: Key, last: () -> Void) {
        bucket(of: key).wakeNext(key, last)
    }

    /// Wakes everybody who sleeps under that key.
    static func wakeAll(_ key: Key) {
        bucket(of: key).wakeAll(key)
    }

    /// How many sleep under that key, or look whether they have to.
    static func count(_ key: Key) -> Int {
        bucket(of: key).count(key)
    }

    // MARK: - Buckets

    private static let buckets = (0..<64).map { _ in ParkingBucket() }

    private static func bucket(of key: Key) -> ParkingBucket {
        // Fibonacci hashing: neighbours go far from each other.
        buckets[Int(truncatingIfNeeded: ((key.lock << 1 | (key.isCondition ? 1 : 0)) &* 0x9e37_79b9_7f4a_7c15) >> 58)]
    }
}

/// Threads whose keys have the same hash. Its mutex is the innermost of all: held for a few instructions.
///
/// Unchecked: `sleepers` is only touched with the mutex held.
private final class ParkingBucket: @unchecked Sendable {
    /// One sleeping thread, on its own stack's behalf.
    private final class Sleeper {
        let key: ParkingLot.Key
        let mode: LockMode
        /// Written with the mutex held.
        let isAsleep = Atomic(true)
        let wakeUp = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

        init(_ key: ParkingLot.Key, _ mode: LockMode) {
            self.key = key
            self.mode = mode
            pthread_cond_init(wakeUp, nil)
        }

        deinit {
            pthread_cond_destroy(wakeUp)
            wakeUp.deallocate()
        }
    }

    /// Buckets live for ever, and so does the mutex.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private var sleepers: [Sleeper] = []

    init() { pthread_mutex_init(mutex, nil) }

    func sleep(_ key: ParkingLot.Key, while isStillNeeded: () -> Bool) {
        let sleeper = Sleeper(key, .exclusive)
        pthread_mutex_lock(mutex)
        if isStillNeeded() {
            sleepers.append(sleeper)
            waitForWakeUp(sleeper)
        }
        pthread_mutex_unlock(mutex)
    }

    private func waitForWakeUp(_ sleeper: Sleeper) {
        while sleeper.isAsleep.load(ordering: .acquiring) { pthread_cond_wait(sleeper.wakeUp, mutex) }
    }

    func waitInLine(_ key: ParkingLot.Key, _ mode: LockMode, _ patience: Nanoseconds, unless acquire: () -> Bool) {
        let sleeper = Sleeper(key, mode)
        pthread_mutex_lock(mutex)
        let isAcquired = acquire()
        if !isAcquired { sleepers.append(sleeper) }
        pthread_mutex_unlock(mutex)
        if isAcquired { return }
        if patience.look({ !sleeper.isAsleep.load(ordering: .acquiring) }) { return }
        Blocking.willBlock()
        pthread_mutex_lock(mutex)
        waitForWakeUp(sleeper)
        pthread_mutex_unlock(mutex)
    }

    func handOver(_ key: ParkingLot.Key, _ grant: (LockMode, Int, Bool) -> Void) {
        pthread_mutex_lock(mutex)
        let line = sleepers.indices.filter { sleepers[$0].key == key }
        if let first = line.first {
            let mode = sleepers[first].mode
            let group = mode == .exclusive ? line.prefix(1) : line.prefix { sleepers[$0].mode == .shared }
            let granted = group.map { sleepers[$0] }
            for index in group.reversed() { sleepers.remove(at: index) }
            grant(mode, granted.count, granted.count < line.count)
            for sleeper in granted { wake(sleeper) }
        }
        pthread_mutex_unlock(mutex)
    }

    func wakeAll(_ key: ParkingLot.Key) {
        pthread_mutex_lock(mutex)
        sleepers.removeAll { sleeper in
            guard sleeper.key == key else { return false }
            wake(sleeper)
            return true
        }
        pthread_mutex_unlock(mutex)
    }

    func wakeNext(_ key: ParkingLot.Key, _ last: () -> Void) {
        pthread_mutex_lock(mutex)
        if let first = sleepers.firstIndex(where: { $0.key == key }) { wake(sleepers.remove(at: first)) }
        if !sleepers.contains(where: { $0.key == key }) { last() }
        pthread_mutex_unlock(mutex)
    }

    func count(_ key: ParkingLot.Key) -> Int {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return sleepers.count { $0.key == key }
    }

    private func wake(_ sleeper: Sleeper) {
        sleeper.isAsleep.store(false, ordering: .releasing)
        pthread_cond_signal(sleeper.wakeUp)
    }
}
