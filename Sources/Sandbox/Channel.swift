internal import CLinux
internal import Glibc
internal import SystemAdditions
internal import SystemPackage

/// What the process that serves and the one that arranges tell each other: names one way, and when to go on the other.
struct Channel: Sendable {
    private let socket: FileDescriptor

    /// The two ends. Programs that are started do not get them: so one end tells when the process at the other becomes a program.
    ///
    /// - Throws: `EMFILE`, `ENFILE`.
    static func pair() throws(Errno) -> (Channel, Channel) {
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw Errno(rawValue: errno)
        }
        return (Channel(socket: FileDescriptor(rawValue: ends[0])), Channel(socket: FileDescriptor(rawValue: ends[1])))
    }

    /// Closes this end.
    func close() {
        try? socket.close()
    }

    /// Whether the process at the other end has become a program, or has ended.
    var isLeft: Bool {
        var status = pollfd(fd: socket.rawValue, events: 0, revents: 0)
        return poll(&status, 1, 0) == 1 && Int32(status.revents) & POLLHUP != 0
    }

    // MARK: - When to go on

    /// Lets the other process go on. Nothing where it has ended: whoever waits for its end learns of that.
    func go() {
        _ = try? socket.writeAll([1])
    }

    /// Waits until the other process lets this one go on.
    ///
    /// - Returns: false where it has ended instead.
    func awaits() -> Bool {
        bytes(1) != nil
    }

    // MARK: - Names

    /// Sends names, each with a NUL behind it, and how many bytes these are in front.
    func send(_ names: [String]) {
        let bytes: [UInt8] = names.flatMap { $0.losslessBytes + [0] }
        let count: [UInt8] = withUnsafeBytes(of: bytes.count) { Array($0) }
        _ = try? socket.writeAll(count + bytes)
    }

    /// Waits for names.
    ///
    /// - Returns: nil where the other process has ended instead.
    func receive() -> [String]? {
        guard let header = bytes(MemoryLayout<Int>.size) else { return nil }
        let count = header.withUnsafeBytes { $0.loadUnaligned(as: Int.self) }
        return bytes(count)?.split(separator: 0).map { String(lossless: $0) }
    }

    private func bytes(_ count: Int) -> [UInt8]? {
        var bytes: [UInt8] = []
        while bytes.count < count {
            var piece = [UInt8](repeating: 0, count: count - bytes.count)
            let more = Glibc.read(socket.rawValue, &piece, piece.count)
            if more < 0, errno == EINTR { continue }
            guard more > 0 else { return nil }
            bytes += piece.prefix(more)
        }
        return bytes
    }
}
