internal import LockOrder

/// Where one thread of a run is.
struct ThreadState {
    var status = Status.ready

    enum Status: Equatable {
        /// It does not exist: nothing was ever posted.
        case absent
        /// It has not begun.
        case ready
        case running
        /// It stands before taking a lock.
        case wants(Int, LockMode)
        /// It stands before an attempt.
        case tries(Int, LockMode)
        /// It stands before a shared variable.
        case touches(Int, LockMode)
        /// It has found the lock taken; a writer has announced itself.
        case waits(Int, LockMode)
        /// It waits until somebody notifies.
        case sleeps(Int)
        case awake(Int)
        /// Nothing is posted.
        case idle
        case finished

        /// For a person: why the thread cannot go on, and whose fault it is.
        func obstacle(_ locks: LockTable) -> String {
            switch self {
            case .wants(let lock, let mode), .waits(let lock, let mode):
                let others =
                    locks[lock].holders.map { Schedule.letter($0.thread) + " has" }
                    + locks[lock].writers.map { Schedule.letter($0) + " waits to write" }
                return "waits for \(locks.name(lock, mode)) (\(others.joined(separator: ", ")))"
            default: return place(locks)
            }
        }

        /// For a person: what the thread is about to do.
        func place(_ locks: LockTable) -> String {
            switch self {
            case .absent: "is not there"
            case .ready: "begins"
            case .running: "runs"
            case .wants(let lock, let mode): "takes \(locks.name(lock, mode))"
            case .tries(let lock, let mode): "tries \(locks.name(lock, mode))"
            case .touches(let lock, let mode): "\(mode == .shared ? "reads" : "writes") \(locks[lock].name)"
            case .waits(let lock, let mode): "waits for \(locks.name(lock, mode))"
            case .sleeps(let lock): "waits for a change under \(locks[lock].name)"
            case .awake(let lock): "looks again at what is under \(locks[lock].name)"
            case .idle: "takes posted work"
            case .finished: "has finished"
            }
        }
    }

    /// Whether a run may end with the thread there.
    var isAtRest: Bool {
        switch status {
        case .absent, .finished, .idle: true
        default: false
        }
    }
}

/// Why a run ended.
enum Ending: Equatable {
    case finished
    /// Nobody can go on: what each waits for and holds.
    case deadlock([String])
    /// More points than a run may have.
    case endless
    /// The schedule wants a thread to go on that cannot.
    case misfit(point: Int)
}
