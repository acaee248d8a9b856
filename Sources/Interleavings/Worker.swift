internal import Glibc

/// A counting semaphore: how the turn passes from thread to thread.
///
/// Unchecked: a semaphore is made for many threads, and the pointer to it never changes.
final class Turnstile: @unchecked Sendable {
    private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

    init() { sem_init(semaphore, 0, 0) }

    deinit {
        sem_destroy(semaphore)
        semaphore.deallocate()
    }

    func signal() { sem_post(semaphore) }

    func wait() {
        while sem_wait(semaphore) == -1 {}
    }
}

/// A thread that runs one operation after the other, one for each schedule, each when it is its turn.
///
/// Unchecked: only the thread whose turn it is touches anything but the turnstile.
final class Worker: @unchecked Sendable {
    let turnstile = Turnstile()
    /// What it does at its next turn; nil: it ends.
    var job: (() -> Void)?
    /// Called when the job is done and forgotten: passes the turn on.
    var whenDone: () -> Void = {}
    private var thread = pthread_t()

    init() {
        let context = Unmanaged.passRetained(self).toOpaque()
        let error = pthread_create(
            &thread, nil,
            { context in
                if let context { Unmanaged<Worker>.fromOpaque(context).takeUnretainedValue().run() }
                return nil
            }, context)
        // only tests run workers, a few at a time: without threads nothing can be explored
        precondition(error == 0, "no more threads")
    }

    private func run() {
        while true {
            turnstile.wait()
            guard let work = job else { return }
            job = nil
            work()
            let next = whenDone
            whenDone = {}
            next()
        }
    }

    /// Waits until the thread is gone. It has been told to end, or has left (`leave`).
    func join() {
        pthread_join(thread, nil)
        Unmanaged.passUnretained(self).release()
    }

    /// Ends the calling thread in the middle of what it does, as nothing will ever let it go on: what its frames own is lost.
    static func leave() -> Never {
        pthread_exit(nil)
    }
}
