internal import CFuse
internal import Glibc
internal import Synchronization
internal import SystemPackage

/// One thread of a session that reads requests and executes them.
///
/// Belongs to its thread; other threads look only at `isReading`, `thread`, and with the baton's lock held at the phase and at the
/// header of a request that is being executed.
final class Worker: Sendable {
    let thread: pthread_t
    let session: Session
    /// Whether the thread may sit in the read of the device, where a signal has to wake it.
    private let isReading = Atomic(false)
    /// A ``Phase``. With the baton its worker changes it, and whoever takes the baton from it.
    private let phase: Atomic<UInt64>
    private let isPermanent: Bool
    private let client = Mutex(Client())
    // Unsafe: changed by the worker's own thread, while it does not execute a request with the baton; so it needs no check at
    // every access, which would cost each request something.
    @exclusivity(unchecked) nonisolated(unsafe) private(set) var header: RequestHeader?
    // Unsafe: used by the worker's own thread only. libfuse allocates its memory at the first request.
    @exclusivity(unchecked) nonisolated(unsafe) private var buffer = fuse_buf()

    /// What a worker does: it reads, it executes a request and has the baton, or it has no baton.
    struct Phase: Equatable {
        fileprivate let rawValue: UInt64

        /// The number of the request, and whether it is being executed.
        fileprivate static func executing(_ request: UInt64) -> Phase { Phase(rawValue: request << 2 | 1) }
        fileprivate static func reading(after request: UInt64) -> Phase { Phase(rawValue: request << 2) }
        fileprivate static let withoutBaton = Phase(rawValue: 2)

        var isExecuting: Bool { rawValue & 3 == 1 }
    }

    /// A worker of the calling thread.
    ///
    /// - Parameter hasBaton: it is the session's first one; others stand by until there is something to do.
    init(of session: Session, hasBaton: Bool) {
        thread = pthread_self()
        self.session = session
        isPermanent = hasBaton
        phase = Atomic(Phase.withoutBaton.rawValue)
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
        var turn = isPermanent ? .read : session.baton.next(for: self, isCounted: true, isPermanent: false)
        while true {
            switch turn {
            case .read:
                guard serve() else {
                    session.baton.leave()
                    session.hasEnded()
                    return
                }
            case .execute(let request):
                execute(request)
            case .end:
                return
            }
            turn = session.baton.next(for: self, isCounted: false, isPermanent: isPermanent)
        }
    }

    // MARK: - With the baton

    /// Reads and executes requests until it has lost the baton; false at the end of the session.
    private func serve() -> Bool {
        phase.store(Phase.reading(after: 0).rawValue, ordering: .releasing)
        while true {
            guard fuse_session_exited(session.handle) == 0 else { return false }
            isReading.store(true, ordering: .sequentiallyConsistent)
            let size = session.source.receive(into: &buffer)
            isReading.store(false, ordering: .relaxed)
            guard size > 0 else {
                if size == -EINTR || size == -EAGAIN { continue }
                return false
            }
            // libfuse leaves a request in a pipe only for a file system that says it can take it from there
            let bytes = UnsafeRawBufferPointer(start: buffer.mem, count: buffer.size)
            header = RequestHeader(bytes)
            if let header, !session.baton.admits(header, bytes, in: session) { continue }
            let request = header?.unique ?? 0
            phase.store(Phase.executing(request).rawValue, ordering: .sequentiallyConsistent)
            session.watch.wake()
            process(&buffer)
            guard change(from: .executing(request), to: .reading(after: request)) else { return true }
        }
    }

    /// Executes the request whose header is `header`.
    private func process(_ buffer: inout fuse_buf) {
        let bytes = UnsafeRawBufferPointer(start: buffer.mem, count: buffer.size)
        if session.isDirect, let header, DirectRequest.execute(header, bytes, in: session) { return }
        fuse_session_process_buf(session.handle, &buffer)
    }

    /// Lets another worker read; nothing if that has been done in this request.
    func giveBatonAway() {
        let phase = currentPhase
        if phase.isExecuting { session.baton.take(from: self, during: phase) }
    }

    var currentPhase: Phase { Phase(rawValue: phase.load(ordering: .sequentiallyConsistent)) }

    /// Takes the baton from the worker, if it still executes that request with it. The baton's lock is held.
    func loseBaton(during request: Phase) -> Bool {
        request.isExecuting && change(from: request, to: .withoutBaton)
    }

    private func change(from old: Phase, to new: Phase) -> Bool {
        phase.compareExchange(expected: old.rawValue, desired: new.rawValue, ordering: .acquiringAndReleasing).exchanged
    }

    // MARK: - Its client

    /// What is known of the client of a request.
    private struct Client {
        /// The last request whose client has been killed.
        var killedIn: UInt64?
        /// What is to be done then, and in which request.
        var end: (request: UInt64, body: @Sendable () -> Void)?
        /// The last request whose client has got another signal.
        var interruptedIn: UInt64?
        /// As `end`.
        var interruption: (request: UInt64, body: @Sendable (Answer) -> Void)?
    }

    /// Answers a client before its request has come to its end.
    typealias Answer = (Errno) -> Void

    func whenClientIsInterrupted(_ body: @escaping @Sendable (Answer) -> Void) -> Bool {
        guard let request = header?.unique else { return false }
        let isInterrupted = client.withLock { client in
            client.interruption = (request, body)
            return client.interruptedIn == request
        }
        if isInterrupted { body { session.baton.answer(request, $0, in: session) } }
        return true
    }

    /// A signal has reached the client of a request, which it does not end. The request may be over meanwhile.
    func clientIsInterrupted(in request: UInt64) {
        let interruption = client.withLock { client in
            client.interruptedIn = max(request, client.interruptedIn ?? 0)
            return client.interruption
        }
        guard let interruption, interruption.request == request else { return }
        interruption.body { session.baton.answer(request, $0, in: session) }
    }

    func whenClientIsKilled(_ body: @escaping @Sendable () -> Void) -> Bool {
        guard let request = header?.unique else { return false }
        let isKilled = client.withLock { client in
            client.end = (request, body)
            return client.killedIn == request
        }
        if isKilled { body() }
        return true
    }

    /// The client of a request is dead. The request may be over meanwhile.
    func clientIsKilled(in request: UInt64) {
        let end = client.withLock { client in
            client.killedIn = max(request, client.killedIn ?? 0)
            return client.end
        }
        if let end, end.request == request { end.body() }
    }

    // MARK: - Without the baton

    /// Executes a request that was postponed.
    private func execute(_ request: WaitingRequests.Postponed) {
        header = request.header
        var bytes = request.bytes
        bytes.withUnsafeMutableBytes { bytes in
            var buffer = fuse_buf()
            buffer.mem = bytes.baseAddress
            buffer.size = bytes.count
            process(&buffer)
        }
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
