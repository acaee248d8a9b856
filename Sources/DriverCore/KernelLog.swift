internal import LockOrder

/// The kernel log: what `dmesg` shows, without time stamps. The oldest lines are forgotten when there are too many (`Ledger`).
public final class KernelLog: Sendable {
    /// What the lock is called, for a scheduler.
    package static let lockName: StaticString = "kernel log"
    private let ledger = Leaf(KernelLog.lockName, Ledger())

    /// Adds a line; the newline is added here.
    public func print(_ message: String) {
        ledger.withLock { $0.append(message + "\n") }
    }

    /// The lines, oldest first, each with a newline at its end.
    public var bytes: [UInt8] { ledger.withLock { $0.bytes } }

    /// How many bytes of memory it takes.
    public var size: Int { ledger.withLock { $0.size } }
}
