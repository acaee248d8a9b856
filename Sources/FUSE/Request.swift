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

/// A request that waits for its answer: through libfuse, where libfuse has read it, or without.
///
/// Trivial, so that replies can discard themselves; holds one reference to the device, given back by the answer. Exactly one answer ends
/// it.
// Unchecked: libfuse guards the request with the session's lock, and the reply that owns it answers once.
struct Request: @unchecked Sendable {
    /// nil: libfuse knows nothing of it.
    let raw: fuse_req_t?
    private let unique: UInt64
    private let device: Unmanaged<Device>

    init(_ raw: fuse_req_t, of session: Session) {
        self.raw = raw
        // libfuse does not tell the number; it calls back in the worker that has read the request
        unique = Worker.current?.header?.unique ?? 0
        device = Unmanaged.passRetained(session.fuseDevice)
    }

    /// One that is answered without libfuse.
    init(direct unique: UInt64, on device: Device) {
        raw = nil
        self.unique = unique
        self.device = Unmanaged.passRetained(device)
    }

    /// Answers by `body`, which returns what libfuse's reply function returned; false where the caller has gone. Only for a request that
    /// libfuse has read.
    @discardableResult
    func answer(_ body: (fuse_req_t) -> Int32) -> Bool {
        guard let raw else { preconditionFailure("libfuse knows nothing of request \(unique)") }
        let result = body(raw)
        end()
        return result == 0
    }

    /// Answers with bytes; false where the caller has gone.
    @discardableResult
    func succeed(with bytes: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0)) -> Bool {
        if raw != nil {
            return answer { fuse_reply_buf($0, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count) }
        }
        let isTaken = device._withUnsafeGuaranteedRef { $0.answer(unique, bytes) }
        end()
        return isTaken
    }

    func fail(_ error: Errno) {
        let number = error.rawValue > 0 ? error.rawValue : EIO
        if raw != nil {
            answer { fuse_reply_err($0, number) }
        } else {
            device._withUnsafeGuaranteedRef { _ = $0.answer(unique, error: number) }
            end()
        }
    }

    private func end() {
        device._withUnsafeGuaranteedRef { $0.interruptions.remove(unique) }
        device.release()
    }

    var isInterrupted: Bool {
        device._withUnsafeGuaranteedRef { $0.interruptions.contains(unique) }
    }
}
