internal import CFuse
internal import Glibc

/// Where a session's requests come from: the device, for which it polls before it sleeps.
///
/// Used by the worker that has the baton, one at a time.
///
/// Between two looks at the device the worker yields its processor. So a poll takes nothing from a thread that could run there, and a
/// client on the same processor gets to ask while the worker polls.
struct RequestSource {
    private let handle: OpaquePointer
    private var budget = PollingBudget(at: Self.now)
    /// Whether the device answers EAGAIN where there is no request. A poll needs that; a worker that only sleeps is better off without.
    private var isNonblocking = false

    /// The source of a session of libfuse's.
    init(_ handle: OpaquePointer) {
        self.handle = handle
    }

    /// Waits for a request.
    ///
    /// - Returns: its length; 0 where the session ends, and what libfuse answers below that: -EINTR and -EAGAIN ask to wait again.
    mutating func receive(into buffer: inout fuse_buf) -> Int32 {
        if isNonblocking {
            let size = fuse_session_receive_buf(handle, &buffer)
            if size != -EAGAIN { return size }
        }
        let start = Self.now
        let mayPoll = budget.allowsPoll(at: start)
        setNonblocking(mayPoll)
        return mayPoll ? poll(into: &buffer, since: start) : fuse_session_receive_buf(handle, &buffer)
    }

    private mutating func poll(into buffer: inout fuse_buf, since start: Int) -> Int32 {
        while true {
            sched_yield()
            let size = fuse_session_receive_buf(handle, &buffer)
            let duration = Self.now - start
            if size != -EAGAIN {
                budget.pay(for: duration, hasFound: size > 0)
                return size
            }
            if duration >= PollingBudget.window {
                budget.pay(for: duration, hasFound: false)
                return sleep(into: &buffer)
            }
        }
    }

    private func sleep(into buffer: inout fuse_buf) -> Int32 {
        var event = pollfd(fd: fuse_session_fd(handle), events: Int16(POLLIN), revents: 0)
        guard Glibc.poll(&event, 1, -1) >= 0 else { return -errno }
        return fuse_session_receive_buf(handle, &buffer)
    }

    private mutating func setNonblocking(_ isWanted: Bool) {
        guard isWanted != isNonblocking else { return }
        let descriptor = fuse_session_fd(handle)
        let flags = fcntl(descriptor, F_GETFL)
        _ = fcntl(descriptor, F_SETFL, isWanted ? flags | O_NONBLOCK : flags & ~O_NONBLOCK)
        isNonblocking = isWanted
    }

    private static var now: Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }
}
