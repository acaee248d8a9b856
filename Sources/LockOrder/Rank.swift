/// A rung of a ladder of locks, as a type. `Lock<KVMRank, …>` is a lock on it, `Held<KVMRank>` the proof that one is held.
///
/// # A ladder
///
/// A thread goes down the ladder, skips rungs as it likes, and never goes up while it holds anything: so between locks that are
/// only taken like this there is no circle, and no deadlock. This module knows no ladder. Its client declares one, in a file of
/// its own:
///
/// 1. For each rung a protocol of those ranks with which in hand (or none) its locks may be taken. The protocols inherit from
///    each other, the outermost from all below, so that a function generic over `Outer: OutsideGuests` can pass its token on to
///    everything below.
/// 2. The ranks, as enumerations without cases. A rank conforms to the protocol of the next rung, so not to its own: two locks of
///    one rank are never nested. ``Unlocked`` conforms to the first.
/// 3. Functions that take a lock, each constrained to its rank, that want to see a token of an outer one and show their ``Rung``:
///
///        extension Lock where R == KVMRank {
///            @inlinable
///            public func withLock<Outer: OutsideKVM, Result, Failure>(
///                after held: borrowing Held<Outer>, fileID: StaticString = #fileID, line: UInt = #line,
///                _ body: (inout State, borrowing Held<R>) throws(Failure) -> Result
///            ) throws(Failure) -> Result {
///                try exclusively(Rung(), LockSite(fileID, line), body)
///            }
///        }
///
/// # What is proven when
///
/// By the compiler: no lock is taken without a token of an outer rank; two locks of one rank are not nested; a token is not made,
/// copied, kept, returned, or given to another thread; state is not touched without its lock, nor written by a reader; a function
/// says in its signature what it must be called with, and after what it may be called.
///
/// At run time (``LockChecker``, on in debug builds): that what is taken is below everything that the thread holds, whichever of its
/// tokens was shown; that the order of the values ``LockRank`` is that of the types; that nothing is taken under a leaf; that
/// `withNoLocksHeld` is true.
///
/// By the name: every token is called `held`, so that the one of an outer scope is out of reach in an inner one (`make check`).
///
/// One ladder in a process: its places are also those of statistics and reports.
public protocol Rank {
    /// The rung, as a value.
    static var rank: LockRank { get }
}

/// No ranked lock is held: everything may be taken. A ladder makes it conform to the protocol of its outermost rung.
public enum Unlocked: Rank { public static var rank: LockRank { .unlocked } }

/// The right to take locks of rank `R` without showing a token: what the declaration of a ladder is trusted with, and nobody else
/// has. Only the file that declares a ladder makes one.
public struct Rung<R: Rank>: Sendable {
    /// For the declaration of a ladder.
    @inlinable public init() {}
}

/// A rung of the ladder as a value: what statistics and reports say, and what the run-time check compares.
public struct LockRank: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Its place, counted from the outermost.
    @usableFromInline let place: UInt8
    /// The word for it in tables and reports: no blanks in it.
    public let description: String
    /// Whether its locks can be held by many at once.
    public let isReaderWriter: Bool

    private init(_ place: UInt8, _ description: String) {
        self.place = place
        self.description = description
        isReaderWriter = false
    }

    /// A rung of a ladder.
    ///
    /// - Parameters:
    ///   - place: Its place below ``unlocked``, from 1 for the outermost to 254.
    ///   - description: The word for it, without blanks.
    ///   - isReaderWriter: Whether its locks can be held by many at once.
    public init(_ place: UInt8, _ description: String, isReaderWriter: Bool = false) {
        precondition((1...254).contains(place), "place 0 is that of nothing held, 255 that of leaves")
        self.place = place
        self.description = description
        self.isReaderWriter = isReaderWriter
    }

    /// Nothing is held.
    public static let unlocked = LockRank(0, "unlocked")
    /// Below all ladders: ``Leaf``.
    public static let leaf = LockRank(255, "leaf")

    /// Whether nothing may be taken with it in hand.
    public var isLeaf: Bool { place == 255 }

    /// Outer ranks are less than inner ones.
    public static func < (left: LockRank, right: LockRank) -> Bool { left.place < right.place }

    /// Ranks are equal where their places are.
    public static func == (left: LockRank, right: LockRank) -> Bool { left.place == right.place }

    public func hash(into hasher: inout Hasher) { hasher.combine(place) }
}
