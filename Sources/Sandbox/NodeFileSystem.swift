internal import FUSE
internal import Glibc
internal import LockOrder
internal import SystemAdditions
internal import SystemPackage

/// A node of a `NodeFileSystem`.
enum Node: Hashable, Sendable {
    case directory
    /// A file that can be read, and mounted on.
    case file(text: String)
    case link(target: String)
    /// A character device; its serial number tells it from one that was there before.
    case device(major: Int, minor: Int, mode: UInt32, serial: UInt64)
}

/// Says what is where, each time anew. Paths, names, texts and targets have a character for each byte (`String.init(latin1:)`), so
/// that they are equal where their bytes are.
protocol NodeSource: Sendable {
    /// The node at a path from the root, which is a directory and has an empty path.
    func node(at path: String) -> Node?
    /// The names in a directory.
    func names(in path: String) -> [String]
    /// Whether the node at a path is always the same: the kernel need not ask again.
    func isLasting(_ path: String) -> Bool
}

/// A file system of whatever its source says is there now. Only lasting nodes are cached, so nothing need be taken back.
///
/// Nobody makes or removes anything; owner and permissions of a node can be changed, for as long as it is there. A node of a
/// device cannot be opened: a mount has `nodev`, and the kernel refuses with `EACCES` before anybody is asked.
final class NodeFileSystem: FileSystem {
    private let source: any NodeSource
    private let numbers = Leaf("numbers of nodes", NodeNumbers())
    /// What users have changed, by the path, and of which node. Kept as long as the node is there, known to the kernel or
    /// not.
    private let changes = Leaf<[String: (node: Node, change: StatusChange)]>("changed nodes", [:])
    /// The names in each open directory, by the handle.
    private let listings = Leaf("open directories", Listings())
    private let created = FUSE.Timestamp.now

    private struct Listings {
        var next: UInt64 = 1
        var names: [UInt64: [String]] = [:]
    }

    struct StatusChange: Sendable {
        var mode: UInt32
        var uid: UInt32
        var gid: UInt32
    }

    init(_ source: any NodeSource) {
        self.source = source
    }

    private func path(of node: NodeID) -> String? {
        numbers.withLock { $0.path(of: node) }
    }

    private func find(_ node: NodeID) -> (path: String, node: Node)? {
        guard let path = path(of: node) else { return nil }
        return source.node(at: path).map { (path, $0) }
    }

    private static func join(_ directory: String, _ name: String) -> String {
        directory.isEmpty ? name : directory + "/" + name
    }

    private func attributes(_ path: String, _ node: Node) -> NodeAttributes {
        let number = numbers.withLock { $0.number(of: path) }
        var attributes = NodeAttributes(node: number, mode: 0, accessed: created, modified: created, changed: created)
        switch node {
        case .directory:
            attributes.mode = S_IFDIR | 0o755
            attributes.linkCount = 2
        case .file: attributes.mode = S_IFREG | 0o444
        case .link(let target):
            attributes.mode = S_IFLNK | 0o777
            attributes.size = UInt64(target.latin1.count)
        case .device(let major, let minor, let mode, _):
            attributes.mode = S_IFCHR | mode
            attributes.device = NodeAttributes.device(major: major, minor: minor)
        }
        if let (changed, change) = changes.withLock({ $0[path] }), changed == node {
            attributes.mode = attributes.mode & S_IFMT | change.mode
            attributes.uid = change.uid
            attributes.gid = change.gid
        }
        return attributes
    }

    private func entry(_ path: String, _ node: Node) -> Entry {
        let attributes = attributes(path, node)
        return Entry(
            node: attributes.node, attributes: attributes, entryTimeout: source.isLasting(path) ? 1e9 : 0, attributeTimeout: 0)
    }

    // MARK: - What the kernel knows

    /// An answer that gives the kernel one more reference to the node.
    func refer(to path: String, _ node: Node) -> Entry {
        numbers.withLock { _ = $0.refer(to: path) }
        return entry(path, node)
    }

    func forget(_ node: NodeID, count: UInt64) {
        guard let path = numbers.withLock({ $0.forget(node, count: count) }) else { return }
        dropChange(of: path)
    }

    /// The kernel was not there to take an answer: it gives no reference back.
    private func takeBack(_ entries: [Entry]) {
        for entry in entries { entry.node.map { forget($0, count: 1) } }
    }

    func change(_ path: String, _ node: Node, to change: StatusChange) {
        changes.withLock { $0[path] = (node, change) }
        // so that there are never more than there were nodes at one time
        for path in changes.withLock({ Array($0.keys) }) { dropChange(of: path) }
    }

    /// Forgets what was changed of a node that is gone.
    private func dropChange(of path: String) {
        guard let changed = changes.withLock({ $0[path]?.node }), source.node(at: path) != changed else { return }
        changes.withLock { changes in
            // meanwhile another one may have come, and been changed
            if changes[path]?.node == changed { changes[path] = nil }
        }
    }

    /// How much is remembered: paths that the kernel knows, changes, open directories.
    var remembered: (paths: Int, changes: Int, listings: Int) {
        (numbers.withLock { $0.count }, changes.withLock { $0.count }, listings.withLock { $0.names.count })
    }

    // MARK: - Requests

    func lookup(_ name: FileName, in parent: NodeID, _ context: RequestContext, _ reply: consuming EntryReply) {
        guard let directory = path(of: parent) else { return reply.fail(.ENOENT) }
        let path = Self.join(directory, String(latin1: name.content))
        guard let node = source.node(at: path) else {
            dropChange(of: path)
            return reply.fail(.ENOENT)
        }
        // before the answer: the kernel may give the reference back at once
        let entry = refer(to: path, node)
        if !reply.succeed(entry) { takeBack([entry]) }
    }

    func attributes(of node: NodeID, handle: FileHandle?, _ context: RequestContext, _ reply: consuming AttributeReply) {
        guard let (path, node) = find(node) else { return reply.fail(.ENOENT) }
        reply.succeed(attributes(path, node), timeout: 0)
    }

    func setAttributes(
        of node: NodeID, _ wanted: SetAttributes, _ context: RequestContext, _ reply: consuming AttributeReply
    ) {
        guard let (path, node) = find(node) else { return reply.fail(.ENOENT) }
        let now = attributes(path, node)
        change(
            path, node,
            to: StatusChange(mode: (wanted.mode ?? now.mode) & 0o7777, uid: wanted.uid ?? now.uid, gid: wanted.gid ?? now.gid))
        reply.succeed(attributes(path, node), timeout: 0)
    }

    func readLink(_ node: NodeID, _ context: RequestContext, _ reply: consuming LinkReply) {
        guard case .link(let target)? = find(node)?.node else { return reply.fail(.ENOENT) }
        reply.succeed(target.latin1)
    }

    func open(_ node: NodeID, flags: OpenFlags, _ context: RequestContext, _ reply: consuming OpenReply) {
        // what is read may be longer than stat says, as in /proc
        _ = reply.succeed(OpenReplyInfo(handle: FileHandle(rawValue: 0), directIO: true, noFlush: true))
    }

    func read(
        _ node: NodeID, handle: FileHandle, offset: Int64, size: Int, _ context: RequestContext, _ reply: consuming DataReply
    ) {
        guard case .file(let text)? = find(node)?.node else { return reply.fail(.ENOENT) }
        reply.succeed(text.latin1.dropFirst(Int(offset)).prefix(size))
    }

    /// Directories are opened, or else the kernel kept what was listed of them. One that is open keeps its names: whoever reads
    /// on finds each once, whatever comes and goes.
    func openDirectory(_ node: NodeID, flags: OpenFlags, _ context: RequestContext, _ reply: consuming OpenReply) {
        guard let path = path(of: node) else { return reply.fail(.ENOENT) }
        let names = [".", ".."] + source.names(in: path).sorted()
        let handle = listings.withLock { listings in
            defer { listings.next += 1 }
            listings.names[listings.next] = names
            return FileHandle(rawValue: listings.next)
        }
        if !reply.succeed(OpenReplyInfo(handle: handle)) { close(handle) }
    }

    func releaseDirectory(_ node: NodeID, handle: FileHandle, _ context: RequestContext, _ reply: consuming EmptyReply) {
        close(handle)
        reply.succeed()
    }

    private func close(_ handle: FileHandle) {
        listings.withLock { $0.names[handle.rawValue] = nil }
    }

    func readDirectory(
        _ node: NodeID, handle: FileHandle, offset: Int64, size: Int, plus: Bool, _ context: RequestContext,
        _ reply: consuming DirectoryReply
    ) {
        guard let directory = path(of: node), let names = listings.withLock({ $0.names[handle.rawValue] }) else {
            return reply.fail(.ENOENT)
        }
        var given: [Entry] = []
        for (index, name) in names.enumerated().dropFirst(Int(offset)) {
            let next = Int64(index + 1)
            if index < 2 {
                guard reply.add(name, NodeAttributes(node: node, mode: S_IFDIR), nextOffset: next) else { break }
                continue
            }
            let path = Self.join(directory, name)
            guard let node = source.node(at: path) else { continue }
            let entry = reply.isPlus ? refer(to: path, node) : entry(path, node)
            let isAdded = name.withLatin1CString { reply.add(FileName(bytes: $0), entry, nextOffset: next) }
            guard isAdded else {
                if reply.isPlus { takeBack([entry]) }
                break
            }
            if reply.isPlus { given.append(entry) }
        }
        if !reply.succeed() { takeBack(given) }
    }

    // MARK: - What nobody may do

    func makeDirectory(
        _ name: FileName, in parent: NodeID, mode: UInt32, _ context: RequestContext, _ reply: consuming EntryReply
    ) {
        reply.fail(.EROFS)
    }

    func makeNode(
        _ name: FileName, in parent: NodeID, mode: UInt32, device: UInt64, _ context: RequestContext,
        _ reply: consuming EntryReply
    ) {
        reply.fail(.EROFS)
    }

    func create(
        _ name: FileName, in parent: NodeID, mode: UInt32, flags: OpenFlags, _ context: RequestContext,
        _ reply: consuming CreateReply
    ) {
        reply.fail(.EROFS)
    }

    func symbolicLink(
        _ name: FileName, in parent: NodeID, target: FileName, _ context: RequestContext, _ reply: consuming EntryReply
    ) {
        reply.fail(.EROFS)
    }

    func link(
        _ node: NodeID, as name: FileName, in parent: NodeID, _ context: RequestContext, _ reply: consuming EntryReply
    ) {
        reply.fail(.EROFS)
    }

    func unlink(_ name: FileName, in parent: NodeID, _ context: RequestContext, _ reply: consuming EmptyReply) {
        reply.fail(.EROFS)
    }

    func removeDirectory(_ name: FileName, in parent: NodeID, _ context: RequestContext, _ reply: consuming EmptyReply) {
        reply.fail(.EROFS)
    }

    func rename(
        _ name: FileName, in parent: NodeID, to newName: FileName, in newParent: NodeID, flags: UInt32,
        _ context: RequestContext, _ reply: consuming EmptyReply
    ) {
        reply.fail(.EROFS)
    }
}
