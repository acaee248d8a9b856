import Glibc
import LockOrder
import Synchronization

/// A thread of one closure.
struct TestThread {
    private final class Work: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    private var thread = pthread_t()

    init(_ body: @escaping @Sendable () -> Void) {
        let work = Unmanaged.passRetained(Work(body)).toOpaque()
        let status = pthread_create(&thread, nil, { Unmanaged<Work>.fromOpaque($0!).takeRetainedValue().body(); return nil }, work)
        precondition(status == 0)
    }

    func join() { pthread_join(thread, nil) }
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
    func wait() { while sem_wait(semaphore) != 0 {} }
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
