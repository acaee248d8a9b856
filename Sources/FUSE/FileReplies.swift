internal import CFuse
internal import SystemAdditions
public import SystemPackage

/// Answers an opening.
public struct OpenReply: ~Copyable, Reply {
    private let request: Request

    init(_ request: Request) {
        self.request = request
    }

    deinit {
        request.fail(.EIO)
    }

    /// Answers that the node is open. False where the opener has gone: no release will follow.
    @discardableResult
    public consuming func succeed(_ info: OpenReplyInfo) -> Bool {
        var answer = fuse_open_out()
        answer.fh = info.handle.rawValue
        answer.open_flags = info.openFlags
        let isTaken = withUnsafeBytes(of: &answer) { request.succeed(with: $0) }
        discard self
        return isTaken
    }

    /// Answers that the node cannot be opened; no release follows.
    public consuming func fail(_ error: Errno) {
        request.fail(error)
        discard self
    }

    /// Whether a signal has reached the thread that opens; it still waits for the answer.
    public var isInterrupted: Bool { request.isInterrupted }
}

/// Answers the making and opening of a file.
public struct CreateReply: ~Copyable, Reply {
    private let request: Request

    init(_ request: Request) {
        self.request = request
    }

    deinit {
        request.fail(.EIO)
    }

    /// Answers with the new node, opened. False where the opener has gone: no release will follow.
    @discardableResult
    public consuming func succeed(_ entry: Entry, _ info: OpenReplyInfo) -> Bool {
        var parameters = entry.parameters
        var fileInfo = info.fileInfo
        let isTaken = request.answer { fuse_reply_create($0, &parameters, &fileInfo) }
        discard self
        return isTaken
    }

    /// Answers that nothing was made or opened; no release follows.
    public consuming func fail(_ error: Errno) {
        request.fail(error)
        discard self
    }

    /// Whether a signal has reached the thread that makes the file; it still waits for the answer.
    public var isInterrupted: Bool { request.isInterrupted }
}

/// Answers a read.
public struct DataReply: ~Copyable, Reply {
    private let request: Request

    init(_ request: Request) {
        self.request = request
    }

    deinit {
        request.fail(.EIO)
    }

    /// Answers with the bytes, at most as many as were asked for; they are copied before this returns.
    public consuming func succeed(_ bytes: UnsafeRawBufferPointer) {
        request.succeed(with: bytes)
        discard self
    }

    /// Answers with the bytes of an array; none of them says that there is nothing more to read.
    public consuming func succeed(_ bytes: ArraySlice<UInt8>) {
        bytes.withUnsafeBytes { bytes in _ = request.succeed(with: bytes) }
        discard self
    }

    /// Answers that there is nothing more to read.
    public consuming func succeedAtEnd() {
        request.succeed()
        discard self
    }

    /// Answers that nothing could be read.
    public consuming func fail(_ error: Errno) {
        request.fail(error)
        discard self
    }

    /// Whether a signal has reached the thread that reads; it still waits for the answer.
    public var isInterrupted: Bool { request.isInterrupted }
}

/// Answers a write.
public struct WriteReply: ~Copyable, Reply {
    private let request: Request

    init(_ request: Request) {
        self.request = request
    }

    deinit {
        request.fail(.EIO)
    }

    /// Answers how many bytes were taken, at most as many as were given.
    public consuming func succeed(written: Int) {
        var answer = fuse_write_out()
        answer.size = UInt32(written)
        withUnsafeBytes(of: &answer) { bytes in _ = request.succeed(with: bytes) }
        discard self
    }

    /// Answers that none of the bytes were taken.
    public consuming func fail(_ error: Errno) {
        request.fail(error)
        discard self
    }

    /// Whether a signal has reached the thread that writes; it still waits for the answer.
    public var isInterrupted: Bool { request.isInterrupted }
}

/// Answers which events are there.
public struct PollReply: ~Copyable, Reply {
    private let request: Request

    init(_ request: Request) {
        self.request = request
    }

    deinit {
        request.fail(.EIO)
    }

    /// Answers with the events (`POLLIN` and so on) that are there now.
    public consuming func succeed(events: UInt32) {
        request.answer { fuse_reply_poll($0, events) }
        discard self
    }

    /// Answers that the events cannot be told: the poll shows `POLLERR`, or, after `ENOSYS`, that everything is ready.
    public consuming func fail(_ error: Errno) {
        request.fail(error)
        discard self
    }

    /// Whether a signal has reached the thread that polls; it still waits for the answer.
    public var isInterrupted: Bool { request.isInterrupted }
}
