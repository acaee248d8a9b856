internal import CFuse
internal import Glibc
internal import Synchronization

/// libfuse's session, and the device on which it and ``DirectRequest`` speak to the kernel. Each request that has no answer yet keeps it.
final class Device: Sendable {
    // Unsafe: an immutable pointer to a session that libfuse guards with its own lock; destroyed in `deinit`.
    nonisolated(unsafe) let handle: OpaquePointer
    // Unsafe: an immutable pointer. Leads from libfuse back to the session, which has set it before the first request.
    nonisolated(unsafe) let backReference: UnsafeMutablePointer<Unmanaged<Session>?>
    let interruptions = Interruptions()

    init(_ handle: OpaquePointer, _ backReference: UnsafeMutablePointer<Unmanaged<Session>?>) {
        self.handle = handle
        self.backReference = backReference
    }

    deinit {
        // closes the descriptor, which a reply may use as long as there is one
        fuse_session_unmount(handle)
        fuse_session_destroy(handle)
        backReference.deallocate()
    }

    /// -1 before the mount.
    var descriptor: Int32 {
        fuse_session_fd(handle)
    }

    /// Answers a request without libfuse.
    ///
    /// - Returns: whether somebody has waited for it still.
    @discardableResult
    func answer(_ unique: UInt64, error: Int32 = 0, _ bytes: UnsafeRawBufferPointer = .init(start: nil, count: 0)) -> Bool {
        let size = MemoryLayout<Message>.size
        var header = Message(length: UInt32(size + bytes.count), code: -error, request: unique)
        return withUnsafeMutableBytes(of: &header) { header in
            guard bytes.count > 0 else { return write(descriptor, header.baseAddress, size) == size }
            return withUnsafeTemporaryAllocation(of: iovec.self, capacity: 2) { parts in
                parts[0] = iovec(iov_base: header.baseAddress, iov_len: size)
                parts[1] = iovec(iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress), iov_len: bytes.count)
                return writev(descriptor, parts.baseAddress, 2) == size + bytes.count
            }
        }
    }
}

/// The requests whose callers a signal has reached while they wait for the answer.
final class Interruptions: Sendable {
    /// The most that are kept; of those that were answered while the signal was told of, nobody takes the number out.
    static let maximum = 1024

    private let requests = Mutex<Set<UInt64>>([])
    private let isEmpty = Atomic(true)

    func insert(_ unique: UInt64) {
        requests.withLock { requests in
            requests.insert(unique)
            // numbers only grow: the lowest is the oldest
            if requests.count > Self.maximum, let oldest = requests.min() { requests.remove(oldest) }
            isEmpty.store(false, ordering: .relaxed)
        }
    }

    func contains(_ unique: UInt64) -> Bool {
        !isEmpty.load(ordering: .relaxed) && requests.withLock { $0.contains(unique) }
    }

    /// How many are kept.
    var count: Int { requests.withLock { $0.count } }

    /// The request has its answer.
    func remove(_ unique: UInt64) {
        guard !isEmpty.load(ordering: .relaxed) else { return }
        requests.withLock { requests in
            requests.remove(unique)
            isEmpty.store(requests.isEmpty, ordering: .relaxed)
        }
    }
}
