/// What the kernel asks of a file system, one request a call.
///
/// Calls come on the session's workers, many at once where requests block. Each may keep its reply and answer later. One
/// that is about to block calls ``Session/workerWillBlock()`` first; one that does not, or computes, holds up the others for
/// ten milliseconds. Only a read or a write may wait for long: their number is bounded, and others are held back. All have a
/// default, which answers `ENOSYS` unless it says otherwise. The kernel takes `ENOSYS` as "never ask again" for opens, flushes,
/// accesses, polls and extended attributes.
///
/// Nobody holds a lock of the session's during a call. Every `context` says who asks; every reply is answered exactly once.
public protocol FileSystem: AnyObject, Sendable {
    /// The connection begins: choose what of the kernel's abilities to use. Called once, before any request.
    func initialize(_ connection: inout Connection)
    /// The session is about to end: wake every request that blocks, or the end waits for it. Called once.
    func stopping()
    /// Whether reads and writes of a node are executed however many requests wait for others: it is a way to end their wait.
    /// Its default says no.
    func hasOwnWorkers(_ node: NodeID) -> Bool
    /// The session has ended and all requests have returned. Called once, after ``initialize(_:)`` only.
    func destroyed()

    /// Says what `name` stands for in a directory. `ENOENT` is not remembered; ``Entry/negative(timeout:)`` is.
    func lookup(_ name: FileName, in parent: NodeID, _ context: RequestContext, _ reply: consuming EntryReply)
    /// The kernel gives back `count` references to a node.
    func forget(_ node: NodeID, count: UInt64)
    /// What `stat(2)` reports of a node.
    /// - Parameter handle: the open file through which the attributes were asked for; nil where it was by a name.
    func attributes(
        of node: NodeID, handle: FileHandle?, _ context: RequestContext, _ reply: consuming AttributeReply)
    /// `chmod`, `chown`, `truncate`, `utimensat`; answers with all attributes as they are then.
    func setAttributes(
        of node: NodeID, _ changes: SetAttributes, _ context: RequestContext, _ reply: consuming AttributeReply)
    /// The target of a symbolic link, as `readlink(2)` gives it.
    func readLink(_ node: NodeID, _ context: RequestContext, _ reply: consuming LinkReply)

    /// Opens a file; under default permissions the kernel has checked the modes before.
    func open(_ node: NodeID, flags: OpenFlags, _ context: RequestContext, _ reply: consuming OpenReply)
    /// Up to `size` bytes from `offset` on, both in bytes; fewer mean the end of the file.
    func read(
        _ node: NodeID, handle: FileHandle, offset: Int64, size: Int, _ context: RequestContext,
        _ reply: consuming DataReply)
    /// Takes bytes for `offset` on; answers how many.
    /// - Parameter data: valid only during the call.
    func write(
        _ node: NodeID, handle: FileHandle, offset: Int64, _ data: UnsafeRawBufferPointer, _ context: RequestContext,
        _ reply: consuming WriteReply)
    /// One descriptor of an open file was closed.
    func flush(_ node: NodeID, handle: FileHandle, _ context: RequestContext, _ reply: consuming EmptyReply)
    /// The last descriptor of an open file was closed; nobody waits for the answer. Its default answers success.
    func release(
        _ node: NodeID, handle: FileHandle, flags: OpenFlags, _ context: RequestContext, _ reply: consuming EmptyReply)
    /// Says which of `events` (`POLLIN` and so on) are there now.
    /// - Parameter notification: the kernel waits to hear of events; replaces the handle given before for this file.
    func poll(
        _ node: NodeID, handle: FileHandle, events: UInt32, notification: consuming PollHandle?,
        _ context: RequestContext, _ reply: consuming PollReply)

    /// Opens a directory, to list it.
    func openDirectory(_ node: NodeID, flags: OpenFlags, _ context: RequestContext, _ reply: consuming OpenReply)
    /// Lists a directory from a name on, as many names as fit.
    /// - Parameters:
    ///   - offset: 0, or the `nextOffset` of the last name the kernel has taken.
    ///   - size: the size of the reply's buffer, in bytes.
    ///   - plus: whether entries bring attributes along.
    func readDirectory(
        _ node: NodeID, handle: FileHandle, offset: Int64, size: Int, plus: Bool, _ context: RequestContext,
        _ reply: consuming DirectoryReply)
    /// The last descriptor of an open directory was closed. Its default answers success.
    func releaseDirectory(
        _ node: NodeID, handle: FileHandle, _ context: RequestContext, _ reply: consuming EmptyReply)

    /// Makes a directory; `mode` has the permissions, from which the umask has been taken; no type bits.
    func makeDirectory(
        _ name: FileName, in parent: NodeID, mode: UInt32, _ context: RequestContext, _ reply: consuming EntryReply)
    /// Makes a node that is neither directory nor link: a file, a device, a pipe or a socket.
    /// - Parameters:
    ///   - mode: with type bits.
    ///   - device: the number of a device node; else 0.
    func makeNode(
        _ name: FileName, in parent: NodeID, mode: UInt32, device: UInt64, _ context: RequestContext,
        _ reply: consuming EntryReply)
    /// Makes and opens a file. After an `ENOSYS` the kernel uses ``makeNode(_:in:mode:device:_:_:)`` and an open.
    func create(
        _ name: FileName, in parent: NodeID, mode: UInt32, flags: OpenFlags, _ context: RequestContext,
        _ reply: consuming CreateReply)
    /// Makes a symbolic link called `name`, whose text is `target`.
    func symbolicLink(
        _ name: FileName, in parent: NodeID, target: FileName, _ context: RequestContext,
        _ reply: consuming EntryReply)
    /// Gives a node one more name; the answer counts as one more reference to it.
    func link(
        _ node: NodeID, as name: FileName, in parent: NodeID, _ context: RequestContext, _ reply: consuming EntryReply)
    /// Removes the name of anything but a directory. The node lives on until it is forgotten.
    func unlink(_ name: FileName, in parent: NodeID, _ context: RequestContext, _ reply: consuming EmptyReply)
    /// Removes an empty directory; `ENOTEMPTY` where something is in it.
    func removeDirectory(_ name: FileName, in parent: NodeID, _ context: RequestContext, _ reply: consuming EmptyReply)
    /// Gives a node another name, or another place.
    /// - Parameter flags: those of `renameat2(2)`.
    func rename(
        _ name: FileName, in parent: NodeID, to newName: FileName, in newParent: NodeID, flags: UInt32,
        _ context: RequestContext, _ reply: consuming EmptyReply)

    /// What `statfs(2)` reports of the whole file system. Its default answers zeros.
    func statistics(of node: NodeID, _ context: RequestContext, _ reply: consuming StatisticsReply)
    /// Whether the caller may do all that is in `mask`, for `access(2)`. Not called under default permissions.
    /// - Parameter mask: `R_OK`, `W_OK`, `X_OK`.
    func access(_ node: NodeID, mask: Int32, _ context: RequestContext, _ reply: consuming EmptyReply)

    /// The value of an extended attribute; `ENODATA` where the node has none of that name.
    func getXattr(_ name: FileName, of node: NodeID, _ context: RequestContext, _ reply: consuming XattrReply)
    /// The names of the extended attributes, each ended by a zero byte.
    func listXattr(of node: NodeID, _ context: RequestContext, _ reply: consuming XattrReply)
    /// Sets an extended attribute.
    /// - Parameters:
    ///   - value: valid only during the call.
    ///   - flags: `XATTR_CREATE`, `XATTR_REPLACE`.
    func setXattr(
        _ name: FileName, of node: NodeID, value: UnsafeRawBufferPointer, flags: Int32, _ context: RequestContext,
        _ reply: consuming EmptyReply)
    /// Removes an extended attribute; `ENODATA` where the node has none of that name.
    func removeXattr(_ name: FileName, of node: NodeID, _ context: RequestContext, _ reply: consuming EmptyReply)
}
