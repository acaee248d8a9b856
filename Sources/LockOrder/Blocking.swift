import Synchronization

/// What a thread does before it goes to sleep.
///
/// A thread that serves requests and is about to sleep wants to hand its place to another one first. Every lock here, and
/// everybody else who sleeps (a clock, a queue of work), says so by ``willBlock()``.
public enum Blocking {
    private final class Hook: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// Retained. One that is replaced is never released: a thread may just be about to call it.
    private static let hook = Atomic<Unmanaged<Hook>?>(nil)

    /// Sets what is called, on the thread itself, when it is about to sleep. One for the process, for its whole life: it may be
    /// replaced, but is not freed then, and may still be running on some thread.
    ///
    /// The thread may hold ranked locks meanwhile, but no leaf: `hook` may take leaves, and nothing else. A sleep inside of it
    /// does not call it again.
    public static func setHook(_ hook: (@Sendable () -> Void)?) {
        self.hook.store(hook.map { Unmanaged.passRetained(Hook($0)) }, ordering: .releasing)
    }

    /// Says that the calling thread is about to sleep. Once for each sleep; the sleep may yet turn out to be unnecessary.
    public static func willBlock() {
        let thread = ThreadRecord.current
        guard !thread.isInHook else { return }
        guard let body = thread.hook ?? hook.load(ordering: .acquiring)?.takeUnretainedValue().body else { return }
        thread.isInHook = true
        defer { thread.isInHook = false }
        body()
    }

    /// Runs `body` with a hook that the calling thread has for itself, in place of the process's: for tests, beside which others
    /// run.
    ///
    /// - Throws: what `body` throws.
    package static func withHook<Result, Failure>(
        _ hook: @escaping @Sendable () -> Void, _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let thread = ThreadRecord.current
        let before = thread.hook
        thread.hook = hook
        defer { thread.hook = before }
        return try body()
    }
}
