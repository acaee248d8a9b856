internal import CFuse
internal import Glibc

/// The head of a request, as `fuse(4)` has it: what a worker needs to know of it before it is executed.
struct RequestHeader {
    private let raw: fuse_in_header
    /// The request that this one interrupts; nil unless it is an interrupt.
    let interrupted: UInt64?

    /// Nil for what is no request.
    init?(_ memory: UnsafeRawBufferPointer) {
        guard let raw = memory.first(as: fuse_in_header.self) else { return nil }
        self.raw = raw
        let isInterrupt = raw.opcode == FUSE_INTERRUPT.rawValue
        interrupted = isInterrupt ? Self.arguments(of: memory).first(as: fuse_interrupt_in.self)?.unique : nil
    }

    /// What stands behind the head of a request.
    static func arguments(of request: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: request[MemoryLayout<fuse_in_header>.size...])
    }

    var operation: fuse_opcode { fuse_opcode(rawValue: raw.opcode) }

    /// The number of the request; never used again in a session.
    var unique: UInt64 { raw.unique }

    var node: NodeID { NodeID(rawValue: raw.nodeid) }

    /// The thread that asks, as the mounting process's PID namespace numbers it; 0 where it is not seen there.
    var asker: pid_t { pid_t(bitPattern: raw.pid) }

    var context: RequestContext { RequestContext(uid: raw.uid, gid: raw.gid, pid: asker) }

    /// Whether it may have to wait: it reads or writes a file. Nothing else does.
    var mayWait: Bool { isRead || operation == FUSE_WRITE }

    /// Whether it reads a file: if nobody hears the answer, it need not be executed.
    var isRead: Bool { operation == FUSE_READ }
}

extension UnsafeRawBufferPointer {
    /// What it begins with; nil where it is too short for that.
    func first<Value: BitwiseCopyable>(as type: Value.Type) -> Value? {
        count >= MemoryLayout<Value>.size ? loadUnaligned(as: type) : nil
    }
}
