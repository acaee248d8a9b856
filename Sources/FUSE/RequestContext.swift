internal import CFuse
internal import Glibc

/// Who asks.
public struct RequestContext: Hashable, Sendable {
    /// The file system user id of the caller, in the server's user namespace.
    public let uid: UInt32
    /// The file system group id of the caller.
    public let gid: UInt32
    /// The thread that asks; 0 where the kernel acts on nobody's behalf.
    public let pid: Int32

    /// A caller of these ids. A session makes those of requests; this is for whoever calls a file system without one.
    public init(uid: UInt32, gid: UInt32, pid: Int32) {
        self.uid = uid
        self.gid = gid
        self.pid = pid
    }

    init(_ request: fuse_req_t?) {
        guard let context = fuse_req_ctx(request) else {
            self.init(uid: 0, gid: 0, pid: 0)
            return
        }
        self.init(uid: context.pointee.uid, gid: context.pointee.gid, pid: context.pointee.pid)
    }
}

/// One path component, or the target of a new link, as it lies in the request; or a name that goes into an answer.
///
/// Valid only during the call that receives it; copy its ``content`` to keep it. Names are equal where their bytes are: as
/// strings of Swift, other ones may be equal too.
public struct FileName {
    /// The bytes, ended by a zero byte; of a component at most 255 and none of them `/`. They need not be UTF-8.
    public let bytes: UnsafePointer<CChar>

    /// A name that lies somewhere else; see ``bytes`` for what it must be. It is not copied.
    public init(bytes: UnsafePointer<CChar>) {
        self.bytes = bytes
    }

    /// The bytes without the zero byte behind them.
    public var content: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: bytes, count: strlen(bytes))
    }

    /// A copy, where invalid UTF-8 is replaced by U+FFFD.
    public var string: String {
        String(cString: bytes)
    }
}
