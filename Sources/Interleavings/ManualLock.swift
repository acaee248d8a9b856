public import LockOrder

/// A lock for models: taken and given back by hand, as C code does it, and so also wrongly. Only for operations of a run.
///
/// Whatever a kernel would complain about (giving back a lock that is not held, taking one twice) is a failure of the run.
public final class ManualLock: Sendable {
    private let run: Run
    private let identity: LockIdentity
    /// The threads that hold it shared. Unsafe: only touched by the thread whose turn it is.
    private nonisolated(unsafe) var readers: [Int?] = []
    /// The thread that holds it exclusively; the inner nil stands for one outside of the run. Unsafe: as above.
    private nonisolated(unsafe) var writer: Int??
    /// How many wait to hold it exclusively, and so keep new readers out. Unsafe: as above.
    private nonisolated(unsafe) var announced = 0

    /// A lock that nobody holds.
    ///
    /// - Parameter name: how reports call it.
    public init(_ name: StaticString, _ run: Run) {
        self.run = run
        identity = Leaf(name, ()).identity
    }

    /// Whether anybody has it, as mutex_is_locked says it. A point of the run.
    public var isLocked: Bool {
        run.look(at: identity)
        return writer != nil || !readers.isEmpty
    }

    /// Whether the thread whose turn it is has it. No point of the run.
    public var isMine: Bool { writer == .some(run.turn) || readers.contains(run.turn) }

    /// A point. Waits until the lock is free; taking it twice, the thread waits for itself, and the run ends as a deadlock.
    public func lock(_ mode: LockMode = .exclusive) {
        run.willAcquire(identity, mode)
        if !isAvailable(mode) {
            if mode == .exclusive { announced += 1 }
            repeat { run.willWait(identity, for: .available(mode)) } while !isAvailable(mode, isAnnounced: true)
            if mode == .exclusive { announced -= 1 }
        }
        take(mode)
    }

    /// A point. Never waits.
    ///
    /// - Returns: whether the lock has been taken.
    public func tryLock(_ mode: LockMode = .exclusive) -> Bool {
        run.willTry(identity, mode)
        guard isAvailable(mode) else { return false }
        take(mode)
        return true
    }

    /// No point. A thread that does not hold the lock in this mode makes the run fail, and nothing changes.
    public func unlock(_ mode: LockMode = .exclusive) {
        switch mode {
        case .exclusive:
            guard writer == .some(run.turn) else { return fail() }
            writer = nil
        case .shared:
            guard let index = readers.firstIndex(of: run.turn) else { return fail() }
            readers.remove(at: index)
        }
        run.didRelease(identity, mode)
    }

    private func fail() {
        run.fail("\(identity.name) is given back by who has it not")
    }

    private func isAvailable(_ mode: LockMode, isAnnounced: Bool = false) -> Bool {
        switch mode {
        case .exclusive: writer == nil && readers.isEmpty
        case .shared: writer == nil && announced == 0
        }
    }

    private func take(_ mode: LockMode) {
        if mode == .exclusive { writer = .some(run.turn) } else { readers.append(run.turn) }
        run.didAcquire(identity, mode)
    }
}

/// A variable of a model that nothing guards: every look and every change is a point of its own.
public final class SharedVariable<Value: Sendable>: Sendable {
    private let run: Run
    private let identity: LockIdentity
    /// Unsafe: only touched by the thread whose turn it is.
    private nonisolated(unsafe) var value: Value

    /// A variable of that run; `name` is how reports call it.
    public init(_ name: StaticString, _ value: Value, _ run: Run) {
        self.run = run
        identity = Leaf(name, ()).identity
        self.value = value
    }

    /// To read it and to write it is a point each, so that `current += 1` is two of them.
    public var current: Value {
        get {
            run.touch(identity, .shared)
            return value
        }
        set {
            run.touch(identity, .exclusive)
            value = newValue
        }
    }
}
