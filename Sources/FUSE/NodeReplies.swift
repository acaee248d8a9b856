internal import CFuse
internal import SystemAdditions
public import SystemPackage

/// Answers a lookup, and the making of a node.
public struct EntryReply: ~Copyable, Reply {
    private let request: Request

    init(_ request: Request) {
        self.request = request
    }

    deinit {
        request.fail(.EIO)
    }

    /// Answers with what the name stands for; the kernel now holds one more reference to the node. False where the asker has
    /// gone: the kernel will not give the reference back.
    @discardableResult
    public consuming func succeed(_ entry: Entry) -> Bool {
        var parameters = entry.parameters
        let isTaken = request.answer { fuse_reply_entry($0, &parameters) }
        discard self
        return isTaken
    }

    /// Answers that there is no such name, or that nothing was made. The kernel remembers nothing of it.
    public consuming func fail(_ error: Errno) {
        request.fail(error)
        discard self
    }

    /// Whether a signal has reached the thread that looks up or makes; it still waits for the answer.
    public var isInterrupted: Bool { request.isInterrupted }
}

/// Answers with a node's attributes.
public struct AttributeReply: ~Copyable, Reply {
    private let request: Request

    init(_ request: Request) {
        self.request = request
    }

    deinit {
        request.fail(.EIO)
    }

    /// Answers with the attributes, which the kernel may believe for `timeout` seconds.
    public consuming func succeed(_ attributes: NodeAttributes, timeout: Double) {
        var status = attributes.status
        request.answer { fuse_reply_attr($0, &status, timeout) }
        discard self
    }

    /// Answers that the attributes cannot be had, or that none was changed.
    public consuming func fail(_ error: Errno) {
        request.fail(error)
        discard self
    }

    /// Whether a signal has reached the thread that asks for the attributes or changes them; it still waits for the answer.
    public var isInterrupted: Bool { request.isInterrupted }
}

/// Answers with the target of a symbolic link.
public struct LinkReply: ~Copyable, Reply {
    private let request: Request

    init(_ request: Request) {
        self.request = request
    }

    deinit {
        request.fail(.EIO)
    }

    /// Answers with the target: at most 4095 bytes, none of them zero.
    public consuming func succeed(_ target: some Collection<UInt8>) {
        request.answer { fuse_reply_readlink($0, target.map { CChar(truncatingIfNeeded: $0) } + [0]) }
        discard self
    }

    /// Answers with a target in UTF-8, at most 4095 bytes.
    public consuming func succeed(_ target: String) {
        request.answer { fuse_reply_readlink($0, target) }
        discard self
    }

    /// Answers that the link cannot be read.
    public consuming func fail(_ error: Errno) {
        request.fail(error)
        discard self
    }

    /// Whether a signal has reached the thread that reads the link; it still waits for the answer.
    public var isInterrupted: Bool { request.isInterrupted }
}
