internal import LockOrder
internal import SystemAdditions
public import SystemPackage

/// A directory of the tree, as a driver holds it.
///
/// Every function may be called with any ranked lock held, and none takes one; but none may be called with a leaf held, for the
/// tree has one too. The functions that remove something wait for the callbacks that run on it; so hold nothing there that
/// those callbacks take.
public struct Directory: Sendable {
    /// The tree that the directory is in, or was in.
    public let tree: Tree
    let number: UInt64

    /// The number that `stat` shows. It stays when the directory is gone.
    public var inode: Inode { Inode(block: number, slot: 0) }

    /// The path from the root of the tree, with a leading slash: the DEVPATH of a device. Empty for the root, and for a directory
    /// that is gone and that no cache remembers.
    public var path: String {
        tree.state.withLock { state in
            state.directories[number].map { state.path(of: $0) } ?? ""
        }
    }

    /// Whether something of that name is in the directory.
    public func contains(_ name: String) -> Bool {
        tree.state.withLock { $0.live(number)?.inode(named: name) != nil }
    }

    // MARK: - Adding

    /// Makes an empty directory in this one.
    ///
    /// - Throws: `EEXIST` where the name is taken, `ENOENT` where this directory is gone.
    ///
    /// Kernel: fs/sysfs/dir.c, sysfs_create_dir_ns.
    @discardableResult
    public func makeDirectory(_ name: String) throws(Errno) -> Directory {
        try tree.state.withLock { state throws(Errno) in
            guard let record = state.live(number) else { throw .ENOENT }
            guard record.inode(named: name) == nil else { throw .EEXIST }
            return Directory(tree: tree, number: state.makeDirectory(name, in: record).number)
        }
    }

    /// The directory of that name, made if it is missing.
    ///
    /// - Throws: `EEXIST` where a link or a file has the name, `ENOENT` where this directory is gone.
    public func directory(_ name: String) throws(Errno) -> Directory {
        try tree.state.withLock { state throws(Errno) in
            guard let record = state.live(number) else { throw .ENOENT }
            switch record.children[name] {
            case .directory(let child)?: return Directory(tree: tree, number: child)
            case .link?: throw .EEXIST
            case nil where record.inode(named: name) != nil: throw .EEXIST
            case nil: return Directory(tree: tree, number: state.makeDirectory(name, in: record).number)
            }
        }
    }

    /// Adds a link to a directory; a name that is taken is left as it is, and a directory that is gone gets no link.
    ///
    /// Kernel: fs/sysfs/symlink.c, sysfs_create_link.
    public func addLink(_ name: String, to target: Directory) {
        tree.state.withLock { state in
            guard let record = state.live(number), record.inode(named: name) == nil else { return }
            record.setChild(name, .link(state.takeNumbers(1, in: record), target: target.number))
            state.noteChange(name, in: record)
        }
    }

    /// Whose a directory's files are: their owner adds them, and takes them away again (`removeAttributes`).
    public enum AttributeOwner: Sendable {
        /// They are there as long as the device.
        case device
        /// They are there while a driver has the device, or while the driver itself is registered.
        case driver
    }

    /// Adds the files of a table, bound to the object they speak of; a directory that is gone gets none. Their names must be
    /// free: two of one name are a mistake in the program, which ends.
    ///
    /// Kernel: fs/sysfs/group.c, sysfs_create_groups.
    public func addAttributes<Object: Sendable>(
        _ table: AttributeTable<Object>, of object: Object, by owner: AttributeOwner = .device
    ) {
        tree.state.withLock { state in
            guard let record = state.live(number) else { return }
            for name in table.columns.names {
                precondition(record.isFree(name), "\(record.name) has a '\(name)' already")
            }
            let base = state.takeNumbers(table.rows.count, in: record)
            let group = BoundTable(table, object)
            record.groups.append(DirectoryRecord.Group(base: base, owner: owner, columns: table.columns, attributes: group))
            record.namesChanged()
            if state.changes != nil {
                for name in table.columns.names { state.noteChange(name, in: record) }
            }
        }
    }

    // MARK: - Removing

    /// Removes the link of that name. A directory or a file of that name stays.
    ///
    /// Kernel: fs/sysfs/symlink.c, sysfs_remove_link.
    public func removeLink(_ name: String) {
        tree.state.withLock { state in
            guard let record = state.live(number), case .link? = record.children[name] else { return }
            record.setChild(name, nil)
            state.noteChange(name, in: record)
        }
    }

    /// Removes the files that an owner has added, and waits until none of them is being shown or stored.
    ///
    /// Must not be called from a callback of one of them.
    public func removeAttributes(by owner: AttributeOwner) {
        var removed: Set<Inode> = []
        tree.state.withLock { state in
            guard let record = state.live(number) else { return }
            for group in record.groups where group.owner == owner {
                for (row, name) in group.columns.names.enumerated() {
                    removed.insert(group.base.row(row))
                    state.noteChange(name, in: record)
                }
            }
            state.removals.countOne()
            state.dropOverrides(of: record.removeGroups(of: owner))
        }
        tree.drain { removed.contains($0) }
    }

    /// Removes the directory and everything in it, and waits until no file in it is being shown or stored, but for files that
    /// remove themselves (`removeSelf`).
    ///
    /// Kernel: fs/kernfs/dir.c, kernfs_remove.
    public func remove() {
        var removed: Set<UInt64> = []
        tree.state.withLock { state in
            guard let record = state.live(number) else { return }
            state.unlink(record)
            removed = state.retire(record)
        }
        tree.drain { removed.contains($0.block) }
        tree.state.withLock { state in
            for number in removed {
                guard let record = state.directories[number] else { continue }
                state.dropIfUnused(record)
            }
        }
    }

    /// Removes the directory if neither a directory, a link nor a file is in it.
    public func removeIfEmpty() {
        tree.state.withLock { state in
            guard let record = state.live(number), record.children.isEmpty, record.groups.isEmpty else { return }
            state.unlink(record)
            for number in state.retire(record) { state.directories[number].map { state.dropIfUnused($0) } }
        }
    }

    /// A file of this directory whose show or store runs, for that show or store; get it at its beginning.
    public func runningFile(_ name: String) -> RunningFile {
        RunningFile(tree: tree, inode: tree.state.withLock { $0.directories[number]?.attribute(named: name) })
    }

    /// Removes a file from within its own store, then runs the rest of the store. Of several callers at once one does so;
    /// the others wait until it has finished, and return.
    ///
    /// - Throws: what `rest` throws; the file is gone all the same. The callers that wait throw nothing.
    ///
    /// Kernel: fs/kernfs/dir.c, kernfs_remove_self.
    public func removeSelf(_ name: String, _ rest: () throws(Errno) -> Void) throws(Errno) {
        enum Finding { case winner(Inode), loser(Inode), gone }
        let finding: Finding = tree.state.withLock { state in
            guard let record = state.directories[number], let inode = record.attribute(named: name) else { return .gone }
            if record.removedFiles.insert(inode).inserted {
                state.removals.countOne()
                record.namesChanged()
                state.noteChange(name, in: record)
                state.selfRemovals.insert(inode)
                return .winner(inode)
            }
            guard state.selfRemovals.contains(inode) else { return .gone }
            state.drains += 1
            return .loser(inode)
        }
        switch finding {
        case .gone: return
        case .winner(let inode):
            defer {
                tree.state.withLock { _ = $0.selfRemovals.remove(inode) }
                tree.state.notifyAll()
            }
            try rest()
        case .loser(let inode):
            tree.state.wait { state -> Void? in
                guard !state.selfRemovals.contains(inode) else { return nil }
                state.drains -= 1
                return ()
            }
        }
    }
}

extension TreeState {
    fileprivate mutating func unlink(_ record: DirectoryRecord) {
        // the root is in nothing
        guard record.number != record.parent, let parent = directories[record.parent] else { return }
        parent.setChild(record.name, nil)
        parent.subdirectories -= 1
        noteChange(record.name, in: parent)
    }

    /// Takes a directory and all below it out of the tree: no path leads to them any more. Returns their blocks.
    fileprivate mutating func retire(_ top: DirectoryRecord) -> Set<UInt64> {
        removals.countOne()
        var retired: Set<UInt64> = []
        var todo = [top]
        while let record = todo.popLast() {
            record.isRemoved = true
            retired.formUnion(record.blocks)
            if changes != nil { changes?.append(.removed(record.inode)) }
            for case .directory(let child) in record.children.all.map(\.child) {
                if let child = directories[child] { todo.append(child) }
            }
        }
        return retired
    }
}
