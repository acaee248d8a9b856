public import VFS

/// What a recording asks of a machine.
public enum Request: Hashable, Sendable {
    /// System calls on a file.
    case file(FileRequest)
    /// System calls on a file, or a command, on a thread of its own, under a name.
    indirect case background(name: String, Request)
    /// The answer of a request in the background, or `blocked` when it has none after that time.
    case wait(name: String, Duration)
    /// A line written to a file of the control plane, and the time that the machine then gets.
    case command(ControlFile, String, pause: Duration)
    /// What a stream has gained since the last such request.
    case news(ControlFile)
    /// What has happened to a guest.
    case guestEvents(name: String)
    /// A scan of the bus, and time for what follows from it.
    case settle
    /// Time in which the machine comes to rest.
    case pause(Duration)
    /// Time in which nothing is asked.
    case sleep(Duration)
    /// Nothing, which is answered `ok`.
    case ping

    /// A file of the control plane, under `kernel/debug/apmatrix`. The last three are streams (`news`).
    public enum ControlFile: String, Hashable, Sendable {
        case machine, guests, modules, uevents, log, hardware
    }
}

/// One or more system calls on one path below the root of sysfs.
public enum FileRequest: Hashable, Sendable {
    /// Opens for writing; one write(2).
    case write(SysfsPath, [UInt8])
    /// Opens for writing; one write(2) for each of the data.
    case writes(SysfsPath, [[UInt8]])
    /// Opens for writing; one pwrite(2).
    case pwrite(SysfsPath, offset: Int, [UInt8])
    /// Opens for reading; to the end.
    case read(SysfsPath)
    /// Opens for reading; one pread(2) of at most 65536 bytes.
    case pread(SysfsPath, offset: Int, count: Int)
    /// The names in a directory.
    case list(SysfsPath)
    /// Every name below a directory.
    case tree(SysfsPath)
    /// The text of a link.
    case link(SysfsPath)
    /// lstat(2)
    case stat(SysfsPath)
    /// Opens and closes.
    case open(SysfsPath, OpenFlags)
    /// mkdir(2)
    case makeDirectory(SysfsPath)
    /// rmdir(2)
    case removeDirectory(SysfsPath)
    /// unlink(2)
    case unlink(SysfsPath)
    /// rename(2)
    case rename(SysfsPath, to: SysfsPath)
    /// symlink(2); the target is not looked at
    case symbolicLink(SysfsPath, to: [UInt8])
    /// truncate(2), the length in bytes
    case truncate(SysfsPath, length: Int)
    /// chmod(2), the permission bits
    case changeMode(SysfsPath, UInt16)
    /// access(2)
    case access(SysfsPath, AccessMode)
    /// The names in the order of getdents64(2), with the dots.
    case listing(SysfsPath)
    /// Every name below a directory, with what stat(2) says, and the contents of the files.
    case dump(SysfsPath)
    /// Opens for reading; read(2) of so many bytes, to the end.
    case reads(SysfsPath, count: Int)
    /// Opens for reading; sendfile(2)
    case send(SysfsPath)
    /// A call that changes what a node is.
    case node(NodeRequest)
    /// A call on a file that stays open, by the name that it was given.
    case held(String, HeldRequest)
}

/// One system call on a path: links, kinds, owners, times, extended attributes, programs (`NodeOperations`).
public enum NodeRequest: Hashable, Sendable {
    /// link(2)
    case link(SysfsPath, to: SysfsPath)
    /// mknod(2)
    case makeNode(SysfsPath, FileKind)
    /// renameat2(2)
    case rename(SysfsPath, to: SysfsPath, RenameWay)
    /// lchown(2); nil leaves what is there
    case changeOwner(SysfsPath, uid: UInt32?, gid: UInt32?)
    /// utimensat(2)
    case changeTimes(SysfsPath)
    /// execve(2)
    case execute(SysfsPath)
    /// lgetxattr(2)
    case extendedAttribute(SysfsPath, [UInt8])
    /// llistxattr(2)
    case extendedAttributes(SysfsPath)
    /// lsetxattr(2); without a value lremovexattr(2)
    case setExtendedAttribute(SysfsPath, [UInt8], to: [UInt8]?)
}

/// One system call on a file that stays open (`OpenFileOperations`).
public enum HeldRequest: Hashable, Sendable {
    /// open(2); a file of that name that is open is closed first
    case open(SysfsPath, OpenFlags)
    /// openat(2) in a directory that is open under this name
    case openAt(directory: String, SysfsPath, OpenFlags)
    /// close(2)
    case close
    /// read(2)
    case read(count: Int)
    /// pread(2)
    case pread(offset: Int, count: Int)
    /// write(2), or writev(2) of several pieces
    case write([[UInt8]])
    /// pwrite(2)
    case pwrite(offset: Int, [UInt8])
    /// lseek(2)
    case seek(Int, SeekStart)
    /// fstat(2)
    case status
    /// poll(2) without waiting
    case poll
    /// getdents64(2) with 280 bytes, until there are so many names or the end
    case names(count: Int)
    /// mmap(2)
    case map
    /// ftruncate(2)
    case truncate(length: Int)
    /// fsync(2)
    case synchronize
    /// ioctl(2)
    case control
    /// fallocate(2)
    case allocate
    /// fchmod(2)
    case changeMode(UInt16)
}
