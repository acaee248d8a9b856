public import SystemPackage

/// The system calls on a file that stays open, with a place in it that they move on.
///
/// Every function may be called from any thread, with no lock held. Of what was opened with `O_PATH` all but the status and a name
/// below it are `EBADF`.
public protocol OpenFileOperations: FileOperations where File: Sendable {
    /// openat(2): a path that begins at a directory which is open.
    ///
    /// - Throws: what openat(2) answers.
    func open(_ path: SysfsPath, in directory: File, _ flags: OpenFlags) throws(Errno) -> File
    /// read(2); empty at the end.
    ///
    /// - Throws: what read(2) answers.
    func read(_ file: File, count: Int) throws(Errno) -> [UInt8]
    /// writev(2) of one piece or several; how many bytes were taken.
    ///
    /// - Throws: what writev(2) answers.
    func write(_ file: File, pieces: [[UInt8]]) throws(Errno) -> Int
    /// lseek(2); the new place.
    ///
    /// - Throws: what lseek(2) answers.
    func seek(_ file: File, to offset: Int, from start: SeekStart) throws(Errno) -> Int
    /// fstat(2)
    ///
    /// - Throws: what fstat(2) answers.
    func status(of file: File) throws(Errno) -> FileStatus
    /// poll(2) for everything, without waiting.
    ///
    /// - Throws: what poll(2) answers.
    func poll(_ file: File) throws(Errno) -> [PollEvent]
    /// One getdents64(2) of a directory, the dots included, in the order in which Linux lists; none at the end.
    ///
    /// - Parameter size: of the buffer, in bytes.
    /// - Throws: what getdents64(2) answers.
    func nextNames(of directory: File, size: Int) throws(Errno) -> [DirectoryName]
    /// mmap(2) of a page that is shared and read, and munmap(2).
    ///
    /// - Throws: what mmap(2) answers.
    func map(_ file: File) throws(Errno)
    /// ftruncate(2), the length in bytes.
    ///
    /// - Throws: what ftruncate(2) answers.
    func truncate(_ file: File, to length: Int) throws(Errno)
    /// fsync(2)
    ///
    /// - Throws: what fsync(2) answers.
    func synchronize(_ file: File) throws(Errno)
    /// ioctl(2) with `TCGETS`: is it a terminal?
    ///
    /// - Throws: what ioctl(2) answers.
    func control(_ file: File) throws(Errno)
    /// fallocate(2) of a page.
    ///
    /// - Throws: what fallocate(2) answers.
    func allocate(_ file: File) throws(Errno)
    /// fchmod(2), the permission bits.
    ///
    /// - Throws: what fchmod(2) answers.
    func changeMode(of file: File, to mode: UInt16) throws(Errno)
    /// sendfile(2) of up to 65536 bytes from where the file is, into a pipe; what came out of it.
    ///
    /// - Throws: what sendfile(2) answers.
    func send(_ file: File) throws(Errno) -> [UInt8]
}

/// From where lseek(2) counts, as a recording writes it.
public enum SeekStart: String, Hashable, Sendable, CaseIterable {
    /// `SEEK_SET`, `SEEK_CUR`, `SEEK_END`, `SEEK_DATA` and `SEEK_HOLE`.
    case set, current = "cur", end, data, hole
}

/// What poll(2) tells of a file, by its name without `POLL`, in the order in which a recording lists them.
public enum PollEvent: String, Hashable, Sendable, CaseIterable {
    /// Of these poll(2) asks for all but `ERR`, `HUP` and `NVAL`, which it tells unasked.
    case input = "IN", output = "OUT", priority = "PRI", error = "ERR", hangUp = "HUP", invalid = "NVAL", normalInput = "RDNORM",
        normalOutput = "WRNORM"
}
