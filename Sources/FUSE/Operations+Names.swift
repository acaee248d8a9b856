internal import CFuse

/// The callbacks that make, remove and rename, and those of extended attributes.
extension Operations {
    static func addNames(to table: inout fuse_lowlevel_ops) {
        table.mkdir = { raw, parent, name, mode in
            guard let raw, let session = Session.of(raw), let name else { return }
            session.fileSystem.makeDirectory(
                FileName(bytes: name), in: NodeID(rawValue: parent), mode: mode, RequestContext(raw),
                EntryReply(Request(raw, of: session)))
        }
        table.mknod = { raw, parent, name, mode, device in
            guard let raw, let session = Session.of(raw), let name else { return }
            session.fileSystem.makeNode(
                FileName(bytes: name), in: NodeID(rawValue: parent), mode: mode, device: UInt64(device),
                RequestContext(raw), EntryReply(Request(raw, of: session)))
        }
        table.create = { raw, parent, name, mode, info in
            guard let raw, let session = Session.of(raw), let name, let info else { return }
            session.fileSystem.create(
                FileName(bytes: name), in: NodeID(rawValue: parent), mode: mode,
                flags: OpenFlags(rawValue: info.pointee.flags), RequestContext(raw),
                CreateReply(Request(raw, of: session)))
        }
        table.symlink = { raw, target, parent, name in
            guard let raw, let session = Session.of(raw), let target, let name else { return }
            session.fileSystem.symbolicLink(
                FileName(bytes: name), in: NodeID(rawValue: parent), target: FileName(bytes: target),
                RequestContext(raw), EntryReply(Request(raw, of: session)))
        }
        table.link = { raw, node, parent, name in
            guard let raw, let session = Session.of(raw), let name else { return }
            session.fileSystem.link(
                NodeID(rawValue: node), as: FileName(bytes: name), in: NodeID(rawValue: parent), RequestContext(raw),
                EntryReply(Request(raw, of: session)))
        }
        table.unlink = { raw, parent, name in
            guard let raw, let session = Session.of(raw), let name else { return }
            session.fileSystem.unlink(
                FileName(bytes: name), in: NodeID(rawValue: parent), RequestContext(raw),
                EmptyReply(Request(raw, of: session)))
        }
        table.rmdir = { raw, parent, name in
            guard let raw, let session = Session.of(raw), let name else { return }
            session.fileSystem.removeDirectory(
                FileName(bytes: name), in: NodeID(rawValue: parent), RequestContext(raw),
                EmptyReply(Request(raw, of: session)))
        }
        table.rename = { raw, parent, name, newParent, newName, flags in
            guard let raw, let session = Session.of(raw), let name, let newName else { return }
            session.fileSystem.rename(
                FileName(bytes: name), in: NodeID(rawValue: parent), to: FileName(bytes: newName),
                in: NodeID(rawValue: newParent), flags: flags, RequestContext(raw),
                EmptyReply(Request(raw, of: session)))
        }
    }

    static func addXattrs(to table: inout fuse_lowlevel_ops) {
        table.getxattr = { raw, node, name, size in
            guard let raw, let session = Session.of(raw), let name else { return }
            session.fileSystem.getXattr(
                FileName(bytes: name), of: NodeID(rawValue: node), RequestContext(raw),
                XattrReply(Request(raw, of: session), capacity: size))
        }
        table.listxattr = { raw, node, size in
            guard let raw, let session = Session.of(raw) else { return }
            session.fileSystem.listXattr(
                of: NodeID(rawValue: node), RequestContext(raw),
                XattrReply(Request(raw, of: session), capacity: size))
        }
        table.setxattr = { raw, node, name, value, size, flags in
            guard let raw, let session = Session.of(raw), let name else { return }
            session.fileSystem.setXattr(
                FileName(bytes: name), of: NodeID(rawValue: node),
                value: UnsafeRawBufferPointer(start: value, count: size), flags: flags, RequestContext(raw),
                EmptyReply(Request(raw, of: session)))
        }
        table.removexattr = { raw, node, name in
            guard let raw, let session = Session.of(raw), let name else { return }
            session.fileSystem.removeXattr(
                FileName(bytes: name), of: NodeID(rawValue: node), RequestContext(raw),
                EmptyReply(Request(raw, of: session)))
        }
    }
}
