public import VFS

/// What a recording asks of a machine.
public enum Request: Hashable, Sendable {
    /// System calls on a file.
    case file(FileRequest)
    /// The same on a thread of its own, under a name.
    case background(name: String, FileRequest)
    /// The answer of a request in the background, or `blocked` when it has none after that time.
    case wait(name: String, Duration)
    /// A line written to a file of the control plane, and the time that the machine then gets.
    case command(ControlFile, String, pause: Duration)
    /// An adapter is pulled out of the machine; nothing happens if there is none.
    case removeAdapter(String)
    /// What a stream has gained since the last such request.
    case news(ControlFile)
    /// What has happened to a guest.
    case guestEvents(name: String)
    /// A scan of the bus, and time for what follows from it.
    case settle
    /// Time in which nothing is asked.
    case pause(Duration)
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
}
