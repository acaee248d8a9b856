internal import LockOrder

/// What happened in a run: the choices, and between two of them (an event) which locks were taken and given back.
struct History {
    private(set) var events: [Event] = []
    private(set) var accesses: [Access] = []

    /// What a thread did in one go: from one point to the next.
    struct Event {
        let thread: Int
        /// Where it stood before.
        let place: ThreadState.Status
        var footprint = Footprint()
    }

    struct Access {
        enum Kind {
            case acquire, release
            /// Of a shared variable, or of what a lock's waiters look at.
            case touch
            /// Whether a lock is taken.
            case look
        }
        let event: Int
        let lock: Int
        let mode: LockMode
        let kind: Kind
    }

    var choices: [Int] { events.map(\.thread) }

    mutating func begin(_ thread: Int, at place: ThreadState.Status) {
        events.append(Event(thread: thread, place: place))
    }

    /// A writer has found a lock taken and from now on keeps readers out.
    mutating func announce(_ lock: Int) {
        add(.look, lock, .exclusive)
        add(.touch, lock, .exclusive)
    }

    mutating func add(_ kind: Access.Kind, _ lock: Int, _ mode: LockMode) {
        accesses.append(Access(event: events.count - 1, lock: lock, mode: mode, kind: kind))
        let use: Footprint.Use =
            switch kind {
            case .acquire, .touch: mode == .exclusive ? .exclusive : .shared
            case .release: .release
            case .look: .look
            }
        events[events.count - 1].footprint.insert(lock, use)
    }
}

/// What an event did to which locks. Two events of different threads that do not disturb each other at any lock can change
/// places without any difference.
struct Footprint {
    enum Use {
        case shared, exclusive, release, look

        func disturbs(_ other: Use) -> Bool {
            switch (self, other) {
            case (.exclusive, .release), (.release, .exclusive): false
            case (.exclusive, _), (_, .exclusive): true
            case (.look, .shared), (.shared, .look), (.look, .release), (.release, .look): true
            default: false
            }
        }
    }

    private var uses: [(lock: Int, use: Use)] = []

    mutating func insert(_ lock: Int, _ use: Use) {
        if !uses.contains(where: { $0.lock == lock && $0.use == use }) { uses.append((lock, use)) }
    }

    func isIndependent(of other: Footprint) -> Bool {
        !uses.contains { mine in
            other.uses.contains { $0.lock == mine.lock && mine.use.disturbs($0.use) }
        }
    }
}
