internal import CFuse
internal import Glibc
internal import SystemAdditions
public import SystemPackage

/// Answers a listing: entries are added until the buffer is full or the directory is at its end.
public struct DirectoryReply: ~Copyable, Reply {
    private let request: Request
    // Unsafe: owned by this value alone; allocated in `init`, freed by whatever ends the reply.
    nonisolated(unsafe) private let buffer: UnsafeMutablePointer<CChar>
    private let capacity: Int
    private var used = 0
    /// Whether entries bring attributes along, and with them a reference to the node.
    public let isPlus: Bool

    init(_ request: Request, capacity: Int, isPlus: Bool) {
        self.request = request
        self.capacity = capacity
        self.isPlus = isPlus
        buffer = UnsafeMutablePointer<CChar>.allocate(capacity: capacity)
    }

    deinit {
        request.fail(.EIO)
        buffer.deallocate()
    }

    /// Adds a name with its node; false where it no longer fits, and then the kernel asks again from its offset.
    ///
    /// Of the attributes only the node and the type are told; no reference is handed out. The way to add `.` and `..`.
    /// - Parameter nextOffset: the offset at which a listing goes on after this name; not 0.
    public mutating func add(_ name: FileName, _ attributes: NodeAttributes, nextOffset: Int64) -> Bool {
        var status = stat()
        status.st_ino = UInt(attributes.node.rawValue)
        status.st_mode = attributes.mode
        if isPlus {
            var parameters = fuse_entry_param()
            parameters.attr = status
            return take(
                fuse_add_direntry_plus(
                    request.raw, buffer + used, capacity - used, name.bytes, &parameters, Int(nextOffset)))
        }
        return take(fuse_add_direntry(request.raw, buffer + used, capacity - used, name.bytes, &status, Int(nextOffset)))
    }

    /// Adds a name with all that a lookup would answer; false where it no longer fits.
    ///
    /// Where ``isPlus`` and the entry was added, the kernel now holds one more reference to the node.
    /// - Parameter nextOffset: the offset at which a listing goes on after this name; not 0.
    public mutating func add(_ name: FileName, _ entry: Entry, nextOffset: Int64) -> Bool {
        guard isPlus else { return add(name, entry.attributes, nextOffset: nextOffset) }
        var parameters = entry.parameters
        return take(
            fuse_add_direntry_plus(request.raw, buffer + used, capacity - used, name.bytes, &parameters, Int(nextOffset)))
    }

    /// Adds a name in UTF-8 with its node, as that of bytes is added.
    public mutating func add(_ name: String, _ attributes: NodeAttributes, nextOffset: Int64) -> Bool {
        name.withCString { add(FileName(bytes: $0), attributes, nextOffset: nextOffset) }
    }

    /// Adds a name in UTF-8 with all that a lookup would answer.
    public mutating func add(_ name: String, _ entry: Entry, nextOffset: Int64) -> Bool {
        name.withCString { add(FileName(bytes: $0), entry, nextOffset: nextOffset) }
    }

    /// Counts `size` more bytes as used, if they fit.
    private mutating func take(_ size: Int) -> Bool {
        guard size <= capacity - used else { return false }
        used += size
        return true
    }

    /// Answers with the names added; none stands for the end of the directory. False where the asker has gone: the kernel will
    /// not give back the references that were added.
    @discardableResult
    public consuming func succeed() -> Bool {
        let isTaken = request.answer { [buffer, used] in fuse_reply_buf($0, buffer, used) }
        buffer.deallocate()
        discard self
        return isTaken
    }

    /// Answers that the directory cannot be listed. The names added are lost, and the kernel takes no reference to their nodes.
    public consuming func fail(_ error: Errno) {
        request.fail(error)
        buffer.deallocate()
        discard self
    }

    /// Whether a signal has reached the thread that lists; it still waits for the answer.
    public var isInterrupted: Bool { request.isInterrupted }
}
