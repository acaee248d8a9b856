import Glibc
import Synchronization
import SystemAdditions
import SystemPackage
import Testing
import Waiting

@testable import FUSE

/// What the kernel holds, and how it is told to forget it.
@Suite(.serialized, .bounded)
struct NotificationTests {
    @Test func epochMakesANewNameVisible() throws {
        try withMount { mount throws in
            let late = mount.path + "/late"
            #expect(!exists(late))
            mount.fileSystem.state.withLock { $0.hasLateName = true }
            // The control: without a notification the kernel goes on to believe that the name does not exist.
            #expect(!exists(late))
            guard mount.session.hasEpoch else {
                #expect(throws: Errno.EINVAL) { try mount.session.incrementEpoch() }
                return
            }
            try mount.session.incrementEpoch()
            #expect(exists(late))
        }
    }

    @Test func invalidatedEntryIsAskedAgain() throws {
        try withMount { mount throws in
            #expect(!exists(mount.path + "/late"))
            mount.fileSystem.state.withLock { $0.hasLateName = true }
            #expect(!exists(mount.path + "/late"))
            try mount.session.invalidateEntry("late", in: .root)
            #expect(exists(mount.path + "/late"))
            // A name that the kernel does not know is nothing to forget.
            try mount.session.invalidateEntry("unheard-of", in: .root)
        }
    }

    @Test func invalidatedNodeIsAskedAgain() throws {
        try withMount { mount throws in
            #expect(namesIn(mount.path).contains("late") == false)
            mount.fileSystem.state.withLock { $0.hasLateName = true }
            #expect(namesIn(mount.path).contains("late") == false)
            try mount.session.invalidate(.root)
            #expect(namesIn(mount.path).contains("late"))
            try mount.session.invalidate(NodeID(rawValue: 999))
        }
    }

    @Test func deletedNameIsTold() throws {
        try withMount { mount throws in
            mount.fileSystem.state.withLock { $0.hasLateName = true }
            #expect(exists(mount.path + "/late"))
            let watch = inotify_init1(Int32(IN_CLOEXEC))
            defer { close(watch) }
            #expect(inotify_add_watch(watch, mount.path + "/late", UInt32(IN_DELETE_SELF)) > 0)
            mount.fileSystem.state.withLock { $0.hasLateName = false }
            #expect(exists(mount.path + "/late"))
            try mount.session.delete("late", NodeID(rawValue: 10), in: .root)
            #expect(!exists(mount.path + "/late"))
            var event = [UInt8](repeating: 0, count: 64)
            var request = pollfd(fd: watch, events: Int16(POLLIN), revents: 0)
            try #require(poll(&request, 1, CInt(Patience.seconds) * 1000) == 1, "nobody was told of it in time")
            #expect(read(watch, &event, 64) > 0)
        }
    }

    @Test func pollIsWoken() throws {
        try withMount { mount throws in
            let path = mount.path + "/events"
            let poller = Background { () -> Int16 in
                guard let file = try? FileDescriptor.open(FilePath(path), .readOnly) else { return -1 }
                defer { try? file.close() }
                var request = pollfd(fd: file.rawValue, events: Int16(POLLPRI), revents: 0)
                poll(&request, 1, CInt(Patience.seconds) * 1000)
                return request.revents
            }
            mount.fileSystem.state.eventually("somebody polls") { $0.pollHandle != nil }
            let box = mount.fileSystem.state.withLock { state in
                state.isGateOpen = true
                return state.pollHandle
            }
            let handle = try #require(box).handle.withLock { $0.take() }
            if let handle {
                mount.session.notifyPoll(handle)
            }
            #expect(poller.value() == Int16(POLLPRI | POLLERR))
        }
    }

    @Test func thereAreNoneWithoutAMount() throws {
        let session = try Session(fileSystem: MemoryFileSystem(), options: MountOptions())
        #expect(throws: Errno.ENODEV) { try session.incrementEpoch() }
        let mount = try Mount(MemoryFileSystem())
        mount.tearDown()
        #expect(throws: Errno.ENODEV) { try mount.session.invalidate(.root) }
    }

    @Test func forgottenNodesAreTold() throws {
        try withMount { mount throws in
            #expect(exists(mount.path + "/file"))
            try mount.session.invalidateEntry("file", in: .root)
            let file = NodeID(rawValue: 2)
            mount.fileSystem.state.eventually("the kernel forgets the file") { $0.forgotten[file] != nil }
            #expect(mount.fileSystem.state.withLock { $0.forgotten[file] } == 1)
        }
    }

    @Test func stopWithNotificationsOnTheirWay() throws {
        let mount = try Mount(MemoryFileSystem())
        let session = mount.session
        let senders = (0..<4).map { _ in
            Background { () -> Errno? in
                while true {
                    do throws(Errno) {
                        try session.invalidateEntry("file", in: .root)
                        try session.invalidate(.root)
                    } catch {
                        return error
                    }
                }
            }
        }
        let path = mount.path
        for _ in 0..<200 { _ = exists(path + "/file") }
        mount.tearDown()
        for sender in senders {
            #expect(sender.value() == .some(.ENODEV))
        }
    }
}
