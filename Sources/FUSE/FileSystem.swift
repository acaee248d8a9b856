/// What the kernel asks of a file system, one request a call.
///
/// Calls come on the session's workers, many at once where requests block. Each may keep its reply and answer later; one
/// that is about to block calls ``Session/workerWillBlock()`` first. All have a default, which answers `ENOSYS`. The
/// kernel takes `ENOSYS` as "never ask again" for opens, flushes, accesses, polls and extended attributes.
public protocol FileSystem: AnyObject, Sendable {
    /// The connection begins: choose what of the kernel's abilities to use. Called once, before any request.
    func initialize(_ connection: inout Connection)
    /// The session is about to end: wake every request that blocks, or the end waits for it. Called once.
    func stopping()
    /// The session has ended and all requests have returned. Called once, after ``initialize(_:)`` only.
    func destroyed()

    func lookup(_ name: FileName, in parent: NodeID, _ context: RequestContext, _ reply: consuming EntryReply)
    /// The kernel gives back `count` references to a node.
    func forget(_ node: NodeID, count: UInt64)
    /// - Parameter handle: the open file through which the attributes were asked for.
    func attributes(
        of node: NodeID, handle: FileHandle?, _ context: RequestContext, _ reply: consuming AttributeReply)
    func setAttributes(
        of node: NodeID, _ changes: SetAttributes, _ context: RequestContext, _ reply: consuming AttributeReply)
    func readLink(_ node: NodeID, _ context: RequestContext, _ reply: consuming LinkReply)

    func open(_ node: NodeID, flags: OpenFlags, _ context: RequestContext, _ reply: consuming OpenReply)
    func read(
        _ node: NodeID, handle: FileHandle, offset: Int64, size: Int, _ context: RequestContext,
        _ reply: consuming DataReply)
    /// - Parameter data: valid only during the call.
    func write(
        _ node: NodeID, handle: FileHandle, offset: Int64, _ data: UnsafeRawBufferPointer, _ context: RequestContext,
        _ reply: consuming WriteReply)
    /// One descriptor of an open file was closed.
    func flush(_ node: NodeID, handle: FileHandle, _ context: RequestContext, _ reply: consuming EmptyReply)
    /// The last descriptor of an open file was closed; nobody waits for the answer. Its default answers success.
    func release(
        _ node: NodeID, handle: FileHandle, flags: OpenFlags, _ context: RequestContext, _ reply: consuming EmptyReply)
    /// - Parameter notification: the kernel waits to hear of events; replaces the handle given before for this file.
    func poll(
        _ node: NodeID, handle: FileHandle, events: UInt32, notification: consuming PollHandle?,
        _ context: RequestContext, _ reply: consuming PollReply)

    func openDirectory(_ node: NodeID, flags: OpenFlags, _ context: RequestContext, _ reply: consuming OpenReply)
    /// - Parameters:
    ///   - offset: 0, or the `nextOffset` of the last name the kernel has taken.
    ///   - size: the size of the reply's buffer, in bytes.
    ///   - plus: whether entries bring attributes along.
    func readDirectory(
        _ node: NodeID, handle: FileHandle, offset: Int64, size: Int, plus: Bool, _ context: RequestContext,
        _ reply: consuming DirectoryReply)
    /// Its default answers success.
    func releaseDirectory(
        _ node: NodeID, handle: FileHandle, _ context: RequestContext, _ reply: consuming EmptyReply)

    func makeDirectory(
        _ name: FileName, in parent: NodeID, mode: UInt32, _ context: RequestContext, _ reply: consuming EntryReply)
    /// - Parameters:
    ///   - mode: with type bits.
    ///   - device: the number of a device node.
    func makeNode(
        _ name: FileName, in parent: NodeID, mode: UInt32, device: UInt64, _ context: RequestContext,
        _ reply: consuming EntryReply)
    /// Makes and opens a file. After an `ENOSYS` the kernel uses ``makeNode(_:in:mode:device:_:_:)`` and an open.
    func create(
        _ name: FileName, in parent: NodeID, mode: UInt32, flags: OpenFlags, _ context: RequestContext,
        _ reply: consuming CreateReply)
    func symbolicLink(
        _ name: FileName, in parent: NodeID, target: FileName, _ context: RequestContext,
        _ reply: consuming EntryReply)
    func link(
        _ node: NodeID, as name: FileName, in parent: NodeID, _ context: RequestContext, _ reply: consuming EntryReply)
    func unlink(_ name: FileName, in parent: NodeID, _ context: RequestContext, _ reply: consuming EmptyReply)
    func removeDirectory(_ name: FileName, in parent: NodeID, _ context: RequestContext, _ reply: consuming EmptyReply)
    /// - Parameter flags: those of `renameat2(2)`.
    func rename(
        _ name: FileName, in parent: NodeID, to newName: FileName, in newParent: NodeID, flags: UInt32,
        _ context: RequestContext, _ reply: consuming EmptyReply)

    /// Its default answers zeros.
    func statistics(of node: NodeID, _ context: RequestContext, _ reply: consuming StatisticsReply)
    /// - Parameter mask: `R_OK`, `W_OK`, `X_OK`. Not called under default permissions.
    func access(_ node: NodeID, mask: Int32, _ context: RequestContext, _ reply: consuming EmptyReply)

    func getXattr(_ name: FileName, of node: NodeID, _ context: RequestContext, _ reply: consuming XattrReply)
    func listXattr(of node: NodeID, _ context: RequestContext, _ reply: consuming XattrReply)
    /// - Parameters:
    ///   - value: valid only during the call.
    ///   - flags: `XATTR_CREATE`, `XATTR_REPLACE`.
    func setXattr(
        _ name: FileName, of node: NodeID, value: UnsafeRawBufferPointer, flags: Int32, _ context: RequestContext,
        _ reply: consuming EmptyReply)
    func removeXattr(_ name: FileName, of node: NodeID, _ context: RequestContext, _ reply: consuming EmptyReply)
}
