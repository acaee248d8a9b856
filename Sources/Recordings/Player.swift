internal import SystemAdditions
public import SystemPackage
public import VFS

/// Plays requests on one machine and gives its answers, in the words of a recording.
///
/// Files are asked by system calls, everything else through the control plane of the machine, which is files too. A machine
/// that is not simulated has none. One player is used by one thread.
public final class Player {
    private let calls: any OpenFileOperations & NodeOperations
    private let controlPlane: SysfsPath
    private let pace: Pace
    /// Why there is no control plane, if there is none.
    public private(set) var lacksControlPlane: Errno?
    /// The streams, as far as they have been told.
    private var streams: [Request.ControlFile: any StreamFollowing] = [:]
    private var backgrounds: [(name: String, Background)] = []
    private let held = HeldFiles()
    /// How many scans a `settle` makes. Without QCI the recorded machine could not see that the first was over, and made three.
    var scansToSettle = 1

    /// Starts with what happens from now on.
    ///
    /// - Throws: `ENOENT` where there is no control plane, and what else a look at its streams throws.
    public init(
        _ calls: any OpenFileOperations & NodeOperations, controlPlane: SysfsPath = Player.controlPlane, pace: Pace = .real
    ) throws(Errno) {
        self.calls = calls
        self.controlPlane = controlPlane
        self.pace = pace
        try followStreams()
    }

    /// Plays in real time on what a directory has in it: an apmatrix, or the sysfs of a machine that may have no control plane.
    ///
    /// - Throws: `ENOENT` or `ENOTDIR` where there is no such directory, `ENOTCONN` where the server of its mount is
    ///   gone; ``SystemCalls/outside`` where its control plane is none of its own; and what a look at the streams of a control
    ///   plane that is there throws.
    public init(root: String) throws(Errno) {
        let calls = SystemCalls(root: root)
        _ = try calls.status(of: "")
        self.calls = calls
        controlPlane = Player.controlPlane
        pace = .real
        do throws(Errno) {
            try followStreams()
        } catch {
            guard Player.meansNone.contains(error) else { throw error }
            lacksControlPlane = error
        }
    }

    /// Where the control plane is, below the root of sysfs.
    public static let controlPlane: SysfsPath = "kernel/debug/apmatrix"

    /// It is not there, or kernel/debug is out of reach, as it is for all but its owner.
    private static let meansNone: Set<Errno> = [.ENOENT, .ENOTDIR, .EACCES, .EPERM]

    private func followStreams() throws(Errno) {
        for stream in [Request.ControlFile.uevents, .log, .hardware] {
            streams[stream] = try calls.follow(path(of: stream))
        }
    }

    /// Whether a request can be played here; the answer to one that cannot means nothing.
    public func plays(_ request: Request) -> Bool {
        lacksControlPlane == nil || !request.needsControlPlane
    }

    /// The answer to a line of a recording, without its `> `; to one that is no request, `err usage` and why.
    public func answer(_ line: String) -> String {
        do throws(Request.Unreadable) {
            return answer(try Request(line))
        } catch {
            return "err usage: \(error)"
        }
    }

    /// The answer to a request: `ok …`, `err …`, or `blocked` to a `wait`. Returns when there is one, however long that takes.
    public func answer(_ request: Request) -> String {
        defer { pace.passRequest() }
        do throws(Errno) {
            return try text(request)
        } catch {
            return "err \(error.word)"
        }
    }

    private func text(_ request: Request) throws(Errno) -> String {
        switch request {
        case .file(let request): return calls.answer(request, held: held)
        case .background(let name, let request):
            let background = try background(request)
            backgrounds.append((name, background))
            // it gets as far as it can before the next request comes, as it did on the recorded machine
            _ = background.wait(atMost: .milliseconds(20))
        case .wait(let name, let duration): return wait(for: name, atMost: duration)
        case .command(let file, let line, let pause):
            // the machine gets its time after a refused command too
            defer { pace.pass(pause) }
            try calls.put("\(line)\n".latin1, into: path(of: file))
        case .news(let stream): return try tell(stream)
        case .guestEvents(let name): return try guestEvents(name)
        case .settle:
            defer { pace.pass(.milliseconds(300)) }
            for _ in 0..<scansToSettle { try calls.put(Array("1\n".utf8), into: "bus/ap/scans") }
            return "ok scans"
        case .pause(let duration): pace.pass(duration)
        case .sleep(let duration): pace.sleep(duration)
        case .ping: break
        }
        return "ok"
    }

    // MARK: - The control plane

    private func path(of file: Request.ControlFile) -> SysfsPath {
        controlPlane.appending(Array(file.rawValue.utf8))
    }

    private func tell(_ stream: Request.ControlFile) throws(Errno) -> String {
        switch stream {
        case .uevents: pace.pass(.milliseconds(20))
        case .log: pace.pass(.milliseconds(100))
        default: break
        }
        guard let follower = streams[stream] else { throw .ENOENT }
        let news = try follower.news()
        guard stream == .hardware else { return "ok " + CEscapes.quote(news) }
        return "ok" + news.split(separator: newline).map { " [\(String(latin1: $0))]" }.joined()
    }

    /// The line of the guest has its name first, then its devices, its counters, and what no recording has.
    private func guestEvents(_ name: String) throws(Errno) -> String {
        for line in try calls.contents(of: path(of: .guests)).split(separator: newline) {
            let words = String(latin1: line).words
            guard let first = words.first, first == name else { continue }
            let counters = words.filter { word in ["req=", "cfg=", "open="].contains { word.hasPrefix($0) } }
            return "ok " + counters.joined(separator: " ")
        }
        return "err ENOENT"
    }

    // MARK: - The background

    /// - Throws: what `Background.init` throws.
    private func background(_ request: Request) throws(Errno) -> Background {
        let (calls, held) = (calls, held)
        switch request {
        case .file(let request): return try Background { calls.answer(request, held: held) }
        case .command(let file, let line, _):
            let path = path(of: file)
            return try Background {
                do throws(Errno) {
                    try calls.put("\(line)\n".latin1, into: path)
                    return "ok"
                } catch {
                    return "err \(error.word)"
                }
            }
        default: throw .EINVAL
        }
    }

    /// Of several requests of one name, the latest is meant; once it has answered, it is forgotten.
    private func wait(for name: String, atMost duration: Duration) -> String {
        guard let index = backgrounds.lastIndex(where: { $0.name == name }) else { return "err name ENOENT" }
        guard let answer = pace.wait(for: backgrounds[index].1, atMost: duration) else { return "blocked" }
        backgrounds.remove(at: index)
        return answer
    }
}

private let newline = UInt8(ascii: "\n")
