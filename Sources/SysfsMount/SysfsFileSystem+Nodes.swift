internal import DriverCore
public import FUSE
internal import Glibc
internal import Kernels
internal import Sysfs
internal import SystemAdditions
internal import SystemPackage

// Names and attributes.
extension SysfsFileSystem {
    /// Seconds for which the kernel may believe what it was told; it is told otherwise when that changes. The size of a journal it
    /// must not believe at all.
    private static let forever: Double = 1e9

    /// Answers with the node, and has the tree remember it until it is forgotten; with a negative entry where there is none, so
    /// that the kernel asks once. Both stay valid until a change is announced.
    public func lookup(_ name: FileName, in parent: NodeID, _ context: RequestContext, _ reply: consuming EntryReply) {
        count("LOOKUP")
        do throws(Errno) {
            let status = try tree.lookUp(String(latin1: name.content), in: Sysfs.Inode(parent))
            // before the answer: the kernel may give the reference back at once
            tree.remember(status.inode)
            if !reply.succeed(Entry(status)) { tree.forget(status.inode, count: 1) }
        } catch {
            if error == .ENOENT {
                reply.succeed(.negative(timeout: Self.forever))
            } else {
                reply.fail(error)
            }
        }
    }

    /// The tree drops what is removed and no longer remembered.
    public func forget(_ node: NodeID, count: UInt64) {
        tree.forget(Sysfs.Inode(node), count: count)
    }

    /// What the tree says; `ENOENT` for a node that is gone and forgotten.
    public func attributes(
        of node: NodeID, handle: FileHandle?, _ context: RequestContext, _ reply: consuming AttributeReply
    ) {
        count("GETATTR")
        do throws(Errno) {
            let status = try tree.status(Sysfs.Inode(node))
            reply.succeed(NodeAttributes(status), timeout: status.isGrowing ? 0 : Self.forever)
        } catch {
            reply.fail(error)
        }
    }

    /// Owner, permissions and times stick; a size is taken and ignored, as sysfs does, but for one above the release's largest:
    /// `EFBIG`.
    public func setAttributes(
        of node: NodeID, _ changes: SetAttributes, _ context: RequestContext, _ reply: consuming AttributeReply
    ) {
        count("SETATTR")
        do throws(Errno) {
            if let size = changes.size, size > largestSize { throw .EFBIG }
            let now = kernel.clock.wallTime
            let status = try tree.setStatus(Sysfs.Inode(node)) { status in
                if let mode = changes.mode { status.mode = Permissions(rawValue: UInt16(mode & 0o7777)) }
                if let uid = changes.uid { status.uid = uid }
                if let gid = changes.gid { status.gid = gid }
                if let accessed = changes.accessed { status.accessed = Sysfs.Timestamp(accessed, now: now) }
                if let modified = changes.modified { status.modified = Sysfs.Timestamp(modified, now: now) }
                status.changed = now
            }
            reply.succeed(NodeAttributes(status), timeout: status.isGrowing ? 0 : Self.forever)
        } catch {
            reply.fail(error)
        }
    }

    /// No file may become larger, not that any does.
    private var largestSize: UInt64 {
        UInt64(kernel.release.largestFileSize)
    }

    /// There are none. The kernel does not ask for a single one: it was told once, by `ENOSYS`, that there are none to be had.
    public func listXattr(of node: NodeID, _ context: RequestContext, _ reply: consuming XattrReply) {
        reply.succeed(UnsafeRawBufferPointer(start: nil, count: 0))
    }

    /// The target, always relative; `ENOENT` where the directory is gone, `EINVAL` where the node is no link.
    public func readLink(_ node: NodeID, _ context: RequestContext, _ reply: consuming LinkReply) {
        count("READLINK")
        do throws(Errno) {
            reply.succeed(try tree.target(of: Sysfs.Inode(node)).latin1)
        } catch {
            reply.fail(error)
        }
    }

    // MARK: - Listing

    /// Directories need not be opened: the kernel keeps their listings. A removed one has no names but `.` and `..`.
    public func readDirectory(
        _ node: NodeID, handle: FileHandle, offset: Int64, size: Int, plus: Bool, _ context: RequestContext,
        _ reply: consuming DirectoryReply
    ) {
        count("READDIR")
        let directory = Sysfs.Inode(node)
        let entries: [DirectoryEntry]
        do throws(Errno) {
            entries = try tree.entries(of: directory)
        } catch {
            reply.fail(error)
            return
        }
        let cookies = Cookies(entries)
        if offset == 0 {
            guard reply.add(".", .unknown(directory, S_IFDIR), nextOffset: 1) else {
                reply.succeed()
                return
            }
        }
        if offset <= 1 {
            let parent = tree.parent(of: directory)
            guard reply.add("..", .unknown(parent, S_IFDIR), nextOffset: cookies.first) else {
                reply.succeed()
                return
            }
        }
        var given: [Sysfs.Inode] = []
        var at = offset <= 1 ? 0 : cookies.index(of: offset)
        while at < entries.count {
            let entry = entries[at]
            let next = cookies.after(at)
            if plus, let status = try? tree.status(entry.inode) {
                guard entry.name.withFileName({ reply.add($0, Entry(status), nextOffset: next) }) else { break }
                tree.remember(entry.inode)
                given.append(entry.inode)
            } else {
                let attributes = NodeAttributes.unknown(entry.inode, entry.kind.type)
                guard entry.name.withFileName({ reply.add($0, attributes, nextOffset: next) }) else { break }
            }
            at += 1
        }
        guard !reply.succeed() else { return }
        for inode in given { tree.forget(inode, count: 1) }
    }

    // MARK: - What users may not do

    /// `EPERM`: sysfs has no such operation. The kernel answers `EEXIST` by itself where the name is taken.
    public func makeDirectory(
        _ name: FileName, in parent: NodeID, mode: UInt32, _ context: RequestContext, _ reply: consuming EntryReply
    ) {
        reply.fail(.EPERM)
    }

    /// Making a file is refused as open(2) with O_CREAT is, anything else as an operation that sysfs does not have.
    public func makeNode(
        _ name: FileName, in parent: NodeID, mode: UInt32, device: UInt64, _ context: RequestContext,
        _ reply: consuming EntryReply
    ) {
        reply.fail(mode & S_IFMT == S_IFREG ? .EACCES : .EPERM)
    }

    /// `EACCES`: the kernel asks for new names only.
    public func create(
        _ name: FileName, in parent: NodeID, mode: UInt32, flags: OpenFlags, _ context: RequestContext,
        _ reply: consuming CreateReply
    ) {
        reply.fail(.EACCES)
    }

    /// `EPERM`: sysfs has no such operation.
    public func symbolicLink(
        _ name: FileName, in parent: NodeID, target: FileName, _ context: RequestContext, _ reply: consuming EntryReply
    ) {
        reply.fail(.EPERM)
    }

    /// `EPERM`: sysfs has no such operation.
    public func link(
        _ node: NodeID, as name: FileName, in parent: NodeID, _ context: RequestContext, _ reply: consuming EntryReply
    ) {
        reply.fail(.EPERM)
    }

    /// `EPERM`: sysfs has no such operation. The kernel answers `EISDIR` by itself for a directory.
    public func unlink(_ name: FileName, in parent: NodeID, _ context: RequestContext, _ reply: consuming EmptyReply) {
        reply.fail(.EPERM)
    }

    /// `EPERM`: sysfs has no such operation. The kernel answers `ENOTDIR` by itself for a file.
    public func removeDirectory(
        _ name: FileName, in parent: NodeID, _ context: RequestContext, _ reply: consuming EmptyReply
    ) {
        reply.fail(.EPERM)
    }

    /// `EPERM`, and `EINVAL` for a `renameat2(2)` with flags: sysfs has no such operation.
    public func rename(
        _ name: FileName, in parent: NodeID, to newName: FileName, in newParent: NodeID, flags: UInt32,
        _ context: RequestContext, _ reply: consuming EmptyReply
    ) {
        reply.fail(flags == 0 ? .EPERM : .EINVAL)
    }
}

/// Where a listing goes on: the hash of the next name, as kernfs has it. Of names with the same hash all but the first have
/// their place among them above it.
private struct Cookies {
    private let entries: [DirectoryEntry]

    init(_ entries: [DirectoryEntry]) {
        self.entries = entries
    }

    var first: Int64 { after(-1) }

    func after(_ index: Int) -> Int64 {
        let next = index + 1
        guard next < entries.count else { return Int64(NameHash.end) }
        var ties: Int64 = 0
        while next - Int(ties) > 0, entries[next - Int(ties) - 1].hash == entries[next].hash { ties += 1 }
        return ties << 32 | Int64(entries[next].hash.rawValue)
    }

    /// The entry that a cookie stands for; the next one where that is gone.
    func index(of cookie: Int64) -> Int {
        let hash = UInt32(truncatingIfNeeded: cookie)
        guard hash != NameHash.end else { return entries.count }
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].hash.rawValue < hash { low = middle + 1 } else { high = middle }
        }
        return min(low + Int(cookie >> 32), entries.count)
    }
}

// MARK: - Between the two vocabularies

extension String {
    /// A text of the tree has a character for each byte.
    func withFileName<Result>(_ body: (FileName) throws -> Result) rethrows -> Result {
        try withLatin1CString { try body(FileName(bytes: $0)) }
    }
}

extension NodeKind {
    fileprivate var type: UInt32 {
        switch self {
        case .directory: S_IFDIR
        case .attribute: S_IFREG
        case .link: S_IFLNK
        }
    }
}

extension FUSE.Timestamp {
    fileprivate init(_ time: Sysfs.Timestamp) {
        self.init(seconds: time.seconds, nanoseconds: time.nanoseconds)
    }
}

extension Sysfs.Timestamp {
    fileprivate init(_ change: SetAttributes.TimeChange, now: Sysfs.Timestamp) {
        switch change {
        case .now: self = now
        case .at(let time): self.init(seconds: time.seconds, nanoseconds: time.nanoseconds)
        }
    }
}

extension NodeAttributes {
    fileprivate init(_ status: NodeStatus) {
        self.init(
            node: NodeID(status.inode), mode: status.kind.type | UInt32(status.mode.rawValue), linkCount: status.linkCount,
            uid: status.uid, gid: status.gid, size: status.size, blocks: 0, blockSize: UInt32(Page.size),
            accessed: FUSE.Timestamp(status.accessed), modified: FUSE.Timestamp(status.modified),
            changed: FUSE.Timestamp(status.changed))
    }

    /// What a listing says of a node: its number and its type.
    fileprivate static func unknown(_ inode: Sysfs.Inode, _ type: UInt32) -> NodeAttributes {
        NodeAttributes(node: NodeID(inode), mode: type)
    }
}

extension Entry {
    fileprivate init(_ status: NodeStatus) {
        self.init(
            node: NodeID(status.inode), attributes: NodeAttributes(status), entryTimeout: 1e9,
            attributeTimeout: status.isGrowing ? 0 : 1e9)
    }
}
