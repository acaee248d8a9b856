import Synchronization

/// What a thread does before it goes to sleep.
///
/// A thread that serves requests and is about to sleep wants to hand its place to another one first. Every lock here, and
/// everybody else who sleeps (a clock, a queue of work), says so by ``willBlock()``.
public enum Blocking {
    private static let hook = Mutex<(@Sendable () -> Void)?>(nil)

    /// Sets what is called, on the thread itself, when it is about to sleep. One for the process; the last one counts.
    ///
    /// The thread may hold ranked locks meanwhile, but no leaf: `hook` may take leaves, and nothing else. A sleep inside of it
    /// calls it not again. It may be running on some thread still when it has been replaced.
    public static func setHook(_ hook: (@Sendable () -> Void)?) {
        self.hook.withLock { $0 = hook }
    }

    /// Says that the calling thread is about to sleep. Once for each sleep; the sleep may yet turn out to be unnecessary.
    public static func willBlock() {
        guard let hook = hook.withLock({ $0 }) else { return }
        let thread = ThreadRecord.current
        guard !thread.isInHook else { return }
        thread.isInHook = true
        defer { thread.isInHook = false }
        hook()
    }
}
