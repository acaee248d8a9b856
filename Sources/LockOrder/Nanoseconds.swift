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
}
