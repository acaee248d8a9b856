import SystemAdditions
import SystemPackage

@testable import FUSE

/// Every change of names is refused, each by an error of its own, so that a test sees who has answered.
extension MemoryFileSystem {
    func makeDirectory(
        _ name: FileName, in parent: NodeID, mode: UInt32, _ context: RequestContext, _ reply: consuming EntryReply
    ) { reply.fail(.ENOSPC) }

    func makeNode(
        _ name: FileName, in parent: NodeID, mode: UInt32, device: UInt64, _ context: RequestContext,
        _ reply: consuming EntryReply
    ) { reply.fail(.EDQUOT) }

    func create(
        _ name: FileName, in parent: NodeID, mode: UInt32, flags: OpenFlags, _ context: RequestContext,
        _ reply: consuming CreateReply
    ) { reply.fail(.EACCES) }

    func symbolicLink(
        _ name: FileName, in parent: NodeID, target: FileName, _ context: RequestContext, _ reply: consuming EntryReply
    ) { reply.fail(target.string == "target" ? .ENAMETOOLONG : .EIO) }

    func link(
        _ node: NodeID, as name: FileName, in parent: NodeID, _ context: RequestContext, _ reply: consuming EntryReply
    ) { reply.fail(.EMLINK) }

    func unlink(_ name: FileName, in parent: NodeID, _ context: RequestContext, _ reply: consuming EmptyReply) {
        reply.fail(.EBUSY)
    }

    func removeDirectory(_ name: FileName, in parent: NodeID, _ context: RequestContext, _ reply: consuming EmptyReply) {
        reply.fail(.ENOTEMPTY)
    }

    func rename(
        _ name: FileName, in parent: NodeID, to newName: FileName, in newParent: NodeID, flags: UInt32,
        _ context: RequestContext, _ reply: consuming EmptyReply
    ) {
        state.withLock { $0.renameFlags = flags }
        reply.fail(.EXDEV)
    }

    func getXattr(_ name: FileName, of node: NodeID, _ context: RequestContext, _ reply: consuming XattrReply) {
        guard name.string == "user.colour" else { return reply.fail(.ENODATA) }
        let value: StaticString = "blue"
        reply.succeed(UnsafeRawBufferPointer(start: value.utf8Start, count: value.utf8CodeUnitCount))
    }

    func listXattr(of node: NodeID, _ context: RequestContext, _ reply: consuming XattrReply) {
        let names: StaticString = "user.colour\0"
        reply.succeed(UnsafeRawBufferPointer(start: names.utf8Start, count: names.utf8CodeUnitCount))
    }

    func setXattr(
        _ name: FileName, of node: NodeID, value: UnsafeRawBufferPointer, flags: Int32, _ context: RequestContext,
        _ reply: consuming EmptyReply
    ) { reply.fail(value.elementsEqual("red".utf8) ? .E2BIG : .EIO) }

    func removeXattr(_ name: FileName, of node: NodeID, _ context: RequestContext, _ reply: consuming EmptyReply) {
        reply.fail(.ENOBUFS)
    }
}
