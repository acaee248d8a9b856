internal import CFuse
internal import Glibc
internal import Synchronization
internal import SystemAdditions
public import SystemPackage
internal import TrustedPaths

/// One mount: the connection between the kernel and a ``FileSystem``.
///
/// ``mount(at:)`` it, ``run()`` it on a thread of its own, ``stop()`` it from anywhere. A session mounts once.
public final class Session: Sendable {
    struct State {
        var mount: OwnMount?
        /// Notifications that are on their way to the kernel.
        var notifying = 0
        /// No further notification is sent.
        var isClosed = false
        var hasBegunStopping = false
        var isInitialized = false
        var isPrepared = false
    }

    let fileSystem: any FileSystem
    let options: MountOptions
    let baton = Baton()
    let watch = Watch()
    let state = Monitor(State())
    /// The minor version of the kernel's protocol; 0 before the connection begins.
    let protocolMinor = Atomic<UInt32>(0)
    let fuseDevice: Device
    var handle: OpaquePointer { fuseDevice.handle }
    /// Whether what comes often is executed without libfuse: not where an option asks libfuse for what only it does.
    let isDirect: Bool
    // Unsafe: used by the worker that has the baton, which hands it on with a lock held; so it needs no check at every access.
    @exclusivity(unchecked) nonisolated(unsafe) var source: RequestSource

    /// A session for `fileSystem`, not yet mounted.
    /// - Throws: ``MountError/unknownOptions(_:)`` with ``MountOptions/others`` where libfuse refuses the options.
    public init(fileSystem: any FileSystem, options: MountOptions) throws(MountError) {
        let backReference = UnsafeMutablePointer<Unmanaged<Session>?>.allocate(capacity: 1)
        backReference.initialize(to: nil)
        var arguments = fuse_args()
        defer { fuse_opt_free_args(&arguments) }
        for argument in ["fuse"] + options.arguments {
            _ = argument.withLosslessCString { fuse_opt_add_arg(&arguments, $0) }
        }
        var operations = Operations.table()
        let size = MemoryLayout<fuse_lowlevel_ops>.size
        guard let handle = fuse_session_new(&arguments, &operations, size, backReference) else {
            backReference.deallocate()
            throw .unknownOptions(options.others)
        }
        self.fileSystem = fileSystem
        self.options = options
        fuseDevice = Device(handle, backReference)
        isDirect = Self.isDirect(options)
        source = RequestSource(handle)
        backReference.pointee = Unmanaged.passUnretained(self)
    }

    deinit {
        end()
    }

    static func isDirect(_ options: MountOptions) -> Bool {
        !options.debug && !options.others.contains { $0 == "debug" || $0 == "allow_root" }
    }

    /// The session that libfuse's user data stands for.
    static func find(_ userData: UnsafeMutableRawPointer?) -> Session? {
        userData?.assumingMemoryBound(to: Unmanaged<Session>?.self).pointee?.takeUnretainedValue()
    }

    /// The session of a request.
    static func of(_ request: fuse_req_t?) -> Session? {
        find(fuse_req_userdata(request))
    }

    /// Mounts at the directory `path`. Requests wait until ``run()``.
    /// - Throws: ``MountError/missing(_:)``, ``MountError/notDirectory(_:)``, ``MountError/notEmpty(_:)``,
    ///   ``MountError/alreadyMounted(_:type:source:)``, ``MountError/dead(_:)`` and ``MountError/unreachable(_:_:)`` for what is
    ///   at the path, ``MountError/distrusted(_:)`` for somebody else's link in it; ``MountError/noFusermount`` and
    ///   ``MountError/allowOtherForbidden`` for what users may not do; ``MountError/noDevice(_:)`` without `/dev/fuse`;
    ///   ``MountError/refused(_:_:)`` where the mount fails, with `EBUSY` for a second mount of the session.
    public func mount(at path: FilePath) throws(MountError) {
        let place = try MountPoint.check(path, options)
        defer { withExtendedLifetime(place) {} }
        let path = place.path
        guard descriptor < 0 else { throw .refused(path.lossless, .EBUSY) }
        let severed = try MountPoint.openDevice()
        // fusermount3, which mounts for users and where it is to unmount, looks after links by itself
        let mountsByItself = geteuid() == 0 && !options.others.contains("auto_unmount")
        let way = mountsByItself ? FilePath(place.held.path) : path
        guard way.withPlatformString({ fuse_session_mount(handle, $0) }) == 0 else {
            let error = errno
            close(severed)
            throw .refused(path.lossless, Errno(rawValue: error))
        }
        let device: String?
        do throws(Errno) {
            device = try MountTable.read().last { $0.mountPoint == path }?.device
        } catch {
            // nobody could tell later whether what is there is this mount
            close(severed)
            fuse_session_unmount(handle)
            throw .refused(path.lossless, error)
        }
        let own = OwnMount(path: path, device: device, severed: severed)
        state.withLock { $0.mount = own }
    }

    /// Mounts at a path in UTF-8.
    /// - Throws: as of any other path.
    public func mount(at path: String) throws(MountError) {
        try mount(at: FilePath(path))
    }

    /// Serves a mount that another process makes with `device`, and takes away. Requests wait until ``run()``.
    ///
    /// That process must close its copy of `device` before it looks at anything in the mount: whoever waits for an answer keeps
    /// open what he has, and the connection ends with the last copy.
    ///
    /// - Parameter device: an opened `/dev/fuse`, which the session closes in the end.
    /// - Throws: ``MountError/noDevice(_:)`` where `/dev/fuse` cannot be opened once more.
    public func connect(through device: Int32) throws(MountError) {
        let severed = try MountPoint.openDevice()
        guard fuse_session_mount(handle, "/dev/fd/\(device)") == 0 else {
            close(severed)
            throw .noDevice(.EBADF)
        }
        state.withLock { $0.mount = OwnMount(path: nil, device: nil, severed: severed) }
    }

    /// Opens `/dev/fuse`, for ``connect(through:)``.
    /// - Throws: ``MountError/noDevice(_:)`` with what `open(2)` answers.
    public static func openDevice() throws(MountError) -> Int32 {
        try MountPoint.openDevice()
    }

    /// The device number under which the kernel shows what ``mount(at:)`` has mounted, as `major:minor`.
    public var device: String? { state.withLock { $0.mount?.device } }

    /// Executes requests until the file system is unmounted or the session stopped, and then unmounts it.
    ///
    /// The calling thread is the first worker; all others have ended when this returns.
    /// - Throws: ``MountError/noThreads`` where the system has no threads for the session; it has been unmounted then.
    public func run() throws(MountError) {
        guard state.withLock({ $0.mount != nil }) else { return }
        defer { end() }
        try prepare()
        let worker = Worker(of: self, hasBaton: true)
        if baton.begin(with: worker) { worker.run() }
        baton.close()
        watch.close()
        baton.join()
        end()
        if state.withLock({ exchange(&$0.isInitialized, with: false) }) {
            fileSystem.destroyed()
        }
    }

    /// Makes the threads that ``run()`` needs besides its own, which it does by itself where nobody has.
    /// - Throws: ``MountError/noThreads`` where the system has none left; ``run()`` will only unmount then.
    public func prepare() throws(MountError) {
        guard state.withLock({ !exchange(&$0.isPrepared, with: true) }) else { return }
        guard watch.start(for: self), baton.prepare(for: self) else {
            watch.close()
            baton.close()
            baton.join()
            throw .noThreads
        }
    }

    /// Cuts the kernel's connection and makes ``run()`` return; nothing where it has returned or was never called. Returns when no
    /// request is read any more.
    ///
    /// Who waits for an answer gets `ECONNABORTED`. Only an ordinary user's system may lack the means to cut: requests are answered
    /// to the end then.
    public func stop() {
        Self.workerWillBlock()
        fuse_session_exit(handle)
        state.withLock { state in
            state.isClosed = true
            return state.mount
        }?.abort()
        beginStopping()
        closeNotifications()
        baton.close()
    }

    /// Tells that the calling thread is about to block: if it executes a request, other requests go on elsewhere.
    ///
    /// Does nothing on other threads, and when called again for the same request.
    public static func workerWillBlock() {
        Worker.current?.giveBatonAway()
    }

    /// Has `body` called when the client dies whose request the calling thread executes; at once where it is dead. It has its answer
    /// by then: the request has only to come to its end. `body` is called with no lock held.
    ///
    /// - Returns: false on a thread that executes no request, and then nothing happens.
    public static func whenClientIsKilled(_ body: @escaping @Sendable () -> Void) -> Bool {
        Worker.current?.whenClientIsKilled(body) ?? false
    }

    /// Has `body` called when a signal reaches the client whose request the calling thread executes, one that does not end it; at once
    /// where that has happened. Only the first signal is told. `body` is called with no lock held. It gets what answers the client at
    /// once, if the signal ends its wait: the request has only to come to its end then.
    ///
    /// - Returns: false on a thread that executes no request, and then nothing happens.
    public static func whenClientIsInterrupted(_ body: @escaping @Sendable (_ answer: (Errno) -> Void) -> Void) -> Bool {
        Worker.current?.whenClientIsInterrupted(body) ?? false
    }

    /// The file system whose request the calling thread executes; nil on other threads.
    public static var servedFileSystem: (any FileSystem)? {
        Worker.current?.session.fileSystem
    }

    func initialize(_ connection: inout fuse_conn_info) {
        var agreed = Connection(connection)
        protocolMinor.store(agreed.protocolMinor, ordering: .relaxed)
        fileSystem.initialize(&agreed)
        agreed.store(in: &connection)
        state.withLock { $0.isInitialized = true }
    }

    /// The device by which the kernel is spoken to; -1 before the mount.
    var descriptor: Int32 { fuseDevice.descriptor }

    /// Answers a request in the place of whoever executes it; what that answers later reaches nobody.
    func answer(_ unique: UInt64, _ error: Errno) {
        fuseDevice.answer(unique, error: error.rawValue)
    }

    func asker(of header: RequestHeader) -> WaitingRequests.Asker {
        WaitingRequests.Asker(
            node: header.node, thread: header.asker, hasOwnWorkers: fileSystem.hasOwnWorkers(header.node))
    }

    /// The kernel has ended the session, or it was stopped: nobody hears its answers any more.
    func hasEnded() {
        end()
        beginStopping()
    }

    /// Tells the file system, once, to wake what blocks.
    func beginStopping() {
        guard state.withLock({ !exchange(&$0.hasBegunStopping, with: true) }) else { return }
        fileSystem.stopping()
    }

    /// Cuts the connection and takes the mount away, if that has not been done.
    private func end() {
        closeNotifications()
        guard let mount = state.withLock({ exchange(&$0.mount, with: nil) }) else { return }
        mount.remove(from: handle)
    }
}
