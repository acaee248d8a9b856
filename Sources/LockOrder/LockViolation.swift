import Glibc

/// A lock that was about to be taken where it must not be, with what is needed to understand it.
public struct LockViolation: Sendable {
    /// What is wrong.
    public enum Kind: Sendable, Hashable {
        /// An outer lock after an inner one.
        case wrongOrder
        /// The lock that the thread holds already.
        case recursion
        /// A second lock of the same rank: two guests, say.
        case twoOfOneRank
        /// Any lock inside a leaf.
        case underLeaf
        /// A scope that begins with nothing held, begun by a thread that holds something.
        case notUnlocked
    }

    /// Which rule was broken.
    public let kind: Kind
    /// What the thread held, outermost first.
    public let held: [LockIdentity]
    /// What it was taking; `nil` for ``Kind/notUnlocked``.
    public let taking: LockIdentity?
    /// The whole story, for a person: what is being taken, the chain of what is held, and where the opposite order was seen.
    public let report: String

    init(_ kind: Kind, _ wanted: HeldLock, chain: [HeldLock]) {
        self.kind = kind
        held = chain.map(\.lock)
        taking = wanted.lock
        report = Self.report(kind, "is about to take", Self.line(wanted), chain, opposite: Self.opposite(wanted, chain))
    }

    init(notUnlockedAt site: LockSite, chain: [HeldLock]) {
        kind = .notUnlocked
        held = chain.map(\.lock)
        taking = nil
        report = Self.report(.notUnlocked, "says that it holds no lock", "    at \(site)\n", chain, opposite: [])
    }

    /// The orders seen earlier that together with this one make a circle: from what is wanted to the outermost lock that it
    /// leads to.
    private static func opposite(_ wanted: HeldLock, _ chain: [HeldLock]) -> [ObservedOrder] {
        for held in chain where held.lock.lockClass !== wanted.lock.lockClass {
            let path = OrderGraph.path(from: wanted.lock, to: held.lock)
            if !path.isEmpty { return path }
        }
        return []
    }

    private static func report(
        _ kind: Kind, _ action: String, _ place: String, _ chain: [HeldLock], opposite: [ObservedOrder]
    ) -> String {
        let rule = String(repeating: "=", count: 72) + "\n"
        var text = rule + "locks: \(kind.headline)\n" + String(repeating: "-", count: 72) + "\n"
        text += "thread \(threadID) \(action)\n\(place)but it holds, outermost first\n"
        for hold in chain { text += line(hold) }
        if !opposite.isEmpty {
            text += "the opposite order was seen before:\n"
            for order in opposite { text += "    \(order)\n" }
        }
        text += "rule: \(kind.rule)\n"
        return text + rule
    }

    /// The calling thread's number, as `ps -L` shows it. (`gettid` is not visible to Swift.)
    private static var threadID: String {
        var path = [CChar](repeating: 0, count: 64)
        let length = readlink("/proc/thread-self", &path, path.count)
        let target = path.prefix(max(length, 0)).map { UInt8(truncatingIfNeeded: $0) }
        return target.split(separator: UInt8(ascii: "/")).last.map { String(decoding: $0, as: UTF8.self) } ?? "?"
    }

    private static func line(_ hold: HeldLock) -> String {
        "    \(hold.lock)\(hold.mode == .shared ? ", for reading" : "") at \(hold.site)\n"
    }
}

extension LockViolation.Kind {
    /// What is wrong, as a title.
    var headline: String {
        switch self {
        case .wrongOrder: "an outer lock is taken after an inner one"
        case .recursion: "a lock is taken twice"
        case .twoOfOneRank: "two locks of one rank are taken"
        case .underLeaf: "a lock is taken inside a leaf"
        case .notUnlocked: "a thread holds locks where it must not"
        }
    }

    /// What should have been done.
    var rule: String {
        switch self {
        case .wrongOrder, .twoOfOneRank, .recursion:
            LockClass.ranks.map { "\($0)" }.joined(separator: " > ") + ", one of each at most"
        case .underLeaf: "inside a leaf nothing is taken, neither a ranked lock nor another leaf"
        case .notUnlocked: "withNoLocksHeld is the beginning of a chain, not a link"
        }
    }
}
