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

    fileprivate init(_ rank: LockRank, _ name: String, index: Int) {
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

    fileprivate struct Registry {
        /// What a literal in the source led to: a lock is made without building a string. One name may have several literals.
        var byLiteral: [Literal: LockClass] = [:]
        /// In the order of their appearance.
        var classes: [LockClass] = []
    }

    fileprivate struct Literal: Hashable {
        let rank: LockRank
        let start: UInt
        let count: Int
    }

    private static let registry = Mutex(Registry())

    /// The class of that rank and name, made when it is first asked for.
    static func of(_ rank: LockRank, _ name: StaticString) -> LockClass {
        // A literal of a single character may have no address.
        guard name.hasPointerRepresentation else { return registry.withLock { $0.find(rank, name) } }
        let literal = Literal(rank: rank, start: UInt(bitPattern: name.utf8Start), count: name.utf8CodeUnitCount)
        if let known = KnownLiteral.find(literal) { return known }
        let found = registry.withLock { registry in
            if let known = registry.byLiteral[literal] { return known }
            let found = registry.find(rank, name)
            registry.byLiteral[literal] = found
            return found
        }
        KnownLiteral.keep(literal, found)
        return found
    }

    /// All classes so far, outer ranks first, then by name.
    static var everyone: [LockClass] {
        registry.withLock { $0.classes }.sorted { ($0.rank, $0.name) < ($1.rank, $1.name) }
    }

    /// The ranks of all classes so far, outermost first.
    static var ranks: [LockRank] {
        everyone.reduce(into: []) { ranks, lockClass in if ranks.last != lockClass.rank { ranks.append(lockClass.rank) } }
    }
}

/// A literal and its class, found without a lock: who opens a file makes locks, too. One literal is known for each place, the first one.
private final class KnownLiteral: Sendable {
    private let literal: LockClass.Literal
    private let lockClass: LockClass

    private init(_ literal: LockClass.Literal, _ lockClass: LockClass) {
        self.literal = literal
        self.lockClass = lockClass
    }

    private typealias Place = Atomic<Unmanaged<KnownLiteral>?>
    private static let count = 256
    // Unsafe: an immutable pointer to atomics. What they lead to lives for ever.
    nonisolated(unsafe) private static let places: UnsafeMutablePointer<Place> = {
        let places = UnsafeMutablePointer<Place>.allocate(capacity: count)
        for place in 0..<count { (places + place).initialize(to: Place(nil)) }
        return places
    }()

    private static func place(of literal: LockClass.Literal) -> UnsafeMutablePointer<Place> {
        places + Int(truncatingIfNeeded: (literal.start ^ literal.start >> 8) % UInt(count))
    }

    static func find(_ literal: LockClass.Literal) -> LockClass? {
        guard let known = place(of: literal).pointee.load(ordering: .acquiring) else { return nil }
        return known._withUnsafeGuaranteedRef { $0.literal == literal ? $0.lockClass : nil }
    }

    static func keep(_ literal: LockClass.Literal, _ lockClass: LockClass) {
        let known = Unmanaged.passRetained(KnownLiteral(literal, lockClass))
        let place = place(of: literal)
        let isKept = place.pointee.compareExchange(expected: nil, desired: known, ordering: .acquiringAndReleasing).exchanged
        if !isKept { known.release() }
    }
}

extension LockClass.Registry {
    mutating func find(_ rank: LockRank, _ name: StaticString) -> LockClass {
        let name = "\(name)"
        if let known = classes.first(where: { $0.rank == rank && $0.name == name }) { return known }
        let new = LockClass(rank, name, index: classes.count)
        classes.append(new)
        return new
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
