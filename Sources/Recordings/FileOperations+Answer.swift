internal import SystemAdditions
internal import SystemPackage
public import VFS

extension OpenFileOperations where Self: NodeOperations {
    /// Makes the system calls of a request: `ok …`, `err ENAME`, or `err open ENAME` where the open before them failed.
    ///
    /// - Parameter held: the files that stay open; those of the same calls.
    public func answer(_ request: FileRequest, held: HeldFiles = HeldFiles()) -> String {
        do throws(Errno) {
            return try text(request, held)
        } catch {
            return "err \(error.word)"
        }
    }

    private func text(_ request: FileRequest, _ held: HeldFiles) throws(Errno) -> String {
        switch request {
        case .held(let name, let request): return try text(request, of: name, held)
        case .node(let request): return try text(request)
        case .listing(let path): return try listing(path)
        case .dump(let path):
            _ = try status(of: path)
            var text: [UInt8] = []
            addDump(path, below: [], to: &text)
            return "ok " + CEscapes.quote(text)
        case .reads(let path, let count): return try readInPieces(path, count)
        case .send(let path):
            return try withFile(path, .readOnly) { file throws(Errno) in try "ok " + CEscapes.quote(send(file)) }
        case .write(let path, let data): return try write(path, data, at: 0)
        case .pwrite(let path, let offset, let data): return try write(path, data, at: offset)
        case .writes(let path, let data): return try writes(path, data)
        case .read(let path): return try readToEnd(path)
        case .pread(let path, let offset, let count): return try read(path, at: offset, count: count)
        case .list(let path): return try "ok" + sortedNames(in: path).map { " " + $0.listed }.joined()
        case .tree(let path):
            _ = try status(of: path)
            var text: [UInt8] = []
            addTree(path, below: [], to: &text)
            return "ok " + CEscapes.quote(text)
        case .link(let path): return try "ok " + CEscapes.quote(target(of: path))
        case .stat(let path): return try "ok " + status(of: path).text
        case .open(let path, let flags): close(try open(path, flags))
        case .makeDirectory(let path): try makeDirectory(path)
        case .removeDirectory(let path): try removeDirectory(path)
        case .unlink(let path): try unlink(path)
        case .rename(let path, let new): try rename(path, to: new)
        case .symbolicLink(let path, let target): try makeLink(path, to: target)
        case .truncate(let path, let length): try truncate(path, to: length)
        case .changeMode(let path, let mode): try changeMode(of: path, to: mode)
        case .access(let path, let mode): try checkAccess(to: path, mode)
        }
        return "ok"
    }
}

extension FileOperations {
    // MARK: - Reading and writing

    /// Opens a file, and says so where that fails.
    func withFile(
        _ path: SysfsPath, _ flags: OpenFlags, _ body: (File) throws(Errno) -> String
    ) throws(Errno) -> String {
        let file: File
        do throws(Errno) {
            file = try open(path, flags)
        } catch {
            return "err open \(error.word)"
        }
        defer { close(file) }
        return try body(file)
    }

    fileprivate func write(_ path: SysfsPath, _ data: [UInt8], at offset: Int) throws(Errno) -> String {
        try withFile(path, .writeOnly) { file throws(Errno) in "ok \(try write(file, data, at: offset))" }
    }

    /// Each write goes to where the one before it ended, as write(2) does.
    fileprivate func writes(_ path: SysfsPath, _ data: [[UInt8]]) throws(Errno) -> String {
        try withFile(path, .writeOnly) { file throws(Errno) in
            var text = "ok"
            var offset = 0
            for bytes in data {
                do throws(Errno) {
                    let count = try write(file, bytes, at: offset)
                    offset += count
                    text += " \(count)"
                } catch {
                    text += " \(error.name)"
                }
            }
            return text
        }
    }

    fileprivate func readToEnd(_ path: SysfsPath) throws(Errno) -> String {
        try withFile(path, .readOnly) { file throws(Errno) in try "ok " + CEscapes.quote(contents(of: file)) }
    }

    fileprivate func read(_ path: SysfsPath, at offset: Int, count: Int) throws(Errno) -> String {
        try withFile(path, .readOnly) { file throws(Errno) in
            try "ok " + CEscapes.quote(read(file, at: offset, count: min(count, chunk)))
        }
    }

    /// Everything that is in an open file.
    func contents(of file: File) throws(Errno) -> [UInt8] {
        var data: [UInt8] = []
        while true {
            let bytes = try read(file, at: data.count, count: chunk)
            guard !bytes.isEmpty else { return data }
            data += bytes
        }
    }

    /// Everything that is in a file.
    ///
    /// - Throws: what `open` and `read` throw.
    func contents(of path: SysfsPath) throws(Errno) -> [UInt8] {
        let file = try open(path, .readOnly)
        defer { close(file) }
        return try contents(of: file)
    }

    /// One write(2) to a file. That only the beginning was taken is no error.
    ///
    /// - Throws: what `open` and `write` throw.
    func put(_ data: [UInt8], into path: SysfsPath) throws(Errno) {
        let file = try open(path, .writeOnly)
        defer { close(file) }
        _ = try write(file, data, at: 0)
    }

    /// How much one read(2) asks for.
    private var chunk: Int { 1 << 16 }

    // MARK: - Names

    /// Bytewise by name, with what `list` puts behind it.
    func sortedNames(in path: SysfsPath) throws(Errno) -> [DirectoryName] {
        try names(in: path).sorted { $0.listedBytes.lexicographicallyPrecedes($1.listedBytes) }
    }

    /// A line for every name: type, mode, path below the top, and a link's target.
    fileprivate func addTree(_ path: SysfsPath, below relative: [UInt8], to text: inout [UInt8]) {
        guard let names = try? sortedNames(in: path) else { return }
        for name in names {
            let here = path.appending(name.name)
            guard let status = try? status(of: here) else { continue }
            let below = relative.isEmpty ? name.name : relative + [UInt8(ascii: "/")] + name.name
            let letter = status.kind == .link ? "l" : status.kind == .directory ? "d" : "-"
            text += "\(letter)\(octal(status.mode)) ".utf8 + below
            if status.kind == .link { text += " -> ".utf8 + ((try? target(of: here)) ?? []) }
            text.append(UInt8(ascii: "\n"))
            if status.kind == .directory { addTree(here, below: below, to: &text) }
        }
    }
}

extension Errno {
    /// What an answer says of it.
    var word: String { self == SystemCalls.outside ? "outside" : name }
}

extension DirectoryName {
    fileprivate var listedBytes: [UInt8] { name + (kind?.suffix ?? "").utf8 }
    fileprivate var listed: String { String(latin1: listedBytes) }
}

extension FileStatus {
    /// What `stat` answers behind its `ok`.
    var text: String { "\(kind.rawValue) \(octal(mode)) \(linkCount) \(size) \(uid) \(gid)" }
}

/// At least four digits.
func octal(_ mode: UInt16) -> String {
    let digits = String(mode, radix: 8)
    return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
}

extension FileKind {
    /// What `list` puts behind a name.
    fileprivate var suffix: String {
        switch self {
        case .directory: "/"
        case .link: "@"
        default: ""
        }
    }
}
