internal import DriverCore
public import FUSE
internal import Glibc
internal import LockOrder
internal import Synchronization
internal import Sysfs
internal import SystemPackage

// poll(2), and who waits in it.
extension SysfsFileSystem {
    /// A journal can be read when there is something in it that the open file has not given, and who waits for that is told.
    /// Everything else can always be read and written; exceptional until the first read, and again when the file is gone.
    ///
    /// Kernel: fs/kernfs/file.c, kernfs_generic_poll.
    public func poll(
        _ node: NodeID, handle: FileHandle, events: UInt32, notification: consuming PollHandle?,
        _ context: RequestContext, _ reply: consuming PollReply
    ) {
        do throws(Errno) {
            let file = try handle.file
            if file.isJournal, let notification { wait(with: notification, for: handle, file) }
            var events = UInt32(POLLOUT | POLLWRNORM)
            if file.hasMore { events |= UInt32(POLLIN | POLLRDNORM) }
            if file.hasEvent { events |= UInt32(POLLERR | POLLPRI) }
            reply.succeed(events: events)
        } catch {
            reply.fail(error)
        }
    }

    /// Notifies the kernel when the journal has grown. Once: whoever still waits then asks again.
    private func wait(with notification: consuming PollHandle, for handle: FileHandle, _ file: OpenFile) {
        let poller = Poller(notification)
        pollers.withLock { $0[handle.rawValue] = poller }
        file.whenItGrows { [weak self] in
            guard let self else { return }
            // whoever makes it grow may hold locks
            _ = kernel.schedule(after: .zero) { _ in self.notifyPoller(of: handle) }
        }
    }

    private func notifyPoller(of handle: FileHandle) {
        guard let poller = pollers.withLock({ $0.removeValue(forKey: handle.rawValue) }), let notification = poller.take()
        else { return }
        attachedSession?.notifyPoll(notification)
    }

    /// Nobody waits for a file that is closed.
    func stopPolling(_ handle: FileHandle) {
        guard let file = try? handle.file, file.isJournal else { return }
        file.stopWaiting()
        _ = pollers.withLock { $0.removeValue(forKey: handle.rawValue) }
    }
}

/// Who waits in poll(2).
final class Poller: Sendable {
    private let notification: Mutex<PollHandle?>

    init(_ notification: consuming PollHandle) {
        self.notification = Mutex(notification)
    }

    func take() -> PollHandle? {
        notification.withLock { $0.take() }
    }
}
