/// A directory as the tree keeps it. Reachable only through the tree's lock; so what each request asks for needs no check at every access.
final class DirectoryRecord {
    /// Its first block (`Inode`).
    let number: UInt64
    let parent: UInt64
    let name: String
    let created: Timestamp
    @exclusivity(unchecked) var groups: [Group] = []
    /// Groups that have been taken away while a cache above the tree held the directory: who has one of their files open may ask for its
    /// status still. The latest few, oldest first.
    private(set) var goneGroups: [Group] = []
    private static let mostGoneGroups = 4
    private(set) var children = Children()
    var subdirectories: UInt32 = 0
    /// Files that have removed themselves (`Directory.removeSelf`).
    @exclusivity(unchecked) var removedFiles: Set<Inode> = []
    /// How often a cache above the tree holds the directory or something in it.
    var remembered: UInt64 = 0
    @exclusivity(unchecked) var isRemoved = false
    /// The blocks that it has taken besides the first one.
    private(set) var moreBlocks: [UInt64] = []
    /// The next slot of its last block.
    var nextSlot: UInt32 = 1
    /// The entries in their order. They follow from `children` and `groups`, as `linkNames` does; both are kept for large
    /// directories only: most are small and many.
    private var sorted: [DirectoryEntry]?
    private var linkNames: [Inode: String]?
    private static let small = 64

    /// A table of attributes and the number of its first row; the next rows have the next numbers.
    struct Group {
        let base: Inode
        let owner: Directory.AttributeOwner
        let columns: AttributeColumns
        let attributes: any AttributeGroup

        /// The row of a number; nil where the number is not the group's.
        func row(_ inode: Inode) -> Int? {
            let row = inode.rawValue &- base.rawValue
            return row < UInt64(columns.names.count) ? Int(row) : nil
        }
    }

    init(number: UInt64, parent: UInt64, name: String, created: Timestamp) {
        self.number = number
        self.parent = parent
        self.name = name
        self.created = created
    }

    var inode: Inode { Inode(block: number, slot: 0) }

    /// All that it has taken.
    var blocks: [UInt64] { [number] + moreBlocks }

    /// Two and one for each directory in it; 0 when it is gone.
    var linkCount: UInt32 { isRemoved ? 0 : 2 + subdirectories }

    // MARK: - Numbers

    /// Takes `count` numbers in a row, fewer than a block has, and returns the first of them.
    ///
    /// - Parameter takeBlock: gives the directory a block of its own.
    func takeNumbers(_ count: Int, takeBlock: () -> UInt64) -> Inode {
        if Int(nextSlot) + count > Int(Inode.slots) {
            moreBlocks.append(takeBlock())
            nextSlot = 1
        }
        defer { nextSlot += UInt32(count) }
        return Inode(block: moreBlocks.last ?? number, slot: nextSlot)
    }

    /// Takes an owner's groups away.
    ///
    /// - Returns: the groups of which nothing is known any more.
    func removeGroups(of owner: Directory.AttributeOwner) -> [Group] {
        let removed = groups.filter { $0.owner == owner }
        groups.removeAll { $0.owner == owner }
        namesChanged()
        guard remembered > 0 else { return removed }
        goneGroups += removed
        let surplus = max(0, goneGroups.count - DirectoryRecord.mostGoneGroups)
        defer { goneGroups.removeFirst(surplus) }
        return Array(goneGroups.prefix(surplus))
    }

    /// Forgets the groups that have been taken away.
    func forgetGoneGroups() -> [Group] {
        defer { goneGroups = [] }
        return goneGroups
    }

    /// The file that has the number, or had it a while ago.
    func formerAttribute(_ inode: Inode) -> (Group, row: Int)? {
        if let attribute = attribute(inode) { return attribute }
        for group in goneGroups {
            if let row = group.row(inode) { return (group, row) }
        }
        return nil
    }

    /// The file that has the number.
    func attribute(_ inode: Inode) -> (Group, row: Int)? {
        for group in groups {
            if let row = group.row(inode) { return (group, row) }
        }
        return nil
    }

    /// The name of the link that has the number.
    func link(_ inode: Inode) -> String? {
        if children.count > DirectoryRecord.small, linkNames == nil {
            var names: [Inode: String] = [:]
            for (name, child) in children.all {
                if case .link(let inode, _) = child { names[inode] = name }
            }
            linkNames = names
        }
        if let linkNames { return linkNames[inode] }
        for (name, child) in children.all {
            if case .link(inode, _) = child { return name }
        }
        return nil
    }

    // MARK: - Names

    func inode(named name: String) -> Inode? {
        if let inode = attribute(named: name) {
            return removedFiles.contains(inode) ? nil : inode
        }
        return children[name].map(inode)
    }

    /// Whether nothing has the name, not even a file that has removed itself.
    func isFree(_ name: String) -> Bool {
        attribute(named: name) == nil && children[name] == nil
    }

    /// The file of that name, one that has removed itself included.
    func attribute(named name: String) -> Inode? {
        for group in groups {
            if let row = group.columns.rowByName[name] { return group.base.row(row) }
        }
        return nil
    }

    private func inode(_ child: Children.Child) -> Inode {
        switch child {
        case .directory(let number): Inode(block: number, slot: 0)
        case .link(let inode, _): inode
        }
    }

    func setChild(_ name: String, _ child: Children.Child?) {
        children[name] = child
        namesChanged()
    }

    func namesChanged() {
        sorted = nil
        linkNames = nil
    }

    func sortedEntries() -> [DirectoryEntry] {
        if let sorted { return sorted }
        var entries: [DirectoryEntry] = []
        for group in groups {
            for (row, name) in group.columns.names.enumerated() where !removedFiles.contains(group.base.row(row)) {
                let inode = group.base.row(row)
                entries.append(DirectoryEntry(name: name, hash: NameHash(name), inode: inode, kind: .attribute))
            }
        }
        for (name, child) in children.all {
            let kind: NodeKind = if case .directory = child { .directory } else { .link }
            entries.append(DirectoryEntry(name: name, hash: NameHash(name), inode: inode(child), kind: kind))
        }
        entries.sort { $0.hash == $1.hash ? $0.name < $1.name : $0.hash < $1.hash }
        if entries.count > DirectoryRecord.small { sorted = entries }
        return entries
    }
}
