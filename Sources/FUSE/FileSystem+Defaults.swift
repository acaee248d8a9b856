internal import SystemAdditions
internal import SystemPackage

/// The answers of a file system that does not know the request.
extension FileSystem {
    /// Leaves libfuse's choice as it is.
    public func initialize(_ connection: inout Connection) {}
    /// Does nothing: no request blocks.
    public func stopping() {}
    /// No.
    public func hasOwnWorkers(_ node: NodeID) -> Bool { false }
    /// Does nothing.
    public func destroyed() {}

    /// Answers `ENOSYS`: without it there is nothing below the root.
    public func lookup(_ name: FileName, in parent: NodeID, _ context: RequestContext, _ reply: consuming EntryReply) {
        reply.fail(.ENOSYS)
    }

    /// Does nothing: references are not counted.
    public func forget(_ node: NodeID, count: UInt64) {}

    /// Answers `ENOSYS`: not even the root can be looked at.
    public func attributes(
        of node: NodeID, handle: FileHandle?, _ context: RequestContext, _ reply: consuming AttributeReply
    ) {
        reply.fail(.ENOSYS)
    }

    /// Answers `ENOSYS`: nothing can be changed.
    public func setAttributes(
        of node: NodeID, _ changes: SetAttributes, _ context: RequestContext, _ reply: consuming AttributeReply
    ) {
        reply.fail(.ENOSYS)
    }

    /// Answers `ENOSYS`: links cannot be followed.
    public func readLink(_ node: NodeID, _ context: RequestContext, _ reply: consuming LinkReply) {
        reply.fail(.ENOSYS)
    }

    /// Answers `ENOSYS`. Under ``Capabilities/noOpen`` the kernel opens files by itself from then on, with the handle 0.
    public func open(_ node: NodeID, flags: OpenFlags, _ context: RequestContext, _ reply: consuming OpenReply) {
        reply.fail(.ENOSYS)
    }

    /// Answers `ENOSYS`: nothing can be read.
    public func read(
        _ node: NodeID, handle: FileHandle, offset: Int64, size: Int, _ context: RequestContext,
        _ reply: consuming DataReply
    ) {
        reply.fail(.ENOSYS)
    }

    /// Answers `ENOSYS`: nothing can be written.
    public func write(
        _ node: NodeID, handle: FileHandle, offset: Int64, _ data: UnsafeRawBufferPointer, _ context: RequestContext,
        _ reply: consuming WriteReply
    ) {
        reply.fail(.ENOSYS)
    }

    /// Answers `ENOSYS`: the kernel takes the close for granted and never asks again.
    public func flush(_ node: NodeID, handle: FileHandle, _ context: RequestContext, _ reply: consuming EmptyReply) {
        reply.fail(.ENOSYS)
    }

    /// Answers success: there is nothing to give back.
    public func release(
        _ node: NodeID, handle: FileHandle, flags: OpenFlags, _ context: RequestContext, _ reply: consuming EmptyReply
    ) {
        reply.succeed()
    }

    /// Answers `ENOSYS`: the kernel takes every file for readable and writable, and never asks again.
    public func poll(
        _ node: NodeID, handle: FileHandle, events: UInt32, notification: consuming PollHandle?,
        _ context: RequestContext, _ reply: consuming PollReply
    ) {
        reply.fail(.ENOSYS)
    }

    /// Answers `ENOSYS`. Under ``Capabilities/noOpenDirectory`` the kernel opens directories by itself from then on.
    public func openDirectory(_ node: NodeID, flags: OpenFlags, _ context: RequestContext, _ reply: consuming OpenReply) {
        reply.fail(.ENOSYS)
    }

    /// Answers `ENOSYS`: directories cannot be listed.
    public func readDirectory(
        _ node: NodeID, handle: FileHandle, offset: Int64, size: Int, plus: Bool, _ context: RequestContext,
        _ reply: consuming DirectoryReply
    ) {
        reply.fail(.ENOSYS)
    }

    /// Answers success: there is nothing to give back.
    public func releaseDirectory(
        _ node: NodeID, handle: FileHandle, _ context: RequestContext, _ reply: consuming EmptyReply
    ) {
        reply.succeed()
    }

    /// Answers `ENOSYS`: no directory can be made.
    public func makeDirectory(
        _ name: FileName, in parent: NodeID, mode: UInt32, _ context: RequestContext, _ reply: consuming EntryReply
    ) {
        reply.fail(.ENOSYS)
    }

    /// Answers `ENOSYS`: no node can be made.
    public func makeNode(
        _ name: FileName, in parent: NodeID, mode: UInt32, device: UInt64, _ context: RequestContext,
        _ reply: consuming EntryReply
    ) {
        reply.fail(.ENOSYS)
    }

    /// Answers `ENOSYS`: the kernel makes files by ``makeNode(_:in:mode:device:_:_:)`` and an open from then on.
    public func create(
        _ name: FileName, in parent: NodeID, mode: UInt32, flags: OpenFlags, _ context: RequestContext,
        _ reply: consuming CreateReply
    ) {
        reply.fail(.ENOSYS)
    }

    /// Answers `ENOSYS`: no link can be made.
    public func symbolicLink(
        _ name: FileName, in parent: NodeID, target: FileName, _ context: RequestContext,
        _ reply: consuming EntryReply
    ) {
        reply.fail(.ENOSYS)
    }

    /// Answers `ENOSYS`: nodes have one name.
    public func link(
        _ node: NodeID, as name: FileName, in parent: NodeID, _ context: RequestContext, _ reply: consuming EntryReply
    ) {
        reply.fail(.ENOSYS)
    }

    /// Answers `ENOSYS`: no name can be removed.
    public func unlink(_ name: FileName, in parent: NodeID, _ context: RequestContext, _ reply: consuming EmptyReply) {
        reply.fail(.ENOSYS)
    }

    /// Answers `ENOSYS`: no directory can be removed.
    public func removeDirectory(_ name: FileName, in parent: NodeID, _ context: RequestContext, _ reply: consuming EmptyReply) {
        reply.fail(.ENOSYS)
    }

    /// Answers `ENOSYS`: nothing can be renamed.
    public func rename(
        _ name: FileName, in parent: NodeID, to newName: FileName, in newParent: NodeID, flags: UInt32,
        _ context: RequestContext, _ reply: consuming EmptyReply
    ) {
        reply.fail(.ENOSYS)
    }

    /// Answers zeros and names of up to 255 bytes: a file system without a size.
    public func statistics(of node: NodeID, _ context: RequestContext, _ reply: consuming StatisticsReply) {
        reply.succeed(FileSystemStatistics())
    }

    /// Answers `ENOSYS`: the kernel lets everybody pass and never asks again.
    public func access(_ node: NodeID, mask: Int32, _ context: RequestContext, _ reply: consuming EmptyReply) {
        reply.fail(.ENOSYS)
    }

    /// Answers `ENOSYS`: the kernel itself answers `EOPNOTSUPP` from then on.
    public func getXattr(_ name: FileName, of node: NodeID, _ context: RequestContext, _ reply: consuming XattrReply) {
        reply.fail(.ENOSYS)
    }

    /// Answers `ENOSYS`: the kernel itself answers `EOPNOTSUPP` from then on.
    public func listXattr(of node: NodeID, _ context: RequestContext, _ reply: consuming XattrReply) {
        reply.fail(.ENOSYS)
    }

    /// Answers `ENOSYS`: the kernel itself answers `EOPNOTSUPP` from then on.
    public func setXattr(
        _ name: FileName, of node: NodeID, value: UnsafeRawBufferPointer, flags: Int32, _ context: RequestContext,
        _ reply: consuming EmptyReply
    ) {
        reply.fail(.ENOSYS)
    }

    /// Answers `ENOSYS`: the kernel itself answers `EOPNOTSUPP` from then on.
    public func removeXattr(_ name: FileName, of node: NodeID, _ context: RequestContext, _ reply: consuming EmptyReply) {
        reply.fail(.ENOSYS)
    }
}
