internal import CFuse

/// A promise to tell the kernel when events may have come; see ``Session/notifyPoll(_:)``.
///
/// Dropping it tells nobody.
///
/// Unchecked: a pointer to memory of libfuse's that this value alone owns.
public struct PollHandle: ~Copyable, @unchecked Sendable {
    let raw: OpaquePointer

    init(_ raw: OpaquePointer) {
        self.raw = raw
    }

    deinit {
        fuse_pollhandle_destroy(raw)
    }
}
