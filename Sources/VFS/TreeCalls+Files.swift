internal import SystemAdditions
public import SystemPackage

extension TreeCalls {
    /// Everything that is in a file, as `cat` prints it.
    ///
    /// - Throws: what opening or reading it answers.
    public func text(of path: SysfsPath) throws(Errno) -> String {
        let file = try open(path, .readOnly)
        defer { close(file) }
        var bytes: [UInt8] = []
        while true {
            let more = try read(file, at: bytes.count, count: 1 << 16)
            guard !more.isEmpty else { return String(decoding: bytes, as: UTF8.self) }
            bytes += more
        }
    }

    /// Writes a text with one `write(2)`, as `printf '%s' TEXT > PATH` does.
    ///
    /// - Throws: what opening or writing it answers; `E2BIG` where only the beginning was taken.
    public func write(_ text: String, to path: SysfsPath) throws(Errno) {
        let file = try open(path, [.writeOnly, .truncate])
        defer { close(file) }
        guard try write(file, Array(text.utf8), at: 0) == text.utf8.count else { throw .E2BIG }
    }
}
