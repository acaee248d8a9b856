internal import DriverCore
public import FUSE
internal import LockOrder
internal import Sysfs
internal import SystemAdditions
internal import SystemPackage

// Open files.
extension SysfsFileSystem {
    /// Opens a file of the tree: docs/kernel/kernfs.md, "Open". Root needs a mode bit, too (`EACCES`); `O_DIRECT` is refused
    /// (`EINVAL`), and `O_TRUNC` changes the times only.
    public func open(_ node: NodeID, flags: OpenFlags, _ context: RequestContext, _ reply: consuming OpenReply) {
        count("OPEN")
        let file: OpenFile
        do throws(Errno) {
            file = try tree.open(Sysfs.Inode(node), reading: flags.isReading, writing: flags.isWriting)
            // after all other checks
            guard !flags.isDirect else { throw .EINVAL }
            if flags.isTruncating { try noteTruncation(of: node) }
        } catch {
            reply.fail(error)
            return
        }
        let handle = FileHandle(file)
        // as in kernfs: writers wait for what the attribute waits for, and not for each other
        let info = OpenReplyInfo(handle: handle, directIO: true, noFlush: true, parallelWrites: true)
        if !reply.succeed(info) { handle.release() }
    }

    /// All that cutting off does: the size stays, the content is nobody's.
    private func noteTruncation(of node: NodeID) throws(Errno) {
        let now = kernel.clock.wallTime
        _ = try tree.setStatus(Sysfs.Inode(node)) { status in
            status.modified = now
            status.changed = now
        }
    }

    /// Gives the open file back. One that is gone meanwhile ends here.
    public func release(
        _ node: NodeID, handle: FileHandle, flags: OpenFlags, _ context: RequestContext, _ reply: consuming EmptyReply
    ) {
        count("RELEASE")
        stopPolling(handle)
        handle.release()
        reply.succeed()
    }

    /// Reads from the open file, with no lock held: docs/kernel/kernfs.md, "Read". May wait for locks that the attribute takes.
    public func read(
        _ node: NodeID, handle: FileHandle, offset: Int64, size: Int, _ context: RequestContext,
        _ reply: consuming DataReply
    ) {
        count("READ")
        do throws(Errno) {
            let file = try handle.file
            let bytes = try withNoLocksHeld { (held) throws(Errno) in
                try file.read(at: Int(offset), count: size, held)
            }
            reply.succeed(bytes)
        } catch {
            reply.fail(error)
        }
    }

    /// The chain of a write: parse, locks, change, resets, then the names are announced, then the answer.
    public func write(
        _ node: NodeID, handle: FileHandle, offset: Int64, _ data: UnsafeRawBufferPointer, _ context: RequestContext,
        _ reply: consuming WriteReply
    ) {
        count("WRITE")
        do throws(Errno) {
            let file = try handle.file
            let written = try withNoLocksHeld { (held) throws(Errno) in try file.write(data, held) }
            announceChanges()
            reply.succeed(written: written)
        } catch {
            announceChanges()
            reply.fail(error)
        }
    }
}

/// The number of an open file is a reference to it, made by the open and given back by the release. The kernel uses it in
/// between only.
extension FileHandle {
    fileprivate init(_ file: OpenFile) {
        let reference = Unmanaged.passRetained(file).toOpaque()
        self.init(rawValue: UInt64(UInt(bitPattern: reference)))
    }

    private var reference: Unmanaged<OpenFile>? {
        UnsafeRawPointer(bitPattern: UInt(rawValue)).map { Unmanaged.fromOpaque($0) }
    }

    /// - Throws: `EBADF` for 0, which no open has answered with.
    var file: OpenFile {
        get throws(Errno) {
            guard let reference else { throw .EBADF }
            return reference.takeUnretainedValue()
        }
    }

    fileprivate func release() {
        reference?.release()
    }
}
