internal import SystemAdditions
internal import VFS

extension HeldRequest {
    /// Reads the words of a line, of which the second is the name of the file; nil for any other request.
    init?(_ tokens: [[UInt8]]) {
        func text(_ index: Int) -> String { String(latin1: tokens[index]) }
        switch (text(0), tokens.count - 1) {
        case ("fopen", 3):
            guard let flags = OpenFlags(text(3)) else { return nil }
            self = .open(SysfsPath(tokens[2]), flags)
        case ("fopenat", 4):
            guard let flags = OpenFlags(text(4)) else { return nil }
            self = .openAt(directory: text(2), SysfsPath(tokens[3]), flags)
        case ("fclose", 1): self = .close
        case ("fread", 2):
            guard let count = number(text(2)), count >= 0 else { return nil }
            self = .read(count: count)
        case ("fpread", 3):
            guard let offset = number(text(2)), let count = number(text(3)), count >= 0 else { return nil }
            self = .pread(offset: offset, count: count)
        case ("fwrite", 2): self = .write([tokens[2]])
        case ("fwritev", 2...): self = .write(Array(tokens[2...]))
        case ("fpwrite", 3):
            guard let offset = number(text(2)) else { return nil }
            self = .pwrite(offset: offset, tokens[3])
        case ("fseek", 3):
            guard let offset = number(text(2)), let start = SeekStart(rawValue: text(3)) else { return nil }
            self = .seek(offset, start)
        case ("fstat", 1): self = .status
        case ("fpoll", 1): self = .poll
        case ("freaddir", 2):
            guard let count = number(text(2)) else { return nil }
            self = .names(count: count)
        case ("fmmap", 1): self = .map
        case ("ftruncate", 2):
            guard let length = number(text(2)) else { return nil }
            self = .truncate(length: length)
        case ("fsync", 1): self = .synchronize
        case ("fioctl", 1): self = .control
        case ("ffallocate", 1): self = .allocate
        case ("fchmod", 2):
            guard let mode = number(text(2), base: 8) else { return nil }
            self = .changeMode(UInt16(truncatingIfNeeded: mode))
        default: return nil
        }
    }
}
