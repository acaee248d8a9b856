internal import Glibc
internal import Synchronization
internal import SystemPackage

/// A request that is played on a thread of its own.
///
/// Nothing ends the thread: one whose system call never returns stays until the process ends.
final class Background: Sendable {
    private let answer = Mutex<String?>(nil)
    /// A pipe that can be read as soon as there is an answer.
    private let finished: (readEnd: FileDescriptor, writeEnd: FileDescriptor)

    /// Begins at once.
    ///
    /// - Throws: `EMFILE` or `ENFILE` where there is no descriptor left, `EAGAIN` where there is no thread left.
    init(_ play: @escaping @Sendable () -> String) throws(Errno) {
        finished = try FileDescriptor.pipe(options: .closeOnExec)
        let work = Unmanaged.passRetained(
            Work { [self] in
                let text = play()
                answer.withLock { $0 = text }
                _ = try? finished.writeEnd.writeAll([0])
            })
        var thread = pthread_t()
        let error = pthread_create(&thread, nil, runWork, work.toOpaque())
        guard error == 0 else {
            work.release()
            throw Errno(rawValue: error)
        }
        pthread_detach(thread)
    }

    deinit {
        try? finished.readEnd.close()
        try? finished.writeEnd.close()
    }

    /// Waits for the answer.
    ///
    /// - Returns: nil when there is none after that time.
    func wait(atMost duration: Duration) -> String? {
        let deadline = ContinuousClock.now + duration
        var event = pollfd(fd: finished.readEnd.rawValue, events: Int16(POLLIN), revents: 0)
        while poll(&event, 1, max(.zero, deadline - .now).milliseconds) < 0, errno == EINTR {}
        return answer.withLock { $0 }
    }
}

/// What the thread is handed.
private final class Work {
    let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) {
        self.run = run
    }
}

private func runWork(_ work: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let work { Unmanaged<Work>.fromOpaque(work).takeRetainedValue().run() }
    return nil
}

extension Duration {
    /// For poll(2): rounded up, or a short wait would be none.
    fileprivate var milliseconds: Int32 {
        Int32(clamping: (components.seconds * 1000) + (components.attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}
