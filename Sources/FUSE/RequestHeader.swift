internal import Glibc

/// The head of a request, as `fuse(4)` has it: what a worker needs to know of it before libfuse executes it.
struct RequestHeader {
    /// `FUSE_READ` and so on.
    let operation: UInt32
    /// The number of the request; never used again in a session.
    let unique: UInt64
    let node: NodeID
    /// The thread that asks, as the mounting process's PID namespace numbers it; 0 where it is not seen there.
    let asker: pid_t
    private let uid: UInt32
    private let gid: UInt32
    /// The request that this one interrupts; nil unless it is an interrupt.
    let interrupted: UInt64?

    /// Nil for what is no request.
    init?(_ memory: UnsafeRawBufferPointer) {
        guard memory.count >= Self.size else { return nil }
        operation = memory.loadUnaligned(fromByteOffset: 4, as: UInt32.self)
        unique = memory.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
        node = NodeID(rawValue: memory.loadUnaligned(fromByteOffset: 16, as: UInt64.self))
        uid = memory.loadUnaligned(fromByteOffset: 24, as: UInt32.self)
        gid = memory.loadUnaligned(fromByteOffset: 28, as: UInt32.self)
        asker = pid_t(bitPattern: memory.loadUnaligned(fromByteOffset: 32, as: UInt32.self))
        interrupted =
            operation == Self.interrupt && memory.count >= Self.size + 8
            ? memory.loadUnaligned(fromByteOffset: Self.size, as: UInt64.self) : nil
    }

    var context: RequestContext { RequestContext(uid: uid, gid: gid, pid: asker) }

    /// Whether it may have to wait: it reads or writes a file. Nothing else does.
    var mayWait: Bool { isRead || operation == Self.write }

    /// Whether it reads a file: if nobody hears the answer, it need not be executed.
    var isRead: Bool { operation == Self.read }

    static let size = 40
    private static let read: UInt32 = 15
    private static let write: UInt32 = 16
    private static let interrupt: UInt32 = 36
}
