import Emulator
import Glibc
import Sysfs
import Synchronization

/// A walk over a host, on a thread of its own: a step that never ends is told, and ends nobody else.
final class Walk: Sendable {
    struct Outcome {
        /// What was done, the failing step included.
        var steps: [Step] = []
        var failure: Failure?
        var answers: [String: Int] = [:]
    }

    private struct State {
        var outcome = Outcome()
        var isDone = false
        var computer: Computer?
    }
    private let state = Mutex(State())
    private let done: Event

    /// Steps between two looks behind the files, which take as long as a hundred steps.
    private static let inspectionInterval = 100
    /// It is looked behind the files at all.
    private let inspects: Bool

    /// - Parameter next: the step that comes next, nil at the end.
    private init(_ model: Model, inspects: Bool = true, _ next: @escaping @Sendable (Host, Int) -> Step?) {
        self.inspects = inspects
        done = Event()
        Thread.start { [self] in
            let failure = run(model, next)
            state.withLock { state in
                state.outcome.failure = state.outcome.failure ?? failure
                state.isDone = true
                state.computer = nil
            }
            done.signal()
        }
    }

    /// Does these steps.
    static func over(_ steps: [Step], _ model: Model, inspects: Bool = true, patience: Int = 10) -> Outcome {
        Walk(model, inspects: inspects) { _, index in index < steps.count ? steps[index] : nil }.outcome(patience)
    }

    /// Does so many steps as a seed chooses.
    static func random(_ seed: UInt64, steps: Int, _ model: Model, patience: Int = 30) -> Outcome {
        let guide = Mutex(Guide(seed: seed))
        return Walk(model) { host, index in index < steps ? guide.withLock { $0.next(host) } : nil }.outcome(patience)
    }

    private func run(_ model: Model, _ next: (Host, Int) -> Step?) -> Failure? {
        let host: Host
        do {
            host = try Host(model)
        } catch {
            return Failure(kind: "boot", text: "\(error)")
        }
        defer {
            host.end()
            state.withLock { $0.outcome.answers = host.answers }
        }
        state.withLock { $0.computer = host.computer }
        Trace.begin(model.release)
        var index = 0
        while let step = next(host, index) {
            state.withLock { $0.outcome.steps.append(step) }
            Trace.add(step)
            index += 1
            if let failure = host.perform(step) ?? host.check() { return failure }
            if inspects, index % Walk.inspectionInterval == 0, let failure = host.inspect() { return failure }
        }
        return inspects ? host.inspect() : nil
    }

    /// - Parameter patience: seconds without a step after which a walk is stuck.
    private func outcome(_ patience: Int) -> Outcome {
        var before = -1
        while !done.wait(seconds: patience) {
            let (count, computer) = state.withLock { ($0.outcome.steps.count, $0.computer) }
            guard count == before else {
                before = count
                continue
            }
            let (outcome, isDone) = state.withLock { state in
                let last = state.outcome.steps.last?.lines.joined(separator: "\n> ") ?? ""
                state.outcome.failure = Failure(kind: "stuck", text: "> \(last)\nhas not ended")
                return (state.outcome, state.isDone)
            }
            // ends what it waits for, if anything can; that may not end either
            if !isDone, let computer { Thread.start { computer.shutDown() } }
            return outcome
        }
        return state.withLock { $0.outcome }
    }
}

/// Something that happens once.
final class Event: Sendable {
    /// Unsafe: the pointer never changes, and a semaphore is made for many threads.
    private nonisolated(unsafe) let semaphore: UnsafeMutablePointer<sem_t>

    init() {
        semaphore = .allocate(capacity: 1)
        sem_init(semaphore, 0, 0)
    }

    deinit {
        sem_destroy(semaphore)
        semaphore.deallocate()
    }

    func signal() { sem_post(semaphore) }

    /// - Returns: whether it has happened.
    func wait(seconds: Int) -> Bool {
        var deadline = timespec()
        clock_gettime(CLOCK_REALTIME, &deadline)
        deadline.tv_sec += seconds
        while sem_timedwait(semaphore, &deadline) != 0 {
            guard errno == EINTR else { return false }
        }
        return true
    }
}

/// A thread of one's own.
enum Thread {
    static func start(_ body: @escaping @Sendable () -> Void) {
        final class Work {
            let body: @Sendable () -> Void
            init(_ body: @escaping @Sendable () -> Void) { self.body = body }
        }
        var thread = pthread_t()
        let work = Unmanaged.passRetained(Work(body))
        let error = pthread_create(
            &thread, nil,
            { work in
                if let work { Unmanaged<Work>.fromOpaque(work).takeRetainedValue().body() }
                return nil
            }, work.toOpaque())
        precondition(error == 0, "no more threads")
        pthread_detach(thread)
    }

    /// Waits for something long without a thread of the pool.
    static func result<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
        await withCheckedContinuation { continuation in
            start { continuation.resume(returning: body()) }
        }
    }
}
