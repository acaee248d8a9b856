import Synchronization

/// All locks of one rank and one name: "the kvm locks". Lives for ever; there are as many as names in the source.
///
/// The counters are relaxed: each is exact in the end, two read together need not fit to the nanosecond.
@usableFromInline
final class LockClass: Sendable {
    let rank: LockRank
    let name: String
    /// Its place among all classes, in the order of their appearance.
    let index: Int

    let instances = Atomic<UInt64>(0)
    let acquisitions = Atomic<UInt64>(0)
    let contentions = Atomic<UInt64>(0)
    let waitTime = Atomic<UInt64>(0)
    let holdTime = Atomic<UInt64>(0)
    let longestHold = Atomic<UInt64>(0)

    private init(_ rank: LockRank, _ name: String, index: Int) {
        self.rank = rank
        self.name = name
        self.index = index
    }

    /// One contended acquisition, at its end.
    func count(wait: Nanoseconds) {
        contentions.wrappingAdd(1, ordering: .relaxed)
        waitTime.wrappingAdd(wait.value, ordering: .relaxed)
    }

    /// One hold, at its end.
    func count(hold: Nanoseconds) {
        holdTime.wrappingAdd(hold.value, ordering: .relaxed)
        if hold.value > longestHold.load(ordering: .relaxed) { longestHold.max(hold.value, ordering: .relaxed) }
    }

    // MARK: - All classes

    private struct Key: Hashable {
        let rank: LockRank
        let name: String
    }

    private static let all = Mutex<[Key: LockClass]>([:])

    /// The class of that rank and name, made when it is first asked for.
    static func of(_ rank: LockRank, _ name: StaticString) -> LockClass {
        let key = Key(rank: rank, name: "\(name)")
        return all.withLock { all in
            if let known = all[key] { return known }
            let new = LockClass(rank, key.name, index: all.count)
            all[key] = new
            return new
        }
    }

    /// All classes so far, outer ranks first, then by name.
    static var everyone: [LockClass] {
        all.withLock { Array($0.values) }.sorted { ($0.rank, $0.name) < ($1.rank, $1.name) }
    }
}

/// Which lock: its class, and which of the class.
public struct LockIdentity: Sendable, Hashable, CustomStringConvertible {
    let lockClass: LockClass
    let instance: UInt32

    /// The rung it belongs to.
    public var rank: LockRank { lockClass.rank }
    /// The name of its class.
    public var name: String { lockClass.name }
    /// Which of its class, counted from 1 in the order in which they were made.
    public var number: UInt32 { instance }
    /// One number for both.
    var key: UInt64 { UInt64(lockClass.index) << 32 | UInt64(instance) }

    public static func == (left: LockIdentity, right: LockIdentity) -> Bool {
        left.lockClass === right.lockClass && left.instance == right.instance
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(ObjectIdentifier(lockClass))
        hasher.combine(instance)
    }

    /// `kvm->lock #2 (kvm)`.
    public var description: String { "\(name) #\(instance) (\(rank))" }
}
