internal import Glibc

/// The answer to an opening, as `fuse(4)` has it.
struct OpenAnswer {
    private let header: Message
    private let handle: UInt64
    private let flags: UInt32
    private let backing: Int32 = 0

    init(_ info: OpenReplyInfo, to request: UInt64) {
        header = Message(length: UInt32(MemoryLayout<OpenAnswer>.size), code: 0, request: request)
        handle = info.handle.rawValue
        var flags: UInt32 = 0
        if info.directIO { flags |= 1 << 0 }
        if info.keepCache { flags |= 1 << 1 }
        if info.cacheDirectory { flags |= 1 << 3 }
        if info.noFlush { flags |= 1 << 5 }
        if info.parallelWrites { flags |= 1 << 6 }
        self.flags = flags
    }
}

extension Session {
    /// Answers that a node is open, in libfuse's place.
    ///
    /// - Returns: 0, or the error's number below 0: the opener has gone.
    func answer(_ request: UInt64, _ info: OpenReplyInfo) -> Int32 {
        var answer = OpenAnswer(info, to: request)
        return Glibc.write(descriptor, &answer, MemoryLayout<OpenAnswer>.size) >= 0 ? 0 : -errno
    }
}
