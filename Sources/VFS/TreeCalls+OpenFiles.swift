internal import Kernels
internal import Sysfs
internal import SystemAdditions
public import SystemPackage

// What Linux does with a file that is open, kernfs asked where it has something to say. Kernel: fs/read_write.c, fs/libfs.c,
// fs/kernfs/file.c, fs/kernfs/dir.c.
extension TreeCalls {
    /// read(2). A file's place moves on by what was read.
    ///
    /// - Throws: as `read(_:at:count:)`.
    public func read(_ file: File, count: Int) throws(Errno) -> [UInt8] {
        let offset = file.offset
        let bytes = try read(file, at: offset, count: count)
        file.offset = offset + bytes.count
        return bytes
    }

    /// writev(2): one store, however many pieces. A file's place moves on by what was taken.
    ///
    /// - Throws: as `write(_:_:at:)`.
    public func write(_ file: File, pieces: [[UInt8]]) throws(Errno) -> Int {
        let offset = file.offset
        let count = try write(file, pieces.flatMap(\.self), at: offset)
        file.offset = offset + count
        return count
    }

    /// lseek(2). A file counts as long as its page, a directory as empty.
    ///
    /// - Throws: `EBADF` with `O_PATH`; `ENODEV` of an attribute that is gone, where the release looks; `ENXIO` for data or a hole
    ///   behind the end; `EINVAL` for a place before the start, or behind the largest file.
    public func seek(_ file: File, to offset: Int, from start: SeekStart) throws(Errno) -> Int {
        guard !file.isPath else { throw .EBADF }
        if case .attribute(let open) = file.content, tree.release.has(.goneFilesCannotBeSought), tree.isGone(open.inode) {
            throw .ENODEV
        }
        let end = Int(clamping: file.status.size)
        let place: Int
        switch start {
        case .set: place = offset
        case .current: place = file.offset &+ offset
        case .end: place = end &+ offset
        case .data, .hole:
            guard offset >= 0, offset < end else { throw .ENXIO }
            place = start == .data ? offset : end
        }
        guard place >= 0, place <= tree.release.largestFileSize else { throw .EINVAL }
        file.offset = place
        if case .directory = file.content, place == 0 { file.listed = .nothing }
        return place
    }

    /// fstat(2), which what is gone answers too; with some releases it has no links then.
    ///
    /// - Throws: nothing.
    public func status(of file: File) throws(Errno) -> FileStatus {
        let status = FileStatus(file.status)
        guard tree.isGone(file.inode) else { return status }
        let links: UInt64 = tree.release.has(.goneFilesHaveNoLinks) ? 0 : status.kind == .directory ? 2 : 1
        return FileStatus(
            kind: status.kind, mode: status.mode, linkCount: links, size: status.size, uid: status.uid, gid: status.gid)
    }

    /// poll(2). Always readable and writable; exceptional is an attribute that was not read yet, or is gone.
    public func poll(_ file: File) throws(Errno) -> [PollEvent] {
        switch file.content {
        case .path: [.invalid]
        case .directory: [.input, .output, .normalInput, .normalOutput]
        case .attribute(let open) where open.hasEvent:
            [.input, .output, .priority, .error, .normalInput, .normalOutput]
        case .attribute: [.input, .output, .normalInput, .normalOutput]
        }
    }

    /// mmap(2): no attribute can be mapped.
    ///
    /// - Throws: `EBADF` with `O_PATH`, `EACCES` where the file is not open for reading, else `ENODEV`.
    public func map(_ file: File) throws(Errno) {
        guard !file.isPath else { throw .EBADF }
        throw file.flags.reads ? .ENODEV : .EACCES
    }

    /// ftruncate(2): cuts nothing off.
    ///
    /// - Throws: `EBADF` with `O_PATH`; `EINVAL` for a length below 0, for a directory, and for what is not open for writing;
    ///   `EFBIG` for more than the release takes.
    public func truncate(_ file: File, to length: Int) throws(Errno) {
        guard length >= 0 else { throw .EINVAL }
        guard !file.isPath else { throw .EBADF }
        guard case .attribute = file.content, file.flags.writes else { throw .EINVAL }
        guard length <= tree.release.largestFileSize else { throw .EFBIG }
    }

    /// fsync(2), to no effect.
    ///
    /// - Throws: `EBADF` with `O_PATH`, `EINVAL` for a directory.
    public func synchronize(_ file: File) throws(Errno) {
        switch file.content {
        case .path: throw .EBADF
        case .directory: throw .EINVAL
        case .attribute: break
        }
    }

    /// ioctl(2): nothing here is a terminal.
    ///
    /// - Throws: `EBADF` with `O_PATH`, else `ENOTTY`.
    public func control(_ file: File) throws(Errno) {
        throw file.isPath ? .EBADF : .ENOTTY
    }

    /// fallocate(2): nothing here has space.
    ///
    /// - Throws: `EBADF` where the file is not open for writing, else `EOPNOTSUPP`.
    public func allocate(_ file: File) throws(Errno) {
        throw !file.isPath && file.flags.writes ? .EOPNOTSUPP : .EBADF
    }

    /// fchmod(2)
    ///
    /// - Throws: `EBADF` with `O_PATH`.
    public func changeMode(of file: File, to mode: UInt16) throws(Errno) {
        guard !file.isPath else { throw .EBADF }
        file.change { $0.mode = Permissions(rawValue: mode & 0o7777) }
    }

    /// sendfile(2): what one read gives.
    ///
    /// - Throws: `EINVAL` of a directory, else as `read`.
    public func send(_ file: File) throws(Errno) -> [UInt8] {
        if case .directory = file.content { throw .EINVAL }
        return try read(file, count: 1 << 16)
    }
}
