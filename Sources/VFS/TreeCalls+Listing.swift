internal import Sysfs
internal import SystemAdditions
public import SystemPackage

extension TreeCalls {
    /// getdents64(2): as many names as the buffer has room for, in the order of their hashes, from where the last call has ended.
    ///
    /// A name that has come meanwhile is told if its place is still ahead. Of a directory that is gone the dots are told.
    ///
    /// - Throws: `EBADF` with `O_PATH`, `ENOTDIR` where it is no directory, `EINVAL` where the buffer is too small for the next name.
    ///
    /// Kernel: fs/kernfs/dir.c, kernfs_fop_readdir; fs/readdir.c, filldir64.
    public func nextNames(of directory: File, size: Int) throws(Errno) -> [DirectoryName] {
        guard !directory.isPath else { throw .EBADF }
        guard case .directory = directory.content else { throw .ENOTDIR }
        var names: [DirectoryName] = []
        var room = size
        func take(_ name: String, _ kind: NodeKind) -> Bool {
            let bytes = name.latin1
            room -= Self.recordSize(bytes.count)
            guard room >= 0 else { return false }
            names.append(DirectoryName(name: bytes, kind: FileKind(kind)))
            return true
        }
        listing: do {
            if case .nothing = directory.listed {
                guard take(".", .directory) else { break listing }
                directory.listed = .dot
            }
            if case .dot = directory.listed {
                guard take("..", .directory) else { break listing }
                directory.listed = .dotDot
            }
            for entry in try tree.entries(of: directory.inode) where directory.isAhead(entry) {
                guard take(entry.name, entry.kind) else { break listing }
                directory.listed = .name(entry.hash, entry.name)
            }
        }
        guard !names.isEmpty || room >= 0 else { throw .EINVAL }
        return names
    }

    /// What a name takes in the buffer: its inode, offset, length and kind, the name, a NUL, and what is missing to a multiple of eight.
    private static func recordSize(_ length: Int) -> Int { (19 + length + 1 + 7) & ~7 }
}

extension TreeCalls.File {
    fileprivate func isAhead(_ entry: DirectoryEntry) -> Bool {
        guard case .name(let hash, let name) = listed else { return true }
        return (entry.hash.rawValue, entry.name) > (hash.rawValue, name)
    }
}
