internal import CFuse
internal import Glibc

/// A request that is executed without libfuse: those that come often and carry little. libfuse allocates memory for each request, enters
/// it into a list and takes it out again; that is more than is to be done for most of these.
enum DirectRequest {
    private static let open: UInt32 = 14
    private static let read: UInt32 = 15
    private static let write: UInt32 = 16
    private static let release: UInt32 = 18

    /// Executes a request of which libfuse has not heard.
    ///
    /// - Returns: false for one that is libfuse's.
    static func execute(_ header: RequestHeader, _ bytes: UnsafeRawBufferPointer, in session: Session) -> Bool {
        let arguments = UnsafeRawBufferPointer(rebasing: bytes[RequestHeader.size...])
        func field<Field: FixedWidthInteger>(_ offset: Int, as type: Field.Type) -> Field {
            arguments.loadUnaligned(fromByteOffset: offset, as: type)
        }
        var request: Request { Request(direct: header.unique, on: session.fuseDevice) }
        switch header.operation {
        case read where arguments.count >= MemoryLayout<fuse_read_in>.size:
            session.fileSystem.read(
                header.node, handle: FileHandle(rawValue: field(0, as: UInt64.self)), offset: field(8, as: Int64.self),
                size: Int(field(16, as: UInt32.self)), header.context, DataReply(request))
        case write where arguments.count >= MemoryLayout<fuse_write_in>.size:
            let data = UnsafeRawBufferPointer(rebasing: arguments[MemoryLayout<fuse_write_in>.size...])
            let size = Int(field(16, as: UInt32.self))
            guard data.count >= size else { return false }
            session.fileSystem.write(
                header.node, handle: FileHandle(rawValue: field(0, as: UInt64.self)), offset: field(8, as: Int64.self),
                UnsafeRawBufferPointer(rebasing: data[..<size]), header.context, WriteReply(request))
        case open where arguments.count >= MemoryLayout<fuse_open_in>.size:
            session.fileSystem.open(
                header.node, flags: OpenFlags(rawValue: field(0, as: Int32.self)), header.context, OpenReply(request))
        case release where arguments.count >= MemoryLayout<fuse_release_in>.size:
            session.fileSystem.release(
                header.node, handle: FileHandle(rawValue: field(0, as: UInt64.self)),
                flags: OpenFlags(rawValue: field(8, as: Int32.self)), header.context, EmptyReply(request))
        default:
            return false
        }
        return true
    }
}
