internal import Dispatch
internal import Glibc
public import LockOrder
internal import Synchronization
public import Sysfs

/// The time that a kernel lives in.
public protocol KernelClock: Sendable {
    /// Time since boot.
    var now: Duration { get }
    /// The time of day, for the times of inodes.
    var wallTime: Timestamp { get }
    /// Lets the calling thread wait. Locks that it holds stay held.
    func sleep(_ duration: Duration)
    /// Waits until a condition on guarded state holds; whoever makes it true notifies the lock.
    func wait<State, Result>(on leaf: Leaf<State>, until condition: (inout State) -> Result?) -> Result
    /// Runs work after a while on a thread of its own choosing.
    func schedule(after delay: Duration, _ work: @escaping @Sendable () -> Void) -> any ScheduledWork
}

/// Work that a clock will do.
public protocol ScheduledWork: Sendable {
    /// The work is not done any more, unless it runs already.
    func cancel()
}

/// The real time.
public final class RealClock: KernelClock {
    private let boot = ContinuousClock.now

    public init() {}

    public var now: Duration { ContinuousClock.now - boot }

    public var wallTime: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(seconds: Int64(time.tv_sec), nanoseconds: UInt32(time.tv_nsec))
    }

    public func sleep(_ duration: Duration) {
        Blocking.willBlock()
        let (seconds, attoseconds) = duration.components
        var left = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
        var remaining = timespec()
        while nanosleep(&left, &remaining) == -1 { left = remaining }
    }

    public func wait<State, Result>(on leaf: Leaf<State>, until condition: (inout State) -> Result?) -> Result {
        leaf.wait(condition)
    }

    public func schedule(after delay: Duration, _ work: @escaping @Sendable () -> Void) -> any ScheduledWork {
        let item = Item(work)
        let (seconds, attoseconds) = delay.components
        let nanoseconds = Int(seconds) * 1_000_000_000 + Int(attoseconds / 1_000_000_000)
        DispatchQueue.global().asyncAfter(deadline: .now() + .nanoseconds(nanoseconds)) { item.run() }
        return item
    }

    private final class Item: ScheduledWork {
        private let work: Mutex<(@Sendable () -> Void)?>

        init(_ work: @escaping @Sendable () -> Void) {
            self.work = Mutex(work)
        }

        func cancel() {
            work.withLock { $0 = nil }
        }

        func run() {
            work.withLock { work in
                defer { work = nil }
                return work
            }?()
        }
    }
}

/// A time that stands still until it is advanced; whoever sleeps advances it. Days pass in milliseconds, always the same way.
public final class VirtualClock: KernelClock {
    private struct State {
        var now: Duration = .zero
        var nextID: UInt64 = 0
        var due: [(time: Duration, id: UInt64, work: @Sendable () -> Void)] = []
    }
    private let state = Mutex(State())

    public init() {}

    public var now: Duration { state.withLock { $0.now } }

    public var wallTime: Timestamp {
        let (seconds, attoseconds) = now.components
        return Timestamp(seconds: 1_600_000_000 + seconds, nanoseconds: UInt32(attoseconds / 1_000_000_000))
    }

    public func sleep(_ duration: Duration) {
        state.withLock { $0.now += duration }
    }

    /// Time goes on to the work that falls due next, until the condition holds; where there is none, somebody else has to come.
    /// The work is done on another thread, for whoever waits may hold locks.
    public func wait<State, Result>(on leaf: Leaf<State>, until condition: (inout State) -> Result?) -> Result {
        while true {
            if let result = leaf.withLock(condition) { return result }
            guard let work = takeNext(until: nil) else { return leaf.wait(condition) }
            let done = DispatchSemaphore(value: 0)
            DispatchQueue.global().async {
                work()
                done.signal()
            }
            done.wait()
        }
    }

    public func schedule(after delay: Duration, _ work: @escaping @Sendable () -> Void) -> any ScheduledWork {
        let id = state.withLock { state in
            state.nextID += 1
            state.due.append((state.now + delay, state.nextID, work))
            return state.nextID
        }
        return Item(clock: self, id: id)
    }

    /// Lets time pass, and does the work that falls due in it in the order in which it does.
    public func advance(by duration: Duration) {
        let end = now + duration
        while let work = takeNext(until: end) { work() }
        state.withLock { $0.now = max($0.now, end) }
    }

    /// The work that falls due next, if it does by `end`; time goes on to it.
    private func takeNext(until end: Duration?) -> (@Sendable () -> Void)? {
        state.withLock { state in
            let order = state.due.indices.sorted {
                (state.due[$0].time, state.due[$0].id) < (state.due[$1].time, state.due[$1].id)
            }
            guard let next = order.first, end.map({ state.due[next].time <= $0 }) ?? true else { return nil }
            let (time, _, work) = state.due.remove(at: next)
            state.now = max(state.now, time)
            return work
        }
    }

    private struct Item: ScheduledWork {
        let clock: VirtualClock
        let id: UInt64

        func cancel() {
            clock.state.withLock { state in state.due.removeAll { $0.id == id } }
        }
    }
}
