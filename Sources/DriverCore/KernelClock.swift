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
    /// Lets the calling thread wait until somebody ends the sleep, or to its end. Drivers call `Kernel.sleep`.
    ///
    /// - Returns: whether it slept to the end. By default it does, always: for a clock on which nobody really waits.
    func sleep(_ duration: Duration, _ sleep: Sleep) -> Bool
    /// Waits until a condition on guarded state holds, which is when it answers something. The thread that makes it true notifies
    /// the lock. The condition is asked with the lock held, and again at any time (`Leaf.wait`).
    func wait<State, Result>(on leaf: Leaf<State>, until condition: (inout State) -> Result?) -> Result
    /// Runs work after a while, on a thread that the clock chooses, with no lock held.
    func schedule(after delay: Duration, _ work: @escaping @Sendable () -> Void) -> any ScheduledWork
}

extension KernelClock {
    /// Sleeps to the end, unless it was ended before.
    public func sleep(_ duration: Duration, _ sleep: Sleep) -> Bool {
        guard !sleep.hasEnded else { return false }
        self.sleep(duration)
        return true
    }
}

/// Work that a clock will do, whether or not anybody keeps this.
public protocol ScheduledWork: Sendable {
    /// The work is not done any more, unless it runs already.
    func cancel()
}

/// The real time.
public final class RealClock: KernelClock {
    private let boot = ContinuousClock.now

    /// Its time begins at zero: the kernel boots now.
    public init() {}

    /// Since the clock was made; goes on while the computer is suspended.
    public var now: Duration { ContinuousClock.now - boot }

    /// `CLOCK_REALTIME` of this computer.
    public var wallTime: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(seconds: Int64(time.tv_sec), nanoseconds: UInt32(time.tv_nsec))
    }

    /// Sleeps to the end, through signals. Tells `Blocking` before, so that requests are handed on.
    public func sleep(_ duration: Duration) {
        _ = Sleep().pass(duration)
    }

    /// As above, to the end of the sleep that somebody else makes.
    public func sleep(_ duration: Duration, _ sleep: Sleep) -> Bool {
        sleep.pass(duration)
    }

    /// Waits as `Leaf.wait` does, for as long as it takes.
    public func wait<State, Result>(on leaf: Leaf<State>, until condition: (inout State) -> Result?) -> Result {
        leaf.wait(condition)
    }

    /// Runs the work on a thread of its own, `delay` from now or a little later.
    public func schedule(after delay: Duration, _ work: @escaping @Sendable () -> Void) -> any ScheduledWork {
        let item = Item(work)
        let (seconds, attoseconds) = delay.components
        let nanoseconds = Int(seconds) * 1_000_000_000 + Int(attoseconds / 1_000_000_000)
        threadOfItsOwn.asyncAfter(deadline: .now() + .nanoseconds(nanoseconds)) { item.run() }
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

/// A time that stands still until it is advanced, by `advance` or by a thread that sleeps or waits. Days pass in milliseconds,
/// always the same way.
public final class VirtualClock: KernelClock {
    private struct State {
        var now: Duration = .zero
        var nextID: UInt64 = 0
        var due: [(time: Duration, id: UInt64, work: @Sendable () -> Void)] = []
    }
    private let state = Mutex(State())

    /// Its time begins at zero.
    public init() {}

    /// By how much it has been advanced.
    public var now: Duration { state.withLock { $0.now } }

    /// Begins 1,600,000,000 seconds after 1970, and goes with `now`.
    public var wallTime: Timestamp {
        let (seconds, attoseconds) = now.components
        return Timestamp(seconds: 1_600_000_000 + seconds, nanoseconds: UInt32(attoseconds / 1_000_000_000))
    }

    /// Lets time pass, and returns at once. The work that falls due in it is begun at its time, on another thread, for the one that
    /// sleeps may hold locks; work that needs them is finished some time after they are free.
    public func sleep(_ duration: Duration) {
        let end = now + duration
        while let work = takeNext(until: end) {
            let isDoneOrWaits = DispatchSemaphore(value: 0)
            threadOfItsOwn.async {
                Blocking.withHook({ isDoneOrWaits.signal() }) { work() }
                isDoneOrWaits.signal()
            }
            Blocking.willBlock()
            isDoneOrWaits.wait()
        }
        state.withLock { $0.now = max($0.now, end) }
    }

    /// Lets the time go on to the work that falls due next, until the condition holds. Where no work is left, another thread has
    /// to make it hold. The work is done on another thread, for the one that waits may hold locks.
    public func wait<State, Result>(on leaf: Leaf<State>, until condition: (inout State) -> Result?) -> Result {
        while true {
            if let result = leaf.withLock(condition) { return result }
            guard let work = takeNext(until: nil) else { return leaf.wait(condition) }
            let done = DispatchSemaphore(value: 0)
            threadOfItsOwn.async {
                work()
                done.signal()
            }
            // the work may need a lock of one that waits for this thread in turn
            Blocking.willBlock()
            done.wait()
        }
    }

    /// The work is done when an `advance`, a `sleep` or a `wait` comes to its time: `advance` does it on its own thread, the others
    /// on another one.
    public func schedule(after delay: Duration, _ work: @escaping @Sendable () -> Void) -> any ScheduledWork {
        let id = state.withLock { state in
            state.nextID += 1
            state.due.append((state.now + delay, state.nextID, work))
            return state.nextID
        }
        return Item(clock: self, id: id)
    }

    /// Lets time pass, and does the work that falls due in it, in that order, on the calling thread; also what falls due of the
    /// work that this work schedules. Call it with no lock held.
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

/// Where work gets a thread whatever other work computes or waits for: Dispatch starts one for each serial queue, but has no more
/// threads than processors for its global queues, which Swift's tasks share.
private var threadOfItsOwn: DispatchQueue { DispatchQueue(label: "kernel clock") }
