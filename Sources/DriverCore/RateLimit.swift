internal import LockOrder

/// Keeps a message that comes again and again from filling the log: so many in a while, then silence, and a line that tells how
/// many were left out.
///
/// Kernel: include/linux/printk.h, printk_ratelimited. Recorded: docs/kernel/vfio-ap.md, "Resets".
public final class RateLimit: Sendable {
    private struct Window {
        var begin: Duration?
        var printed = 0
        var leftOut = 0
    }
    private static let length = Duration.seconds(5)
    private static let most = 10
    private let function: String
    private let window = Leaf("rate limit", Window())

    /// - Parameter function: who prints, for the line about what was left out.
    public init(_ function: String) {
        self.function = function
    }

    /// Prints the message or leaves it out.
    ///
    /// - Parameter message: is made only where it is printed.
    public func print(_ message: @autoclosure () -> String, to kernel: Kernel) {
        let now = kernel.clock.now
        let (isPrinted, leftOut) = window.withLock { window in
            var leftOut = 0
            if window.begin.map({ now - $0 > RateLimit.length }) ?? true {
                leftOut = window.leftOut
                window = Window(begin: now)
            }
            let isPrinted = window.printed < RateLimit.most
            if isPrinted { window.printed += 1 } else { window.leftOut += 1 }
            return (isPrinted, leftOut)
        }
        if leftOut > 0 { kernel.log.print("\(function): \(leftOut) callbacks suppressed") }
        if isPrinted { kernel.log.print(message()) }
    }
}
