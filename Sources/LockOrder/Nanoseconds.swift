import Glibc

/// A time of the monotonic clock, or a span of it.
@usableFromInline
struct Nanoseconds {
    let value: UInt64

    static var zero: Nanoseconds { Nanoseconds(value: 0) }

    static var now: Nanoseconds {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Nanoseconds(value: UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec))
    }

    /// From then to now.
    var elapsed: Nanoseconds { Nanoseconds(value: Nanoseconds.now.value &- value) }

    /// Looks again and again, for that long at the most.
    ///
    /// - Returns: whether the look has succeeded.
    func look(_ succeeds: () -> Bool) -> Bool {
        let start = Nanoseconds.now
        repeat {
            // reading the clock takes as long as some dozen looks
            for _ in 0..<64 where succeeds() { return true }
        } while start.elapsed.value < value
        return false
    }
}
