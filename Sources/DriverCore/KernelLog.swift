package import Journals
internal import Kernels
internal import LockOrder
internal import SystemAdditions

/// The kernel log: what `dmesg` shows, without time stamps. The oldest lines are forgotten when there are too many.
public final class KernelLog: Sendable {
    /// What the lock is called, for a scheduler.
    package static let lockName: StaticString = "kernel log"
    /// How many bytes are kept until somebody says otherwise.
    package static let limit = 16 << 20
    package let growth = Growth()
    private let journal = Leaf(KernelLog.lockName, Journal(limit: KernelLog.limit))

    /// Adds a line; the newline is added here.
    public func print(_ message: String) {
        journal.withLock { $0.append("\(message)\n".latin1) }
        growth.happened()
    }

    /// The lines that are kept, oldest first, each with a newline at its end.
    public var bytes: [UInt8] { journal.withLock { $0.lines(from: 0) } }

    /// How many bytes of memory it takes.
    public var size: Int { journal.withLock { $0.size } }
}

extension Kernel {
    /// Prints a warning as WARN does, without the registers and the call trace below it. 6.1 and 6.12 print a line in front of it.
    ///
    /// Kernel: kernel/panic.c, __warn_printk.
    public func warn(_ message: String) {
        if release.has(.marksWarnings) { log.print("------------[ cut here ]------------") }
        log.print(message)
    }
}

extension KernelLog: SharedJournal {
    package func withJournal<Result: Sendable>(_ body: (inout Journal) -> Result) -> Result { journal.withLock(body) }
}
