internal import Synchronization
internal import SystemAdditions
internal import SystemPackage
internal import VFS

/// The files that a player keeps open, by name. Requests in the background use the same.
public final class HeldFiles: Sendable {
    private let files = Mutex<[String: any HeldFile]>([:])

    /// None.
    public init() {}

    /// - Throws: `EBADF` where no file has the name.
    fileprivate func file(_ name: String) throws(Errno) -> any HeldFile {
        guard let file = files.withLock({ $0[name] }) else { throw .EBADF }
        return file
    }

    fileprivate func hold(_ file: (any HeldFile)?, as name: String) {
        files.withLock { $0[name] = file }
    }
}

/// A file that stays open, whatever the tree is reached by. It is closed with the last reference.
private protocol HeldFile: Sendable {
    func open(_ path: SysfsPath, _ flags: OpenFlags) throws(Errno) -> any HeldFile
    func text(_ request: HeldRequest) throws(Errno) -> String
}

private final class Held<Calls: OpenFileOperations>: HeldFile {
    private let calls: Calls
    private let file: Calls.File

    init(_ calls: Calls, _ file: Calls.File) {
        self.calls = calls
        self.file = file
    }

    deinit {
        calls.close(file)
    }

    func open(_ path: SysfsPath, _ flags: OpenFlags) throws(Errno) -> any HeldFile {
        Held(calls, try calls.open(path, in: file, flags))
    }

    func text(_ request: HeldRequest) throws(Errno) -> String {
        switch request {
        case .open, .openAt, .close: break
        case .read(let count): return try "ok " + CEscapes.quote(calls.read(file, count: min(count, 1 << 16)))
        case .pread(let offset, let count):
            return try "ok " + CEscapes.quote(calls.read(file, at: offset, count: min(count, 1 << 16)))
        case .write(let pieces): return "ok \(try calls.write(file, pieces: pieces))"
        case .pwrite(let offset, let data): return "ok \(try calls.write(file, data, at: offset))"
        case .seek(let offset, let start): return "ok \(try calls.seek(file, to: offset, from: start))"
        case .status: return try "ok " + calls.status(of: file).text
        case .poll: return try (["ok"] + calls.poll(file).map(\.rawValue)).joined(separator: " ")
        case .names(let count): return calls.listing(file, size: 280, atLeast: count)
        case .map: try calls.map(file)
        case .truncate(let length): try calls.truncate(file, to: length)
        case .synchronize: try calls.synchronize(file)
        case .control: try calls.control(file)
        case .allocate: try calls.allocate(file)
        case .changeMode(let mode): try calls.changeMode(of: file, to: mode)
        }
        return "ok"
    }
}

extension OpenFileOperations {
    /// Makes the call of a request on a file that stays open.
    ///
    /// - Throws: what it answers; `EBADF` where no file has the name.
    func text(_ request: HeldRequest, of name: String, _ held: HeldFiles) throws(Errno) -> String {
        switch request {
        case .open(let path, let flags):
            held.hold(Held(self, try open(path, flags)), as: name)
        case .openAt(let directory, let path, let flags):
            held.hold(try held.file(directory).open(path, flags), as: name)
        case .close:
            _ = try held.file(name)
            held.hold(nil, as: name)
        case .poll, .names:
            // of no file poll(2) tells nothing, and the error of a listing stands in the list
            do throws(Errno) {
                return try held.file(name).text(request)
            } catch .EBADF {
                return request == .poll ? "ok" : "ok !EBADF"
            }
        default: return try held.file(name).text(request)
        }
        return "ok"
    }

    /// `ok NAME…` until there are so many names, or `|` at the end.
    fileprivate func listing(_ directory: File, size: Int, atLeast count: Int) -> String {
        var text = "ok"
        var told = 0
        while told < count {
            do throws(Errno) {
                let names = try nextNames(of: directory, size: size)
                guard !names.isEmpty else { return text + " |" }
                told += names.count
                text += names.map { " " + String(latin1: $0.name) + $0.kindSuffix }.joined()
            } catch {
                return text + " !\(error.word)"
            }
        }
        return text
    }

    /// All names of a directory, in the order of getdents64(2).
    ///
    /// - Throws: what open(2) answers.
    func listing(_ path: SysfsPath) throws(Errno) -> String {
        let directory = try open(path, [.readOnly, .directory])
        defer { close(directory) }
        return listing(directory, size: 1 << 15, atLeast: .max)
    }
}

extension DirectoryName {
    /// What `readdir` puts behind a name.
    fileprivate var kindSuffix: String {
        switch kind {
        case .directory: "/"
        case .link: "@"
        case .file: ""
        case .character: "%"
        default: "?"
        }
    }
}
