internal import SystemPackage
internal import VFS

/// What a stream gains from some moment on.
///
/// It is read through one open file, which tells what has been forgotten before it was read, by a line `lost N`.
final class StreamFollower<Calls: FileOperations> {
    private let calls: Calls
    private let file: Calls.File
    private var offset: Int
    /// What was read of a line whose end was not there yet, and what was read too early.
    private var rest: [UInt8] = []

    /// Opens the stream, to be read from its end on.
    ///
    /// - Throws: what lstat(2) and open(2) answer.
    init(_ calls: Calls, _ path: SysfsPath) throws(Errno) {
        self.calls = calls
        offset = Int(try calls.status(of: path).size)
        file = try calls.open(path, .readOnly)
    }

    deinit {
        calls.close(file)
    }

    /// The whole lines since the last call.
    ///
    /// - Throws: what pread(2) answers.
    func news() throws(Errno) -> [UInt8] {
        try readOn()
        let end = rest.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        defer { rest.removeFirst(end) }
        return Array(rest[..<end])
    }

    /// Reads what there is now. From the first call on the open file knows where it is.
    ///
    /// - Throws: what pread(2) answers.
    func readOn() throws(Errno) {
        while true {
            let text = try calls.read(file, at: offset, count: 1 << 16)
            guard !text.isEmpty else { return }
            rest += text
            offset += text.count
        }
    }
}

/// A `StreamFollower`, whatever the tree is reached by.
protocol StreamFollowing: AnyObject {
    func news() throws(Errno) -> [UInt8]
}

extension StreamFollower: StreamFollowing {}

extension FileOperations {
    /// Follows a stream from now on.
    ///
    /// - Throws: what lstat(2), open(2) and pread(2) answer.
    func follow(_ path: SysfsPath) throws(Errno) -> any StreamFollowing {
        let follower = try StreamFollower(self, path)
        try follower.readOn()
        return follower
    }
}
