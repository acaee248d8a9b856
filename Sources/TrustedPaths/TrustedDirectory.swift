internal import CLinux
internal import Glibc
internal import SystemAdditions
public import SystemPackage

/// A directory that was reached without anything that another user may have put on the way.
///
/// The way is walked name by name, each directory held while its names are looked at: what has been checked cannot be exchanged.
/// In a user namespace all users that it does not know are one, and root is among them; so on the way all of them are trusted.
public struct TrustedDirectory: Sendable {
    /// Absolute, without links and dots.
    public let path: FilePath
    /// What of the path is not there, when it was not to be made. The directory is then the one that the first is missing in.
    public let missing: [FilePath.Component]
    /// The directory.
    public let held: HeldDirectory

    /// What a directory is for.
    public enum Use: Sendable {
        /// To be looked at, or covered. It may be anybody's; links on the way may not.
        case place
        /// To keep things of one's own. Nobody else may write it, nor any directory on the way; it is no link itself. In a directory
        /// with the sticky bit, such as /tmp, nobody may exchange what is another's: that will do on the way.
        case own
    }

    /// Walks to the directory.
    ///
    /// - Parameter making: makes what is missing, the last with mode 0700, and that only where nobody else may write.
    /// - Throws: what is wrong with it or with the way.
    public init(_ path: FilePath, as use: Use, making: Bool = false) throws(DistrustError) {
        var walk = try Walk(path, use)
        try walk.walk()
        if making { try walk.make() }
        if use == .own, walk.missing.isEmpty { try walk.checkOwn() }
        self.path = walk.path
        missing = walk.missing
        held = walk.last.held
    }
}

/// A walk to a directory.
private struct Walk {
    private typealias Step = (name: FilePath.Component?, held: HeldDirectory, status: stat)

    private let given: FilePath
    private let use: TrustedDirectory.Use
    private let trust = Trust()
    /// From the root on.
    private var steps: [Step] = []
    /// What is still to be walked, the next at the end.
    private var rest: [FilePath.Component]
    private(set) var missing: [FilePath.Component] = []

    init(_ path: FilePath, _ use: TrustedDirectory.Use) throws(DistrustError) {
        given = path
        self.use = use
        guard !path.isEmpty else { throw .system("''", .EINVAL) }
        do throws(Errno) {
            let absolute = path.isAbsolute ? path : try FilePath(".").resolved().pushing(path)
            rest = absolute.components.reversed()
            let root = try HeldDirectory("/")
            steps = [(nil, root, try root.status())]
        } catch {
            throw .system(path.lossless, error)
        }
    }

    var path: FilePath { FilePath(root: "/", steps.compactMap(\.name)) }
    /// The root is never left.
    var last: (held: HeldDirectory, status: stat) { (steps[steps.count - 1].held, steps[steps.count - 1].status) }

    mutating func walk() throws(DistrustError) {
        var links = 40
        while let name = rest.popLast() {
            switch name.kind {
            case .currentDirectory: continue
            case .parentDirectory:
                if steps.count > 1 { steps.removeLast() }
                continue
            case .regular: break
            }
            guard let (held, status) = try look(name) else {
                missing = [name] + rest.reversed()
                guard missing.allSatisfy({ $0.kind == .regular }) else { throw failure(.ENOENT) }
                return
            }
            switch status.st_mode & S_IFMT {
            case S_IFDIR:
                if use == .own { try checkPlace(of: status) }
                steps.append((name, held, status))
            case S_IFLNK:
                links -= 1
                guard links > 0 else { throw failure(.ELOOP) }
                try follow(name, held, status)
            default: throw failure(.ENOTDIR)
            }
        }
    }

    /// Holds what has a name in the last directory, a link itself; nil where there is nothing.
    private func look(_ name: FilePath.Component) throws(DistrustError) -> (HeldDirectory, stat)? {
        let descriptor = name.withPlatformString {
            openat(last.held.descriptor, $0, linux_o_path | O_NOFOLLOW | O_CLOEXEC)
        }
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw failure(Errno(rawValue: errno))
        }
        let held = HeldDirectory(descriptor: descriptor)
        do throws(Errno) {
            return (held, try held.status())
        } catch {
            throw failure(error)
        }
    }

    private mutating func follow(_ name: FilePath.Component, _ link: HeldDirectory, _ status: stat) throws(DistrustError) {
        if use == .own, rest.isEmpty { throw .link(path.appending(name).lossless) }
        guard trust.trusts(status.st_uid), isSafe(for: status) else {
            throw .linkOnTheWay(given.lossless, path.appending(name).lossless)
        }
        var target = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        guard readlinkat(link.descriptor, "", &target, target.count - 1) >= 0 else { throw failure(Errno(rawValue: errno)) }
        let text = target.withUnsafeBufferPointer { $0.baseAddress.map { FilePath(platformString: $0) } ?? FilePath() }
        if text.isAbsolute { steps.removeLast(steps.count - 1) }
        rest += text.components.reversed()
    }

    // MARK: - Who may have a hand in it

    /// Whether nobody else may exchange something in the last directory.
    private func isSafe(for entry: stat) -> Bool {
        guard trust.trusts(last.status.st_uid) else { return false }
        let isSticky = last.status.st_mode & S_ISVTX != 0 && trust.trusts(entry.st_uid)
        return isSticky || !trust.othersMayWrite(last.status)
    }

    private func checkPlace(of entry: stat) throws(DistrustError) {
        guard !isSafe(for: entry) else { return }
        throw trust.trusts(last.status.st_uid)
            ? .writableOnTheWay(given.lossless, path.lossless) : .ownerOnTheWay(given.lossless, path.lossless, last.status.st_uid)
    }

    /// Looks at the directory itself.
    func checkOwn() throws(DistrustError) {
        let status = last.status
        guard status.st_uid == trust.user || status.st_uid == 0 else { throw .owner(path.lossless, status.st_uid) }
        guard !trust.othersMayWrite(status) else { throw .writable(path.lossless) }
    }

    // MARK: - Making

    mutating func make() throws(DistrustError) {
        while let name = missing.first {
            var mine = stat()
            mine.st_uid = trust.user
            try checkPlace(of: mine)
            let mode: mode_t = missing.count == 1 ? 0o700 : 0o755
            let made = name.withPlatformString { mkdirat(last.held.descriptor, $0, mode) }
            guard made == 0 else { throw failure(Errno(rawValue: errno)) }
            guard let (held, status) = try look(name), status.st_mode & S_IFMT == S_IFDIR else { throw failure(.ENOENT) }
            steps.append((name, held, status))
            missing.removeFirst()
        }
    }

    private func failure(_ error: Errno) -> DistrustError { .system(given.lossless, error) }
}
