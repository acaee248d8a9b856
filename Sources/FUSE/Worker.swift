internal import CFuse
internal import Glibc
internal import Synchronization

/// One thread of a session that reads requests and executes them.
///
/// Belongs to its thread; other threads look only at `isReading` and `thread`.
final class Worker: Sendable {
    let thread: pthread_t
    let session: Session
    /// Whether the thread may sit in the read of the device, where a signal has to wake it.
    let isReading = Atomic(false)
    // Unsafe: used by the worker's own thread only; Swift's check at every access would cost each request something.
    @exclusivity(unchecked) nonisolated(unsafe) private(set) var hasBaton: Bool
    // Unsafe: as above. libfuse allocates its memory at the first request.
    @exclusivity(unchecked) nonisolated(unsafe) private var buffer = fuse_buf()

    /// A worker of the calling thread.
    init(of session: Session, hasBaton: Bool) {
        thread = pthread_self()
        self.session = session
        self.hasBaton = hasBaton
    }

    deinit {
        free(buffer.mem)
    }

    /// Finds the worker whose thread is running; made once per process, it holds nothing of a session.
    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        pthread_key_create(&key, nil)
        return key
    }()

    /// The worker that runs on the calling thread.
    static var current: Worker? {
        guard let pointer = pthread_getspecific(key) else { return nil }
        return Unmanaged<Worker>.fromOpaque(pointer).takeUnretainedValue()
    }

    /// Executes requests until the session ends.
    func run() {
        let outer = pthread_getspecific(Self.key)
        pthread_setspecific(Self.key, Unmanaged.passUnretained(self).toOpaque())
        defer { pthread_setspecific(Self.key, outer) }
        Self.acceptWakeUp()
        while hasBaton || takeBaton() {
            guard serve() else {
                session.baton.leave()
                session.beginStopping()
                return
            }
        }
    }

    /// Lets another worker read; nothing if that has been done in this request.
    func giveBatonAway() {
        guard hasBaton else { return }
        hasBaton = false
        session.baton.giveAway(in: session)
    }

    private func takeBaton() -> Bool {
        hasBaton = session.baton.take(for: self)
        return hasBaton
    }

    /// Reads and executes one request; false at the end of the session.
    private func serve() -> Bool {
        guard fuse_session_exited(session.handle) == 0 else { return false }
        isReading.store(true, ordering: .sequentiallyConsistent)
        let size = fuse_session_receive_buf(session.handle, &buffer)
        isReading.store(false, ordering: .relaxed)
        if size > 0 {
            fuse_session_process_buf(session.handle, &buffer)
            return true
        }
        return size == -EINTR || size == -EAGAIN
    }

    /// The signal that wakes a worker from its read; ignored by default, so that a stray one does no harm.
    private static let wakeUpSignal = SIGURG

    /// Interrupts the worker's read.
    func wakeUp() {
        guard isReading.load(ordering: .sequentiallyConsistent) else { return }
        pthread_kill(thread, Self.wakeUpSignal)
    }

    /// Gives the signal a handler that does nothing, without which a read would not end, and lets the thread get it.
    private static func acceptWakeUp() {
        var action = sigaction()
        action.__sigaction_handler.sa_handler = { _ in }
        sigaction(wakeUpSignal, &action, nil)
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, wakeUpSignal)
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    }
}
