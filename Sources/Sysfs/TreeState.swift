internal import Journals
internal import SystemAdditions
internal import SystemPackage

/// What a tree's lock guards.
struct TreeState {
    /// Where the search for a free block goes on (`Inode`).
    var nextBlock: UInt64 = 1
    /// Every directory that is alive, remembered by a cache or being removed, by each of its blocks.
    var directories: [UInt64: DirectoryRecord] = [:]
    /// The file of every callback that runs; a removal waits until there are none. Few: there are not more than threads.
    var running: [Inode] = []
    /// How many wait for callbacks to end.
    var drains = 0
    /// Files whose own store removes them (`Directory.removeSelf`).
    var selfRemovals: Set<Inode> = []
    /// What users have set with chmod, chown and utimens.
    var overrides: [Inode: NodeStatus] = [:]
    /// What has changed since the last `Tree.takeChanges`; nil until `Tree.recordChanges`.
    var changes: [Change]?
    var uid: UInt32
    var gid: UInt32
    /// To be counted on with every removal of a file.
    let removals: Removals
    let now: @Sendable () -> Timestamp

    init(uid: UInt32, gid: UInt32, removals: Removals, now: @escaping @Sendable () -> Timestamp) {
        self.uid = uid
        self.gid = gid
        self.removals = removals
        self.now = now
        directories[0] = DirectoryRecord(number: 0, parent: 0, name: "", created: now())
    }

    /// The directory if it is still in the tree.
    func live(_ number: UInt64) -> DirectoryRecord? {
        guard let record = directories[number], !record.isRemoved else { return nil }
        return record
    }

    mutating func makeDirectory(_ name: String, in parent: DirectoryRecord) -> DirectoryRecord {
        let record = DirectoryRecord(number: takeBlock(), parent: parent.number, name: name, created: now())
        directories[record.number] = record
        parent.setChild(name, .directory(record.number))
        parent.subdirectories += 1
        noteChange(name, in: parent)
        return record
    }

    /// A block that nobody has; the caller enters its directory.
    private mutating func takeBlock() -> UInt64 {
        while nextBlock >= Inode.blocks || directories[nextBlock] != nil {
            nextBlock = nextBlock < Inode.blocks ? nextBlock + 1 : 1
        }
        defer { nextBlock += 1 }
        return nextBlock
    }

    /// Takes `count` numbers in a row for files or links of a directory, and returns the first of them.
    mutating func takeNumbers(_ count: Int, in record: DirectoryRecord) -> Inode {
        record.takeNumbers(count) {
            let block = takeBlock()
            directories[block] = record
            return block
        }
    }

    mutating func noteChange(_ name: String, in record: DirectoryRecord) {
        changes?.append(.entry(name: name, directory: record.inode))
    }

    mutating func dropIfUnused(_ record: DirectoryRecord) {
        guard record.isRemoved, record.remembered == 0 else { return }
        let blocks = record.blocks
        for block in blocks { directories[block] = nil }
        if !overrides.isEmpty { overrides = overrides.filter { !blocks.contains($0.key.block) } }
    }

    /// Forgets what users have set of the files of groups.
    mutating func dropOverrides(of groups: [DirectoryRecord.Group]) {
        guard !overrides.isEmpty else { return }
        for group in groups {
            for row in group.columns.names.indices { overrides[group.base.row(row)] = nil }
        }
    }

    // MARK: - stat

    func status(_ inode: Inode) throws(Errno) -> NodeStatus {
        guard let record = directories[inode.block] else { throw .ENOENT }
        if var status = overrides[inode] {
            if status.kind == .directory { status.linkCount = record.linkCount }
            return status
        }
        let kind: NodeKind
        let mode: Permissions
        let size: UInt64
        var isGrowing = false
        if inode == record.inode {
            kind = .directory
            mode = .directory
            size = 0
        } else if let (group, row) = record.formerAttribute(inode) {
            kind = .attribute
            mode = group.columns.modes[row]
            size = UInt64(Page.size)
            isGrowing = group.columns.journals.contains(row)
        } else if record.link(inode) != nil {
            kind = .link
            mode = .link
            size = 0
        } else {
            throw .ENOENT
        }
        return NodeStatus(
            inode: inode, kind: kind, mode: mode, linkCount: kind == .directory ? record.linkCount : 1, uid: uid, gid: gid,
            accessed: record.created, modified: record.created, changed: record.created, size: size, isGrowing: isGrowing)
    }

    /// The journal that a file shows, if it shows one.
    func journal(_ inode: Inode) -> (any SharedJournal)? {
        guard let (group, row) = directories[inode.block]?.formerAttribute(inode) else { return nil }
        return group.attributes.journal(row)
    }

    // MARK: - Paths

    /// The directories from the root down to this one, the root not included.
    private func chain(_ record: DirectoryRecord) -> [DirectoryRecord] {
        var chain: [DirectoryRecord] = []
        var at: DirectoryRecord? = record
        while let here = at, here.number != 0 {
            chain.append(here)
            at = directories[here.parent]
        }
        return chain.reversed()
    }

    func path(of record: DirectoryRecord) -> String {
        var path = ""
        path.reserveCapacity(64)
        appendPath(of: record, to: &path)
        return path
    }

    private func appendPath(of record: DirectoryRecord, to path: inout String) {
        guard record.number != 0 else { return }
        if let parent = directories[record.parent] { appendPath(of: parent, to: &path) }
        path += "/"
        path += record.name
    }

    /// The text of a link: up to the deepest common directory, then down. The target itself never counts as common.
    ///
    /// Kernel: fs/kernfs/symlink.c, kernfs_get_target_path.
    func relativePath(from record: DirectoryRecord, to target: UInt64) -> String {
        let here = chain(record)
        let there = directories[target].map(chain) ?? []
        var common = 0
        while common < here.count, common < there.count - 1, here[common] === there[common] { common += 1 }
        let up = Array(repeating: "..", count: here.count - common)
        return (up + there[common...].map(\.name)).joined(separator: "/")
    }
}
