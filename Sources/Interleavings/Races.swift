internal import LockOrder

/// Two events of different threads that touch the same lock and could have come in the other order.
struct Race {
    /// The earlier event.
    let event: Int
    /// The thread of the later one, which is to be tried first.
    let thread: Int
}

/// Finds the races of a run by happened-before: a thread knows of its own events, and of what others did before they gave back
/// a lock that it took later.
struct RaceDetector {
    /// Per thread, per thread: how many events (by global number) it knows of.
    private var clocks: [[Int]]
    private var traces: [Int: Trace] = [:]

    /// What is known of one lock.
    private struct Trace {
        var lastExclusive: (event: Int, thread: Int)?
        var shared: [(event: Int, thread: Int)] = []
        /// Since it was last taken.
        var looks: [(event: Int, thread: Int)] = []
        var lastRelease: (event: Int, thread: Int)?
        /// What a thread knows once it has taken the lock exclusively; and once it has taken it shared.
        var afterAll: [Int]
        var afterExclusive: [Int]
    }

    init(threads: Int) {
        clocks = Array(repeating: Array(repeating: 0, count: threads), count: threads)
    }

    /// The races among the first `count` events.
    mutating func races(in history: History, first count: Int) -> [Race] {
        var races: [Race] = []
        for access in history.accesses {
            guard access.event < count else { break }
            let thread = history.events[access.event].thread
            clocks[thread][thread] = access.event + 1
            var trace = traces[access.lock] ?? Trace(afterAll: [], afterExclusive: [])
            switch access.kind {
            case .acquire: take(access, thread, &trace, &races)
            case .touch:
                take(access, thread, &trace, &races)
                give(access, thread, &trace)
            case .look:
                let earlier = [trace.lastExclusive, trace.lastRelease].compactMap { $0 } + trace.shared
                note(earlier, thread, &races)
                learn(thread, trace.afterAll)
                trace.looks.append((access.event, thread))
            case .release:
                note(trace.looks, thread, &races)
                give(access, thread, &trace)
                trace.lastRelease = (access.event, thread)
            }
            traces[access.lock] = trace
        }
        return races
    }

    private mutating func take(_ access: History.Access, _ thread: Int, _ trace: inout Trace, _ races: inout [Race]) {
        let exclusive = trace.lastExclusive.map { [$0] } ?? []
        note(exclusive + trace.looks + (access.mode == .exclusive ? trace.shared : []), thread, &races)
        learn(thread, access.mode == .exclusive ? trace.afterAll : trace.afterExclusive)
        if access.mode == .exclusive {
            trace.lastExclusive = (access.event, thread)
            trace.shared = []
            trace.looks = []
        } else {
            trace.shared.append((access.event, thread))
        }
    }

    /// Those events of others that the thread does not know of could have come after what it does now.
    private func note(_ earlier: [(event: Int, thread: Int)], _ thread: Int, _ races: inout [Race]) {
        for other in earlier where other.thread != thread && clocks[thread][other.thread] <= other.event {
            races.append(Race(event: other.event, thread: thread))
        }
    }

    private func give(_ access: History.Access, _ thread: Int, _ trace: inout Trace) {
        trace.afterAll = join(trace.afterAll, clocks[thread])
        if access.mode == .exclusive { trace.afterExclusive = join(trace.afterExclusive, clocks[thread]) }
    }

    private mutating func learn(_ thread: Int, _ other: [Int]) {
        clocks[thread] = join(other, clocks[thread])
    }

    private func join(_ left: [Int], _ right: [Int]) -> [Int] {
        left.isEmpty ? right : zip(left, right).map { max($0, $1) }
    }
}
