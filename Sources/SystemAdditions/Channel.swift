internal import Glibc
public import SystemPackage

/// One of two ends by which two processes tell each other what they know and when to go on, and each knows of the other's end.
public struct Channel: Sendable {
    /// The socket.
    public let socket: FileDescriptor

    /// The end that has this socket, which another process may have made.
    public init(socket: FileDescriptor) {
        self.socket = socket
    }

    /// The two ends. Programs that are started do not get them: so one end tells when the process at the other becomes a program.
    ///
    /// - Throws: `EMFILE`, `ENFILE`.
    public static func pair() throws(Errno) -> (Channel, Channel) {
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw Errno(rawValue: errno)
        }
        return (Channel(socket: FileDescriptor(rawValue: ends[0])), Channel(socket: FileDescriptor(rawValue: ends[1])))
    }

    /// Closes this end.
    public func close() {
        try? socket.close()
    }

    /// Whether the process at the other end has become a program, or has ended.
    public var isLeft: Bool {
        var status = pollfd(fd: socket.rawValue, events: 0, revents: 0)
        return poll(&status, 1, 0) == 1 && Int32(status.revents) & POLLHUP != 0
    }

    // MARK: - When to go on

    /// Lets the other process go on.
    ///
    /// - Returns: false where it has ended.
    @discardableResult
    public func go() -> Bool {
        write([1])
    }

    /// Waits until the other process lets this one go on.
    ///
    /// - Returns: false where it has ended instead.
    public func awaits() -> Bool {
        bytes(1, waits: true) != nil
    }

    // MARK: - What there is to tell

    /// Sends bytes, and how many these are in front. Nothing where the other process has ended: whoever waits for its end learns of
    /// that.
    public func send(_ bytes: [UInt8]) {
        write(withUnsafeBytes(of: bytes.count) { Array($0) } + bytes)
    }

    /// What the other process sends next.
    ///
    /// - Parameter waits: false to take only what is there.
    /// - Returns: nil where it has ended instead, or has sent nothing yet.
    public func receive(waits: Bool = true) -> [UInt8]? {
        guard let header = bytes(MemoryLayout<Int>.size, waits: waits) else { return nil }
        return bytes(header.withUnsafeBytes { $0.loadUnaligned(as: Int.self) }, waits: waits)
    }

    /// Sends names, none of which has a NUL in it.
    public func send(names: [String]) {
        send(names.flatMap { $0.losslessBytes + [0] })
    }

    /// The names that the other process sends next; as `receive(waits:)`.
    public func receiveNames(waits: Bool = true) -> [String]? {
        receive(waits: waits)?.split(separator: 0).map { String(lossless: $0) }
    }

    // MARK: - Bytes

    @discardableResult
    private func write(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            // where the other process has ended, that must not end this one
            let count = bytes.withUnsafeBytes { bytes in
                Glibc.send(socket.rawValue, bytes.baseAddress.map { $0 + sent }, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    private func bytes(_ count: Int, waits: Bool) -> [UInt8]? {
        var bytes: [UInt8] = []
        while bytes.count < count {
            var piece = [UInt8](repeating: 0, count: count - bytes.count)
            let more = recv(socket.rawValue, &piece, piece.count, waits ? 0 : Int32(MSG_DONTWAIT))
            if more < 0, errno == EINTR { continue }
            guard more > 0 else { return nil }
            bytes += piece.prefix(more)
        }
        return bytes
    }
}
