/// A directory as the tree keeps it. Reachable only through the tree's lock.
final class DirectoryRecord {
    let number: UInt64
    let parent: UInt64
    let name: String
    let created: Timestamp
    var groups: [Group] = []
    private(set) var children = Children()
    var subdirectories: UInt32 = 0
    /// Files that have removed themselves (`Directory.removeSelf`).
    var removedSlots: Set<UInt32> = []
    /// How often a cache above the tree holds the directory or something in it.
    var remembered: UInt64 = 0
    var isRemoved = false
    private var nextSlot: UInt32 = 1
    /// The entries in their order. They follow from `children` and `groups`, as `linkNames` does; both are kept for large
    /// directories only: most are small and many.
    private var sorted: [DirectoryEntry]?
    private var linkNames: [UInt32: String]?
    private static let small = 64

    /// A table of attributes and the slot of its first row; row *n* has slot `base` + *n*.
    struct Group {
        let base: UInt32
        let owner: Directory.AttributeOwner
        let columns: AttributeColumns
        let attributes: any AttributeGroup

        /// The row of a slot; nil where the slot is not the group's.
        func row(_ slot: UInt32) -> Int? {
            slot >= base && slot < base + UInt32(columns.names.count) ? Int(slot - base) : nil
        }
    }

    init(number: UInt64, parent: UInt64, name: String, created: Timestamp) {
        self.number = number
        self.parent = parent
        self.name = name
        self.created = created
    }

    var inode: Inode { Inode(directory: number, slot: 0) }

    /// Two and one for each directory in it; 0 when it is gone.
    var linkCount: UInt32 { isRemoved ? 0 : 2 + subdirectories }

    // MARK: - Slots

    /// Takes `count` slots in a row: the next ones, and from 1 on again once a directory has used up its 2^24.
    func takeSlots(_ count: Int) -> UInt32 {
        if nextSlot + UInt32(count) > Inode.slots { nextSlot = 1 }
        defer { nextSlot += UInt32(count) }
        return nextSlot
    }

    func attribute(_ slot: UInt32) -> (Group, row: Int)? {
        for group in groups {
            if let row = group.row(slot) { return (group, row) }
        }
        return nil
    }

    /// The name of the link in a slot.
    func childBySlot(_ slot: UInt32) -> String? {
        if children.count > DirectoryRecord.small, linkNames == nil {
            var names: [UInt32: String] = [:]
            for (name, child) in children.all {
                if case .link(let slot, _) = child { names[slot] = name }
            }
            linkNames = names
        }
        if let linkNames { return linkNames[slot] }
        for (name, child) in children.all {
            if case .link(slot, _) = child { return name }
        }
        return nil
    }

    // MARK: - Names

    func inode(named name: String) -> Inode? {
        if let inode = attribute(named: name) {
            return removedSlots.contains(inode.slot) ? nil : inode
        }
        return children[name].map(inode)
    }

    /// The file of that name, one that has removed itself included.
    func attribute(named name: String) -> Inode? {
        for group in groups {
            if let row = group.columns.rowByName[name] {
                return Inode(directory: number, slot: group.base + UInt32(row))
            }
        }
        return nil
    }

    private func inode(_ child: Children.Child) -> Inode {
        switch child {
        case .directory(let number): Inode(directory: number, slot: 0)
        case .link(let slot, _): Inode(directory: number, slot: slot)
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
            for (row, name) in group.columns.names.enumerated() where !removedSlots.contains(group.base + UInt32(row)) {
                let inode = Inode(directory: number, slot: group.base + UInt32(row))
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
