import Glibc
import LockOrder
import Synchronization

/// A thread of one closure.
struct TestThread {
    private final class Work: Sendable {
        let body: @Sendable () -> Void
        let isDone = Event()
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    private var thread = pthread_t()
    private let work: Work

    init(_ body: @escaping @Sendable () -> Void) {
        work = Work(body)
        let start: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { work in
            let work = Unmanaged<Work>.fromOpaque(work!).takeRetainedValue()
            work.body()
            work.isDone.happens()
            return nil
        }
        precondition(pthread_create(&thread, nil, start, Unmanaged.passRetained(work).toOpaque()) == 0)
    }

    func join() {
        work.isDone.wait()
        pthread_join(thread, nil)
    }
}

/// Something that happens and is waited for. Of pthreads alone: what is tested is not tested by itself.
final class Event: @unchecked Sendable {
    private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

    init() { sem_init(semaphore, 0, 0) }

    deinit {
        sem_destroy(semaphore)
        semaphore.deallocate()
    }

    func happens() { sem_post(semaphore) }

    /// A lock that does not work leaves its threads asleep: the test run ends then instead of hanging.
    func wait() {
        var end = timespec()
        clock_gettime(CLOCK_REALTIME, &end)
        end.tv_sec += 60
        while sem_timedwait(semaphore, &end) != 0 { precondition(errno == EINTR, "what is waited for does not happen") }
    }
}

/// What happened, in its order.
final class Story<Line: Sendable>: Sendable {
    private let all = Mutex<[Line]>([])

    func add(_ line: Line) { all.withLock { $0.append(line) } }
    var lines: [Line] { all.withLock { $0 } }
}

/// Runs `body` with a hook that reports every sleep of every thread.
func withSleepsSeen(_ asleep: Event, _ body: () -> Void) {
    Blocking.setHook { asleep.happens() }
    defer { Blocking.setHook(nil) }
    body()
}
