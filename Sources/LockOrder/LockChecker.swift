import Glibc
import Synchronization

/// The proof once more, at run time: every acquisition is compared with what the thread really holds.
///
/// The types prove that a token is shown. They cannot see that a closure uses the token of an outer scope instead of the one it
/// was lent, nor that a leaf's closure takes a lock. Both end up here, with the places in the source.
///
/// On in debug builds from the start. In release builds off, and then free of cost; it may be switched on at any time.
public enum LockChecker {
    /// Whether acquisitions are checked. A lock taken while it is off is not on its thread's chain.
    public static var isEnabled: Bool {
        get { Instrumentation.isChecking }
        set { Instrumentation.isChecking = newValue }
    }

    /// Every order of two classes that was seen, the first time of each.
    public static var observedOrders: [ObservedOrder] { OrderGraph.allOrders }

    /// Every class of ranked locks (outer) held while a thread slept in a wait on a leaf (inner), the first time of each.
    ///
    /// Allowed, but each must be explained: whoever ends such a wait has to do it without that lock.
    public static var observedWaits: [ObservedOrder] { OrderGraph.allWaits }

    // MARK: - Violations

    private static let handler = Mutex<@Sendable (LockViolation) -> Void>(trap)

    /// Sets what is done with a violation, in the whole process. The default is ``trap(_:)``.
    ///
    /// Where `handler` returns, the thread goes on and takes the lock, unless it were to wait for itself: then it traps.
    public static func setViolationHandler(_ handler: @escaping @Sendable (LockViolation) -> Void) {
        self.handler.withLock { $0 = handler }
    }

    /// Writes the report to standard error and ends the process: as good as a lock order violation deserves.
    @Sendable public static func trap(_ violation: LockViolation) {
        var report = violation.report
        report.withUTF8 { text in
            var rest = UnsafeRawBufferPointer(text)
            while !rest.isEmpty {
                let count = write(STDERR_FILENO, rest.baseAddress, rest.count)
                if count < 0 && errno != EINTR { break }
                rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(max(count, 0)))
            }
        }
        abort()
    }

    /// Runs `body` and collects the violations of the calling thread, which are not handled otherwise.
    ///
    /// - Throws: what `body` throws; the violations are lost then.
    public static func violations<Failure>(in body: () throws(Failure) -> Void) throws(Failure) -> [LockViolation] {
        let thread = ThreadRecord.current
        let outer = thread.recorder
        let recorder = ViolationRecorder()
        thread.recorder = recorder
        defer { thread.recorder = outer }
        try body()
        return recorder.violations
    }

    static func report(_ violation: LockViolation, by thread: ThreadRecord) {
        if let recorder = thread.recorder {
            recorder.violations.append(violation)
        } else {
            handler.withLock { $0 }(violation)
        }
    }
}

/// What ``LockChecker/violations(in:)`` collects. Only touched by one thread.
final class ViolationRecorder {
    var violations: [LockViolation] = []
}
