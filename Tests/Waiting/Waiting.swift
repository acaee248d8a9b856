internal import Glibc
public import Testing

/// How long tests wait for what takes no time on an idle machine.
public enum Patience {
    /// Long enough for a machine with other work and one processor; the thread sanitizer makes everything ten times as slow.
    public static let seconds = isSanitized ? 240 : 60

    static let isSanitized = getenv("TSAN_OPTIONS") != nil
}

extension Trait where Self == TimeLimitTrait {
    /// For suites that wait, mount, or start programs or threads. The time counts from when the runner begins, not from when a
    /// thread of its pool is free, so it is longer than a whole run.
    public static var bounded: Self { .timeLimit(.minutes(Patience.isSanitized ? 90 : 15)) }

    /// For a suite that takes as many seconds more as variables of the environment say.
    public static func bounded(besides variables: String...) -> Self {
        let seconds = variables.reduce(0) { $0 + (getenv($1).flatMap { Int(String(cString: $0)) } ?? 0) }
        return .timeLimit(.minutes((Patience.isSanitized ? 90 : 15) + (seconds + 59) / 60))
    }
}

/// Runs something that may never return, on a thread of its own, and waits for it. If it does not return in time, the test fails
/// and the thread is left behind.
///
/// - Parameter what: what it waits for, in the words of the failure.
/// - Returns: nil if it has not returned.
@discardableResult
public func waiting<Result: Sendable>(
    for what: String, seconds: Int = Patience.seconds, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: @escaping @Sendable () -> Result
) -> Result? {
    let (result, returned) = (Box<Result>(), Event(what))
    TestThread {
        result.value = body()
        returned.happens()
    }.detach()
    return returned.wait(seconds: seconds, sourceLocation: sourceLocation) ? result.value : nil
}

/// Looks every millisecond until something is so, where no event tells of it. If it is not so in time, the test fails.
///
/// - Returns: whether it is so.
/// - Throws: what `condition` throws; that ends the wait.
@discardableResult
public func waitUntil(
    _ what: String, seconds: Int = Patience.seconds, sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () throws -> Bool
) rethrows -> Bool {
    let end = ContinuousClock.now + .seconds(seconds)
    while true {
        if try condition() { return true }
        guard ContinuousClock.now < end else {
            Issue.record("waited \(seconds) seconds in vain: \(what)", sourceLocation: sourceLocation)
            return false
        }
        usleep(1000)
    }
}

/// Unchecked: one thread writes the value, another one reads it, and an event lies between.
private final class Box<Value>: @unchecked Sendable {
    var value: Value?
}
