public import DriverCore
public import FUSE
internal import Glibc
internal import LockOrder
internal import Synchronization
internal import Sysfs
internal import SystemPackage

/// A tree as a FUSE file system, in the exact mode: every open, read and write is asked for, names and attributes are cached
/// for ever and taken back when they change.
///
/// Inode numbers are node numbers; an open file's handle is a reference to it that the release gives back. No lock is held
/// while an answer is given or a notification sent.
public final class SysfsFileSystem: FileSystem {
    let kernel: Kernel
    var tree: Tree { kernel.tree }
    /// Called when the session ends, so that requests that block come to an end.
    private let stop: @Sendable () -> Void
    private let requests = Leaf<[String: Int]>("request counts", [:])
    private let countsRequests: Bool
    private let mayCarryMounts: Bool
    /// The directory of the control plane and of whatever else a kernel has for debugging; nil where the tree has none.
    private let debug: Sysfs.Inode?
    private let listeners = Leaf("listeners", Listeners())
    /// Who waits for a journal to grow, by the number of the open file.
    let pollers = Leaf<[UInt64: Poller]>("pollers", [:])
    /// One thread tells of changes at a time; those of the threads that wait may be among them.
    private let announcing = Turns("announcer")
    private let isAnnouncementDue = Atomic(false)

    /// Who is told of changes.
    private struct Listeners {
        weak var session: Session?
        /// Sends messages of uevents to whoever listens.
        var broadcast: (@Sendable ([[UInt8]]) -> Void)?
    }

    /// The tree of a kernel, which no session shows yet.
    ///
    /// - Parameters:
    ///   - countsRequests: fills ``requestCounts``, for tests.
    ///   - mayCarryMounts: directories and files of it are mount points. The kernel takes away what is mounted on a name that it
    ///     forgets; so it must forget none but those that have changed.
    ///   - stop: called once, when the session ends: has to end every wait that a request may be in.
    public init(
        kernel: Kernel, countsRequests: Bool = false, mayCarryMounts: Bool = false, stop: @escaping @Sendable () -> Void
    ) {
        self.kernel = kernel
        self.countsRequests = countsRequests
        self.mayCarryMounts = mayCarryMounts
        self.stop = stop
        debug = try? kernel.tree.lookUp("debug", in: kernel.tree.lookUp("kernel", in: .root).inode).inode
    }

    /// Has a worker hand on its turn to read requests before it waits for a lock or a clock, in the whole process, and the delay of a
    /// fault end with the client that it keeps waiting. Without it requests wait for each other.
    ///
    /// A program that mounts calls this once, where it starts: the hooks are the only things here that belong to the process and
    /// not to a file system.
    public static func handOnRequestsWhenBlocking() {
        Caller.setFinder {
            let caller = Caller()
            _ = Session.whenClientIsInterrupted { answer in caller.interrupt(answer) }
            return Session.whenClientIsKilled { caller.end() } ? caller : nil
        }
        Blocking.setHook {
            Session.workerWillBlock()
            (Session.servedFileSystem as? SysfsFileSystem)?.announceSoon()
        }
    }

    /// How many of each request have come, by FUSE's names (`LOOKUP`); empty where they are not counted.
    public var requestCounts: [String: Int] { requests.withLock { $0 } }

    func count(_ request: String) {
        guard countsRequests else { return }
        requests.withLock { $0[request, default: 0] += 1 }
    }

    // MARK: - Session

    /// Has the session hear of changes from now on, those included that no request makes. Once, before requests come.
    public func attach(_ session: Session) {
        listeners.withLock { $0.session = session }
        tree.recordChanges()
        kernel.onBackgroundChanges { [weak self] in self?.announceChanges() }
    }

    var attachedSession: Session? { listeners.withLock { $0.session } }

    /// Has every uevent from now on broadcast, once the tree shows what it tells of and before the write that has caused it
    /// returns.
    ///
    /// - Parameter broadcast: called by one thread at a time, with no lock held; gets the messages of `UeventLedger.takeUnsent`.
    public func broadcastUevents(_ broadcast: @escaping @Sendable ([[UInt8]]) -> Void) {
        listeners.withLock { $0.broadcast = broadcast }
        kernel.uevents.keepUnsent()
    }

    /// Turns on the caching of links, listings that bring attributes, several requests of a directory at once, directories that
    /// need no opening, and truncation with the open; turns off what caches or splices the content of files.
    public func initialize(_ connection: inout Connection) {
        connection.wanted.formUnion(
            connection.offered.intersection([
                .cachedSymbolicLinks, .readDirectoryPlus, .parallelDirectoryOperations, .noOpenDirectory, .atomicTruncation,
            ]))
        connection.wanted.subtract([
            .readDirectoryPlusAutomatic, .automaticInvalidation, .writebackCache, .spliceRead, .spliceWrite,
        ])
    }

    /// Those of the control plane: a command there may be what ends the others' wait.
    public func hasOwnWorkers(_ node: NodeID) -> Bool {
        debug.map { tree.isBelow($0, Sysfs.Inode(node)) } ?? false
    }

    /// Ends the waits of requests, by what was given to ``init(kernel:countsRequests:mayCarryMounts:stop:)``.
    public func stopping() {
        stop()
    }

    /// Has another thread announce the changes of a request that is about to wait, with locks held and perhaps for long.
    private func announceSoon() {
        guard tree.hasChanges || kernel.uevents.hasUnsent,
            !isAnnouncementDue.exchange(true, ordering: .acquiringAndReleasing)
        else { return }
        // announced after this work: all changes that there are by then
        _ = kernel.schedule(after: .zero) { [weak self] _ in self?.isAnnouncementDue.store(false, ordering: .releasing) }
    }

    /// Tells the kernel which names have changed, and listeners of uevents why, and returns when they know: the very next system
    /// call sees the change.
    func announceChanges() {
        announcing.withTurn { _ in
            let broadcast = listeners.withLock { $0.broadcast }
            // in this order: what these uevents tell of is among the changes
            let uevents = broadcast == nil ? [] : kernel.uevents.takeUnsent()
            let changes = tree.takeChanges()
            if !changes.isEmpty, let session = attachedSession {
                // the kernel may wait for requests of ours while it takes names back
                Session.workerWillBlock()
                session.tell(changes, allAtOnce: session.hasEpoch && !mayCarryMounts)
            }
            if !uevents.isEmpty { broadcast?(uevents) }
        }
    }
}

extension Session {
    /// Takes back what the kernel knows of the names: all that it knows, or one by one. Directories are taken back too, for their
    /// link counts and for what was listed of them.
    fileprivate func tell(_ changes: [Change], allAtOnce: Bool) {
        var directories: Set<NodeID> = []
        var needsNames = !allAtOnce
        if !needsNames {
            do throws(Errno) {
                try incrementEpoch()
            } catch {
                needsNames = true
            }
        }
        for change in changes {
            switch change {
            case .entry(let name, let directory):
                directories.insert(NodeID(directory))
                if needsNames { name.withFileName { try? invalidateEntry($0, in: NodeID(directory)) } }
            case .removed(let inode):
                directories.insert(NodeID(inode))
            }
        }
        // where the session ends the kernel forgets everything
        for directory in directories { try? invalidate(directory) }
    }
}

extension NodeID {
    init(_ inode: Sysfs.Inode) {
        self.init(rawValue: inode.rawValue)
    }
}

extension Sysfs.Inode {
    init(_ node: NodeID) {
        self.init(rawValue: node.rawValue)
    }
}
