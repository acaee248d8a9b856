internal import CFuse

/// A request that is executed without libfuse: those that come often and carry little. libfuse allocates memory for each request, enters
/// it into a list and takes it out again; that is more than is to be done for most of these.
enum DirectRequest {
    /// Executes a request of which libfuse has not heard.
    ///
    /// - Returns: false for one that is libfuse's.
    static func execute(_ header: RequestHeader, _ bytes: UnsafeRawBufferPointer, in session: Session) -> Bool {
        let arguments = RequestHeader.arguments(of: bytes)
        let (fileSystem, node, context) = (session.fileSystem, header.node, header.context)
        var request: Request { Request(direct: header.unique, on: session.fuseDevice) }
        switch header.operation {
        case FUSE_READ:
            guard let read = arguments.first(as: fuse_read_in.self) else { return false }
            fileSystem.read(
                node, handle: FileHandle(rawValue: read.fh), offset: Int64(bitPattern: read.offset), size: Int(read.size),
                context, DataReply(request))
        case FUSE_WRITE:
            guard let write = arguments.first(as: fuse_write_in.self) else { return false }
            let data = UnsafeRawBufferPointer(rebasing: arguments[MemoryLayout<fuse_write_in>.size...])
            guard data.count >= Int(write.size) else { return false }
            fileSystem.write(
                node, handle: FileHandle(rawValue: write.fh), offset: Int64(bitPattern: write.offset),
                UnsafeRawBufferPointer(rebasing: data[..<Int(write.size)]), context, WriteReply(request))
        case FUSE_OPEN:
            guard let open = arguments.first(as: fuse_open_in.self) else { return false }
            fileSystem.open(node, flags: OpenFlags(rawValue: Int32(bitPattern: open.flags)), context, OpenReply(request))
        case FUSE_RELEASE:
            guard let release = arguments.first(as: fuse_release_in.self) else { return false }
            fileSystem.release(
                node, handle: FileHandle(rawValue: release.fh), flags: OpenFlags(rawValue: Int32(bitPattern: release.flags)),
                context, EmptyReply(request))
        default:
            return false
        }
        return true
    }
}
