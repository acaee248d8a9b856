import Glibc
import SystemPackage
import Testing
import Waiting

@testable import FUSE

/// A mounted file system in a directory of its own, with a thread that runs its session.
final class Mount: Sendable {
    let path: String
    let session: Session
    let fileSystem: MemoryFileSystem
    private let runner: Monitor<Bool>

    init(_ fileSystem: MemoryFileSystem, options: [String] = []) throws {
        self.fileSystem = fileSystem
        path = try makeDirectory()
        runner = Monitor(false)
        do {
            session = try Session(fileSystem: fileSystem, options: MountOptions(options))
            try session.mount(at: path)
        } catch {
            rmdir(path)
            throw error
        }
        startDetached { [session, runner] in
            try? session.run()
            runner.withLock { $0 = true }
            runner.broadcast()
        }
    }

    /// Waits until `run()` has returned.
    func waitForEnd() {
        runner.eventually("the session ends that serves \(path)") { $0 }
    }

    var isMounted: Bool {
        MountTable.current().contains { $0.mountPoint == FilePath(path) }
    }

    func tearDown() {
        session.stop()
        waitForEnd()
        #expect(!isMounted)
        #expect(rmdir(path) == 0, "\(Errno(rawValue: errno))")
    }
}

/// Runs `body` with a mount that is gone afterwards, whatever happens.
func withMount<Result>(
    _ fileSystem: MemoryFileSystem = MemoryFileSystem(), options: [String] = [], _ body: (Mount) throws -> Result
) throws -> Result {
    let mount = try Mount(fileSystem, options: options)
    defer { mount.tearDown() }
    return try body(mount)
}

func makeDirectory() throws -> String {
    var template = Array("/tmp/swift-fuse-XXXXXX".utf8CString)
    let made = template.withUnsafeMutableBufferPointer { buffer in
        buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
    }
    return try #require(made)
}

/// The error number of a call that returned -1; nil where it succeeded.
func errorOf(_ call: () -> Int32) -> Errno? {
    call() == -1 ? Errno(rawValue: errno) : nil
}

func contentOf(_ path: String) throws -> String {
    let file = try FileDescriptor.open(FilePath(path), .readOnly)
    return try file.closeAfter {
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = try bytes.withUnsafeMutableBytes { try file.read(into: $0) }
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }
}

func write(_ text: String, to path: String) throws {
    let file = try FileDescriptor.open(FilePath(path), .writeOnly, options: .truncate)
    _ = try file.closeAfter { try file.writeAll(text.utf8) }
}

func namesIn(_ path: String) -> [String] {
    guard let directory = opendir(path) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
        names.append(
            withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            })
    }
    return names
}

func exists(_ path: String) -> Bool {
    access(path, F_OK) == 0
}

/// Runs `body` on a thread that nobody joins; whoever needs its end waits for what it does.
func startDetached(_ body: @escaping @Sendable () -> Void) {
    guard let thread = Thread.start(body) else {
        Issue.record("no thread could be made")
        return
    }
    pthread_detach(thread)
}

/// A pthread whose result can be waited for.
final class Background<Value: Sendable>: Sendable {
    private let result = Monitor<Value?>(nil)

    init(_ body: @escaping @Sendable () -> Value) {
        let result = result
        startDetached {
            let value = body()
            result.withLock { $0 = value }
            result.broadcast()
        }
    }

    /// Waits for it; nil where it does not come in time, which fails the test.
    func value(sourceLocation: SourceLocation = #_sourceLocation) -> Value? {
        result.eventually("what a thread does in the background ends", sourceLocation: sourceLocation) { $0 != nil }
        return result.withLock { $0 }
    }
}

extension Monitor {
    /// Waits until something is so. Where it is not in time, the test fails.
    func eventually(
        _ what: String, sourceLocation: SourceLocation = #_sourceLocation, _ condition: @escaping @Sendable (Value) -> Bool
    ) {
        waiting(for: what, sourceLocation: sourceLocation) { self.wait(until: condition) }
    }
}
