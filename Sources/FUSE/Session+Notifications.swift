internal import CFuse
internal import Glibc
internal import Synchronization
internal import SystemAdditions
public import SystemPackage

/// What the file system tells the kernel by itself.
///
/// All of these may be called on any thread, but with no lock held that a request might wait for: the kernel may wait for
/// the answers to requests before it takes a notification. Before the kernel's first request they do nothing: it knows nothing
/// yet.
extension Session {
    /// Makes the kernel forget the attributes of a node, the content of a file, the listing of a directory and the target
    /// of a link. Nothing where the kernel does not know the node.
    /// - Throws: `ENODEV` where the session is not mounted or ends; what the kernel answers to the write of the notification.
    public func invalidate(_ node: NodeID) throws(Errno) {
        Self.workerWillBlock()
        try notify { fuse_lowlevel_notify_inval_inode($0, node.rawValue, 0, 0) }
    }

    /// Makes the kernel ask again what `name` stands for. Nothing where it does not know the name.
    ///
    /// Not to be called by a request that holds `parent` in the kernel: a lookup, a listing or a change of its names.
    /// - Throws: `ENODEV` where the session is not mounted or ends; what the kernel answers to the write of the notification.
    public func invalidateEntry(_ name: FileName, in parent: NodeID) throws(Errno) {
        Self.workerWillBlock()
        try notify { fuse_lowlevel_notify_inval_entry($0, parent.rawValue, name.bytes, name.content.count) }
    }

    /// Tells the kernel that `name`, which stood for `child`, is gone; watchers of the child learn of it.
    ///
    /// As with ``invalidateEntry(_:in:)``, not from a request that holds `parent`.
    /// - Throws: `ENODEV` where the session is not mounted or ends, `ENOTEMPTY` for a directory in which names are known, `EBUSY`
    ///   for a mount point; what else the kernel answers to the write of the notification.
    public func delete(_ name: FileName, _ child: NodeID, in parent: NodeID) throws(Errno) {
        Self.workerWillBlock()
        try notify {
            fuse_lowlevel_notify_delete($0, parent.rawValue, child.rawValue, name.bytes, name.content.count)
        }
    }

    /// The same of a name in UTF-8.
    /// - Throws: as that.
    public func invalidateEntry(_ name: String, in parent: NodeID) throws(Errno) {
        try name.withFileName { name throws(Errno) in try invalidateEntry(name, in: parent) }
    }

    /// The same of a name in UTF-8.
    /// - Throws: as that.
    public func delete(_ name: String, _ child: NodeID, in parent: NodeID) throws(Errno) {
        try name.withFileName { name throws(Errno) in try delete(name, child, in: parent) }
    }

    /// Makes the kernel ask again what each name of the mount stands for, including names it holds not to exist.
    ///
    /// Waits for nothing.
    /// - Throws: `ENODEV` where the session is not mounted or ends, `EINVAL` where the kernel has no epochs; see ``hasEpoch``.
    public func incrementEpoch() throws(Errno) {
        try notify { _ in
            var header = Message(length: 16, code: Message.incrementEpoch, request: 0)
            let size = MemoryLayout<Message>.size
            return Glibc.write(descriptor, &header, size) == size ? 0 : -errno
        }
    }

    /// Whether the kernel understands ``incrementEpoch()``: from version 7.44 of the protocol on, Linux 6.16.
    public var hasEpoch: Bool {
        protocolMinor.load(ordering: .relaxed) >= 44
    }

    /// Tells the kernel that events may have come for a file that it polls: it asks again.
    public func notifyPoll(_ handle: consuming PollHandle) {
        let raw = handle.raw
        try? notify { _ in fuse_lowlevel_notify_poll(raw) }
        // The handle lives until here.
        _ = consume handle
    }

    /// Sends a notification while the device is kept open. ENOENT means that the kernel has nothing to forget.
    private func notify(_ send: (OpaquePointer) -> Int32) throws(Errno) {
        let (isMounted, isInitialized) = state.withLock { state in
            let isMounted = state.mount != nil && !state.isClosed
            if isMounted, state.isInitialized {
                state.notifying += 1
            }
            return (isMounted, state.isInitialized)
        }
        guard isMounted else { throw .ENODEV }
        // The kernel has asked nothing so far.
        guard isInitialized else { return }
        let result = send(handle)
        let mustTell = state.withLock { state in
            state.notifying -= 1
            return state.isClosed && state.notifying == 0
        }
        if mustTell {
            state.broadcast()
        }
        guard result == 0 || result == -ENOENT else { throw Errno(rawValue: -result) }
    }

    /// Refuses further notifications and waits for those on their way.
    func closeNotifications() {
        state.withLock { $0.isClosed = true }
        state.wait(until: { $0.notifying == 0 })
    }
}

extension String {
    /// Its UTF-8 as a name.
    func withFileName<Result>(_ body: (FileName) throws(Errno) -> Result) throws(Errno) -> Result {
        let result: Swift.Result<Result, Errno> = withCString { bytes in
            do throws(Errno) {
                return .success(try body(FileName(bytes: bytes)))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }
}

/// The head of what is told to the kernel, as `fuse(4)` has it: of an answer, or of a notification, whose request number is 0.
struct Message {
    let length: UInt32
    let code: Int32
    let request: UInt64

    static let incrementEpoch: Int32 = 8
}
