internal import Glibc
internal import Interleavings
internal import Synchronization

/// Many open files of the control plane's streams, on one thread that reads a piece of one after the other, as programs do that
/// follow them. At its end a file is opened anew.
final class StreamReaders: Sendable {
    private struct State {
        var isStopped = false
        var hasEnded = false
        var bytes: UInt64 = 0
    }
    private let state = Mutex(State())
    private let path: String
    private let count: Int

    init(_ path: String, count: Int) {
        self.path = path
        self.count = count
    }

    var bytes: UInt64 { state.withLock { $0.bytes } }
    var hasEnded: Bool { state.withLock { $0.hasEnded } }

    func stop() { state.withLock { $0.isStopped = true } }

    func start() {
        startThread { self.run() }
    }

    private func run() {
        var open = [CInt](repeating: -1, count: count)
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        var next = 0
        while count > 0, !state.withLock({ $0.isStopped }) {
            let stream = Operation.streams[next % Operation.streams.count]
            if open[next] < 0 { open[next] = Glibc.open("\(path)/kernel/debug/apmatrix/\(stream)", O_RDONLY | O_CLOEXEC) }
            let read = Glibc.read(open[next], &buffer, buffer.count)
            if read > 0 {
                state.withLock { $0.bytes += UInt64(read) }
            } else {
                close(open[next])
                open[next] = -1
            }
            next = (next + 1) % count
            sleep(milliseconds: 2)
        }
        for descriptor in open where descriptor >= 0 { close(descriptor) }
        state.withLock { $0.hasEnded = true }
    }
}
