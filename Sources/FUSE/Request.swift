internal import CFuse
internal import Glibc
public import SystemPackage

/// The one answer that a request waits for.
///
/// A reply is consumed by the answer; one that is dropped answers `EIO`. It may be kept and answered later, on any
/// thread; after the session has ended the answer reaches nobody.
public protocol Reply: ~Copyable, Sendable {
    /// Answers that the request failed.
    consuming func fail(_ error: Errno)
    /// Whether a signal has reached the caller since it asked; it still waits for the answer.
    var isInterrupted: Bool { get }
}

/// A request that libfuse waits to have answered.
///
/// Trivial, so that replies can discard themselves; holds one reference to its session, given back by ``answer(_:)``.
/// Exactly one call of ``answer(_:)`` ends it.
// Unchecked: libfuse guards the request with the session's lock, and the reply that owns it answers once.
struct Request: @unchecked Sendable {
    let raw: fuse_req_t
    private let session: Unmanaged<Session>

    init(_ raw: fuse_req_t, of session: Session) {
        self.raw = raw
        self.session = Unmanaged.passRetained(session)
    }

    /// Answers by `body`, which returns what libfuse's reply function returned; false where the caller has gone.
    @discardableResult
    func answer(_ body: (fuse_req_t) -> Int32) -> Bool {
        let result = body(raw)
        session.release()
        return result == 0
    }

    func fail(_ error: Errno) {
        answer { fuse_reply_err($0, error.rawValue > 0 ? error.rawValue : EIO) }
    }

    var isInterrupted: Bool {
        fuse_req_interrupted(raw) != 0
    }
}
