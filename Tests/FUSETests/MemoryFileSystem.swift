import Glibc
import SystemAdditions
import SystemPackage
import Synchronization

@testable import FUSE

/// A tree of fixed names with one file that keeps what is written, and files whose reads misbehave in one way each.
final class MemoryFileSystem: FileSystem {
    enum Kind: Equatable {
        case directory([String])
        case link(String)
        case file
    }

    struct State {
        var content: [UInt8] = Array("hello\n".utf8)
        var hasLateName = false
        var blocked = 0
        var isGateOpen = false
        var lookups: [String: Int] = [:]
        var forgotten: [NodeID: UInt64] = [:]
        var attributeCalls = 0
        var listings = 0
        var renameFlags: UInt32 = 0
        var change: SetAttributes?
        var pollHandle: PollBox?
        var openDescriptors = 0
        var events: [String] = []
        /// The thread that has executed the last read of `file`: its directory in /proc.
        var reader = ""
    }

    /// Makes a handle storable in a copyable state.
    final class PollBox: Sendable {
        let handle: Mutex<PollHandle?>
        init(_ handle: consuming PollHandle) { self.handle = Mutex(handle) }
    }

    static let many = (0..<300).map { "entry-with-a-rather-long-name-\($0)" }
    static let names: [(name: String, kind: Kind)] = [
        ("", .directory([])),  // number 0 names nothing
        ("/", .directory(["file", "link", "many", "dropped", "blocked", "later", "events", "empty", "silent", "signalled"])),
        ("file", .file), ("link", .link("file")), ("many", .directory(many)), ("dropped", .file), ("blocked", .file),
        ("later", .file), ("events", .file), ("empty", .directory([])), ("late", .file), ("silent", .file),
        ("signalled", .file),
    ]
    static let firstOfMany: UInt64 = 1000
    static let forever = 1e9

    let state = Monitor(State())
    let bringsEntriesAlong: Bool

    /// - Parameters:
    ///   - greeting: what `file` holds at the start.
    ///   - bringsEntriesAlong: whether listings do.
    init(greeting: String? = nil, bringsEntriesAlong: Bool = true) {
        self.bringsEntriesAlong = bringsEntriesAlong
        if let greeting { state.withLock { $0.content = Array(greeting.utf8) } }
    }

    static func node(_ name: String, in parent: NodeID) -> NodeID? {
        if parent == .root {
            let index = names.firstIndex { $0.name == name }
            return index.map { NodeID(rawValue: UInt64($0)) }
        }
        if parent.rawValue == 4 {
            return many.firstIndex(of: name).map { NodeID(rawValue: firstOfMany + UInt64($0)) }
        }
        return nil
    }

    static func kind(of node: NodeID) -> Kind? {
        if node.rawValue >= firstOfMany { return .file }
        return node.rawValue < names.count ? names[Int(node.rawValue)].kind : nil
    }

    func attributes(of node: NodeID) -> NodeAttributes {
        let time = Timestamp(seconds: 1_000_000_000, nanoseconds: 5)
        let mode: UInt32 =
            switch Self.kind(of: node) {
            case .directory: S_IFDIR | 0o755
            case .link: S_IFLNK | 0o777
            default: S_IFREG | 0o640
            }
        let size = node.rawValue == 2 ? state.withLock { UInt64($0.content.count) } : 4096
        return NodeAttributes(
            node: node, mode: mode, linkCount: 1, uid: 11, gid: 12, size: size, blocks: 8, accessed: time, modified: time,
            changed: time)
    }

    func entry(_ node: NodeID) -> Entry {
        Entry(
            node: node, attributes: attributes(of: node), entryTimeout: Self.forever, attributeTimeout: Self.forever)
    }

    func openGate() {
        state.withLock { $0.isGateOpen = true }
        state.broadcast()
    }

    // MARK: - Requests

    func initialize(_ connection: inout Connection) {
        connection.wanted.insert(.cachedSymbolicLinks)
        connection.wanted.remove(.readDirectoryPlusAutomatic)
        if !bringsEntriesAlong { connection.wanted.remove(.readDirectoryPlus) }
        state.withLock { $0.events.append("initialize") }
    }

    func stopping() {
        state.withLock { $0.events.append("stopping") }
        openGate()
    }

    func destroyed() {
        state.withLock { $0.events.append("destroyed") }
    }

    func lookup(_ name: FileName, in parent: NodeID, _ context: RequestContext, _ reply: consuming EntryReply) {
        let name = name.string
        let hasLateName = state.withLock { state in
            state.lookups[name, default: 0] += 1
            return state.hasLateName
        }
        if let node = Self.node(name, in: parent), name != "late" || hasLateName {
            reply.succeed(entry(node))
        } else {
            reply.succeed(.negative(timeout: Self.forever))
        }
    }

    func forget(_ node: NodeID, count: UInt64) {
        state.withLock { $0.forgotten[node, default: 0] += count }
        state.broadcast()
    }

    func attributes(
        of node: NodeID, handle: FileHandle?, _ context: RequestContext, _ reply: consuming AttributeReply
    ) {
        state.withLock { $0.attributeCalls += 1 }
        reply.succeed(attributes(of: node), timeout: Self.forever)
    }

    func setAttributes(
        of node: NodeID, _ changes: SetAttributes, _ context: RequestContext, _ reply: consuming AttributeReply
    ) {
        state.withLock { $0.change = changes }
        if changes.mode != nil {
            reply.fail(.EROFS)
        } else {
            reply.succeed(attributes(of: node), timeout: Self.forever)
        }
    }

    func readLink(_ node: NodeID, _ context: RequestContext, _ reply: consuming LinkReply) {
        guard case .link(let target) = Self.kind(of: node) else { return reply.fail(.EINVAL) }
        reply.succeed(target)
    }

    func open(_ node: NodeID, flags: OpenFlags, _ context: RequestContext, _ reply: consuming OpenReply) {
        if flags.isTruncating { state.withLock { $0.content = [] } }
        state.withLock { $0.openDescriptors += 1 }
        reply.succeed(OpenReplyInfo(handle: FileHandle(rawValue: node.rawValue + 7), directIO: true, noFlush: node.rawValue != 2))
    }

    func release(
        _ node: NodeID, handle: FileHandle, flags: OpenFlags, _ context: RequestContext, _ reply: consuming EmptyReply
    ) {
        state.withLock { $0.openDescriptors -= 1 }
        state.broadcast()
        reply.succeed()
    }

    func read(
        _ node: NodeID, handle: FileHandle, offset: Int64, size: Int, _ context: RequestContext,
        _ reply: consuming DataReply
    ) {
        guard handle.rawValue == node.rawValue + 7 else { return reply.fail(.EBADF) }
        switch Self.names[Int(node.rawValue)].name {
        case "dropped":
            return
        case "blocked", "silent":
            // the one says twice that it blocks, the other not at all
            if Self.names[Int(node.rawValue)].name == "blocked" {
                Session.workerWillBlock()
                Session.workerWillBlock()
            }
            state.withLock { $0.blocked += 1 }
            state.broadcast()
            state.wait(until: { $0.isGateOpen })
            succeed(reply, Array("opened\n".utf8), offset, size)
        case "later":
            let box = Mutex<DataReply?>(reply)
            let kept = LaterReply(box)
            startDetached { kept.answer(offset, size) }
        case "signalled":
            let kept = LaterReply(Mutex<DataReply?>(reply))
            startDetached { [state] in
                state.withLock { $0.blocked += 1 }
                state.broadcast()
                let isInterrupted = state.wait(atMost: 1_000_000) { state, _ -> Bool? in
                    kept.isInterrupted ? true : state.isGateOpen ? false : nil
                }
                kept.fail(isInterrupted ? .EINTR : .EIO)
            }
        default:
            let reader = ownThread()
            state.withLock { $0.reader = reader }
            succeed(reply, state.withLock { $0.content }, offset, size)
        }
    }

    func write(
        _ node: NodeID, handle: FileHandle, offset: Int64, _ data: UnsafeRawBufferPointer, _ context: RequestContext,
        _ reply: consuming WriteReply
    ) {
        guard !data.elementsEqual("full".utf8) else { return reply.fail(.ENOSPC) }
        state.withLock { $0.content = Array(data) }
        reply.succeed(written: data.count)
    }

    func poll(
        _ node: NodeID, handle: FileHandle, events: UInt32, notification: consuming PollHandle?,
        _ context: RequestContext, _ reply: consuming PollReply
    ) {
        var box: PollBox?
        if let notification { box = PollBox(notification) }
        let isReady = state.withLock { [box] state in
            state.pollHandle = box ?? state.pollHandle
            return state.isGateOpen
        }
        state.broadcast()
        reply.succeed(events: isReady ? UInt32(POLLPRI | POLLERR) : 0)
    }

    func openDirectory(_ node: NodeID, flags: OpenFlags, _ context: RequestContext, _ reply: consuming OpenReply) {
        reply.succeed(OpenReplyInfo(handle: FileHandle(rawValue: 0), keepCache: true, cacheDirectory: true))
    }

    func readDirectory(
        _ node: NodeID, handle: FileHandle, offset: Int64, size: Int, plus: Bool, _ context: RequestContext,
        _ reply: consuming DirectoryReply
    ) {
        guard case .directory(var names) = Self.kind(of: node) else { return reply.fail(.ENOTDIR) }
        let hasLateName = state.withLock { state in
            state.listings += 1
            return state.hasLateName
        }
        if node == .root, hasLateName { names.append("late") }
        for (index, name) in ([".", ".."] + names).enumerated().dropFirst(Int(offset)) {
            let next = Int64(index + 1)
            let isAdded =
                if let child = Self.node(name, in: node) {
                    reply.add(name, entry(child), nextOffset: next)
                } else {
                    reply.add(name, attributes(of: node), nextOffset: next)
                }
            guard isAdded else { break }
        }
        reply.succeed()
    }

    func statistics(of node: NodeID, _ context: RequestContext, _ reply: consuming StatisticsReply) {
        reply.succeed(FileSystemStatistics(blockSize: 512, blocks: 1234, files: 77))
    }
}

/// A reply that another thread answers.
final class LaterReply: Sendable {
    private let box: Mutex<DataReply?>

    init(_ box: consuming Mutex<DataReply?>) {
        self.box = box
    }

    var isInterrupted: Bool { box.withLock { $0?.isInterrupted ?? false } }

    func fail(_ error: Errno) {
        guard let reply = box.withLock({ $0.take() }) else { return }
        reply.fail(error)
    }

    func answer(_ offset: Int64, _ size: Int) {
        guard let reply = box.withLock({ $0.take() }) else { return }
        succeed(reply, Array("later\n".utf8), offset, size)
    }
}

func succeed(_ reply: consuming DataReply, _ bytes: [UInt8], _ offset: Int64, _ size: Int) {
    let rest = Array(bytes.dropFirst(Int(offset)).prefix(size))
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: rest.count, alignment: 1)
    defer { copy.deallocate() }
    copy.copyBytes(from: rest)
    reply.succeed(UnsafeRawBufferPointer(copy))
}

/// The calling thread's directory in /proc.
private func ownThread() -> String {
    var bytes = [CChar](repeating: 0, count: 64)
    let count = readlink("/proc/thread-self", &bytes, bytes.count)
    return "/proc/" + String(decoding: bytes.prefix(max(0, count)).map { UInt8(truncatingIfNeeded: $0) }, as: UTF8.self)
}
