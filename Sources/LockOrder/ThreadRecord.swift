import Glibc

/// What is known of one thread: what it holds, and who observes it. Only touched by the thread itself.
@usableFromInline
final class ThreadRecord {
    /// What it holds, in the order in which it was taken.
    var held: [HeldLock] = []
    /// The pairs of classes that it has already entered into the graph.
    var knownOrders: Set<OrderGraph.Pair> = []
    /// Who decides when it goes on.
    var observer: (any SchedulingObserver)?
    /// Where violations go instead of to the process's handler.
    var recorder: ViolationRecorder?
    /// What is called when it is about to sleep, where that is not the process's hook of ``Blocking``.
    var hook: (@Sendable () -> Void)?
    /// Whether it runs the hook of ``Blocking``.
    var isInHook = false

    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        pthread_key_create(&key) { record in
            if let record { Unmanaged<ThreadRecord>.fromOpaque(record).release() }
        }
        return key
    }()

    /// The record of the calling thread.
    @usableFromInline
    static var current: ThreadRecord {
        if let record = pthread_getspecific(key) { return Unmanaged.fromOpaque(record).takeUnretainedValue() }
        let record = ThreadRecord()
        pthread_setspecific(key, Unmanaged.passRetained(record).toOpaque())
        return record
    }
}

/// One entry of a thread's chain.
struct HeldLock: Sendable {
    let lock: LockIdentity
    let mode: LockMode
    let site: LockSite
}
