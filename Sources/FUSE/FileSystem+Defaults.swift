internal import SystemAdditions
internal import SystemPackage

/// The answers of a file system that does not know the request.
extension FileSystem {
    public func initialize(_ connection: inout Connection) {}
    public func stopping() {}
    public func destroyed() {}

    public func lookup(_ name: FileName, in parent: NodeID, _ context: RequestContext, _ reply: consuming EntryReply) {
        reply.fail(.ENOSYS)
    }

    public func forget(_ node: NodeID, count: UInt64) {}

    public func attributes(
        of node: NodeID, handle: FileHandle?, _ context: RequestContext, _ reply: consuming AttributeReply
    ) {
        reply.fail(.ENOSYS)
    }

    public func setAttributes(
        of node: NodeID, _ changes: SetAttributes, _ context: RequestContext, _ reply: consuming AttributeReply
    ) {
        reply.fail(.ENOSYS)
    }

    public func readLink(_ node: NodeID, _ context: RequestContext, _ reply: consuming LinkReply) {
        reply.fail(.ENOSYS)
    }

    public func open(_ node: NodeID, flags: OpenFlags, _ context: RequestContext, _ reply: consuming OpenReply) {
        reply.fail(.ENOSYS)
    }

    public func read(
        _ node: NodeID, handle: FileHandle, offset: Int64, size: Int, _ context: RequestContext,
        _ reply: consuming DataReply
    ) {
        reply.fail(.ENOSYS)
    }

    public func write(
        _ node: NodeID, handle: FileHandle, offset: Int64, _ data: UnsafeRawBufferPointer, _ context: RequestContext,
        _ reply: consuming WriteReply
    ) {
        reply.fail(.ENOSYS)
    }

    public func flush(_ node: NodeID, handle: FileHandle, _ context: RequestContext, _ reply: consuming EmptyReply) {
        reply.fail(.ENOSYS)
    }

    public func release(
        _ node: NodeID, handle: FileHandle, flags: OpenFlags, _ context: RequestContext, _ reply: consuming EmptyReply
    ) {
        reply.succeed()
    }

    public func poll(
        _ node: NodeID, handle: FileHandle, events: UInt32, notification: consuming PollHandle?,
        _ context: RequestContext, _ reply: consuming PollReply
    ) {
        reply.fail(.ENOSYS)
    }

    public func openDirectory(_ node: NodeID, flags: OpenFlags, _ context: RequestContext, _ reply: consuming OpenReply) {
        reply.fail(.ENOSYS)
    }

    public func readDirectory(
        _ node: NodeID, handle: FileHandle, offset: Int64, size: Int, plus: Bool, _ context: RequestContext,
        _ reply: consuming DirectoryReply
    ) {
        reply.fail(.ENOSYS)
    }

    public func releaseDirectory(
        _ node: NodeID, handle: FileHandle, _ context: RequestContext, _ reply: consuming EmptyReply
    ) {
        reply.succeed()
    }

    public func makeDirectory(
        _ name: FileName, in parent: NodeID, mode: UInt32, _ context: RequestContext, _ reply: consuming EntryReply
    ) {
        reply.fail(.ENOSYS)
    }

    public func makeNode(
        _ name: FileName, in parent: NodeID, mode: UInt32, device: UInt64, _ context: RequestContext,
        _ reply: consuming EntryReply
    ) {
        reply.fail(.ENOSYS)
    }

    public func create(
        _ name: FileName, in parent: NodeID, mode: UInt32, flags: OpenFlags, _ context: RequestContext,
        _ reply: consuming CreateReply
    ) {
        reply.fail(.ENOSYS)
    }

    public func symbolicLink(
        _ name: FileName, in parent: NodeID, target: FileName, _ context: RequestContext,
        _ reply: consuming EntryReply
    ) {
        reply.fail(.ENOSYS)
    }

    public func link(
        _ node: NodeID, as name: FileName, in parent: NodeID, _ context: RequestContext, _ reply: consuming EntryReply
    ) {
        reply.fail(.ENOSYS)
    }

    public func unlink(_ name: FileName, in parent: NodeID, _ context: RequestContext, _ reply: consuming EmptyReply) {
        reply.fail(.ENOSYS)
    }

    public func removeDirectory(_ name: FileName, in parent: NodeID, _ context: RequestContext, _ reply: consuming EmptyReply) {
        reply.fail(.ENOSYS)
    }

    public func rename(
        _ name: FileName, in parent: NodeID, to newName: FileName, in newParent: NodeID, flags: UInt32,
        _ context: RequestContext, _ reply: consuming EmptyReply
    ) {
        reply.fail(.ENOSYS)
    }

    public func statistics(of node: NodeID, _ context: RequestContext, _ reply: consuming StatisticsReply) {
        reply.succeed(FileSystemStatistics())
    }

    public func access(_ node: NodeID, mask: Int32, _ context: RequestContext, _ reply: consuming EmptyReply) {
        reply.fail(.ENOSYS)
    }

    public func getXattr(_ name: FileName, of node: NodeID, _ context: RequestContext, _ reply: consuming XattrReply) {
        reply.fail(.ENOSYS)
    }

    public func listXattr(of node: NodeID, _ context: RequestContext, _ reply: consuming XattrReply) {
        reply.fail(.ENOSYS)
    }

    public func setXattr(
        _ name: FileName, of node: NodeID, value: UnsafeRawBufferPointer, flags: Int32, _ context: RequestContext,
        _ reply: consuming EmptyReply
    ) {
        reply.fail(.ENOSYS)
    }

    public func removeXattr(_ name: FileName, of node: NodeID, _ context: RequestContext, _ reply: consuming EmptyReply) {
        reply.fail(.ENOSYS)
    }
}
