internal import CFuse
internal import Glibc

/// libfuse's table of callbacks: each turns a request into one call of the session's ``FileSystem``.
///
/// The callbacks capture nothing; the session comes with the request.
enum Operations {
    static func table() -> fuse_lowlevel_ops {
        var table = fuse_lowlevel_ops()
        addConnection(to: &table)
        addNodes(to: &table)
        addFiles(to: &table)
        addDirectories(to: &table)
        addNames(to: &table)
        addXattrs(to: &table)
        return table
    }

    private static func addConnection(to table: inout fuse_lowlevel_ops) {
        table.`init` = { userData, connection in
            guard let session = Session.find(userData), let connection else { return }
            session.initialize(&connection.pointee)
        }
        table.forget = { raw, node, count in
            Session.of(raw)?.fileSystem.forget(NodeID(rawValue: node), count: count)
            fuse_reply_none(raw)
        }
        table.forget_multi = { raw, count, items in
            if let fileSystem = Session.of(raw)?.fileSystem {
                for item in UnsafeBufferPointer(start: items, count: count) {
                    fileSystem.forget(NodeID(rawValue: item.ino), count: item.nlookup)
                }
            }
            fuse_reply_none(raw)
        }
        table.statfs = { raw, node in
            guard let raw, let session = Session.of(raw) else { return }
            session.fileSystem.statistics(
                of: NodeID(rawValue: node), RequestContext(raw), StatisticsReply(Request(raw, of: session)))
        }
    }

    private static func addNodes(to table: inout fuse_lowlevel_ops) {
        table.lookup = { raw, parent, name in
            guard let raw, let session = Session.of(raw), let name else { return }
            session.fileSystem.lookup(
                FileName(bytes: name), in: NodeID(rawValue: parent), RequestContext(raw),
                EntryReply(Request(raw, of: session)))
        }
        table.getattr = { raw, node, info in
            guard let raw, let session = Session.of(raw) else { return }
            session.fileSystem.attributes(
                of: NodeID(rawValue: node), handle: info.map { FileHandle(rawValue: $0.pointee.fh) },
                RequestContext(raw), AttributeReply(Request(raw, of: session)))
        }
        table.setattr = { raw, node, status, valid, info in
            guard let raw, let session = Session.of(raw), let status else { return }
            let handle = info.map { FileHandle(rawValue: $0.pointee.fh) }
            session.fileSystem.setAttributes(
                of: NodeID(rawValue: node), SetAttributes(status.pointee, valid: valid, handle: handle),
                RequestContext(raw), AttributeReply(Request(raw, of: session)))
        }
        table.readlink = { raw, node in
            guard let raw, let session = Session.of(raw) else { return }
            session.fileSystem.readLink(
                NodeID(rawValue: node), RequestContext(raw), LinkReply(Request(raw, of: session)))
        }
        table.access = { raw, node, mask in
            guard let raw, let session = Session.of(raw) else { return }
            session.fileSystem.access(
                NodeID(rawValue: node), mask: mask, RequestContext(raw), EmptyReply(Request(raw, of: session)))
        }
    }

    private static func addFiles(to table: inout fuse_lowlevel_ops) {
        table.`open` = { raw, node, info in
            guard let raw, let session = Session.of(raw), let info else { return }
            session.fileSystem.open(
                NodeID(rawValue: node), flags: OpenFlags(rawValue: info.pointee.flags), RequestContext(raw),
                OpenReply(Request(raw, of: session)))
        }
        table.`read` = { raw, node, size, offset, info in
            guard let raw, let session = Session.of(raw), let info else { return }
            session.fileSystem.read(
                NodeID(rawValue: node), handle: FileHandle(rawValue: info.pointee.fh), offset: Int64(offset),
                size: size, RequestContext(raw), DataReply(Request(raw, of: session)))
        }
        table.`write` = { raw, node, bytes, size, offset, info in
            guard let raw, let session = Session.of(raw), let info else { return }
            session.fileSystem.write(
                NodeID(rawValue: node), handle: FileHandle(rawValue: info.pointee.fh), offset: Int64(offset),
                UnsafeRawBufferPointer(start: bytes, count: size), RequestContext(raw),
                WriteReply(Request(raw, of: session)))
        }
        table.flush = { raw, node, info in
            guard let raw, let session = Session.of(raw), let info else { return }
            session.fileSystem.flush(
                NodeID(rawValue: node), handle: FileHandle(rawValue: info.pointee.fh), RequestContext(raw),
                EmptyReply(Request(raw, of: session)))
        }
        table.release = { raw, node, info in
            guard let raw, let session = Session.of(raw), let info else { return }
            session.fileSystem.release(
                NodeID(rawValue: node), handle: FileHandle(rawValue: info.pointee.fh),
                flags: OpenFlags(rawValue: info.pointee.flags), RequestContext(raw),
                EmptyReply(Request(raw, of: session)))
        }
        table.poll = { raw, node, info, handle in
            // libfuse gives the handle away: it must be destroyed in any case.
            let notification = handle.map { PollHandle($0) }
            guard let raw, let session = Session.of(raw), let info else { return }
            session.fileSystem.poll(
                NodeID(rawValue: node), handle: FileHandle(rawValue: info.pointee.fh),
                events: info.pointee.poll_events, notification: notification, RequestContext(raw),
                PollReply(Request(raw, of: session)))
        }
    }

    private static func addDirectories(to table: inout fuse_lowlevel_ops) {
        table.opendir = { raw, node, info in
            guard let raw, let session = Session.of(raw), let info else { return }
            session.fileSystem.openDirectory(
                NodeID(rawValue: node), flags: OpenFlags(rawValue: info.pointee.flags), RequestContext(raw),
                OpenReply(Request(raw, of: session)))
        }
        table.readdir = { raw, node, size, offset, info in
            Operations.readDirectory(raw, node, size, offset, info, plus: false)
        }
        table.readdirplus = { raw, node, size, offset, info in
            Operations.readDirectory(raw, node, size, offset, info, plus: true)
        }
        table.releasedir = { raw, node, info in
            guard let raw, let session = Session.of(raw), let info else { return }
            session.fileSystem.releaseDirectory(
                NodeID(rawValue: node), handle: FileHandle(rawValue: info.pointee.fh), RequestContext(raw),
                EmptyReply(Request(raw, of: session)))
        }
    }

    private static func readDirectory(
        _ raw: fuse_req_t?, _ node: fuse_ino_t, _ size: Int, _ offset: off_t,
        _ info: UnsafeMutablePointer<fuse_file_info>?, plus: Bool
    ) {
        guard let raw, let session = Session.of(raw), let info else { return }
        session.fileSystem.readDirectory(
            NodeID(rawValue: node), handle: FileHandle(rawValue: info.pointee.fh), offset: Int64(offset), size: size,
            plus: plus, RequestContext(raw),
            DirectoryReply(Request(raw, of: session), capacity: size, isPlus: plus))
    }
}
