import Glibc
import SystemAdditions
import SystemPackage
import Testing
import Waiting

@testable import FUSE

/// Replies, threads, beginning and end.
@Suite(.serialized, .bounded)
struct SessionTests {
    @Test func droppedReplyIsAnIOError() throws {
        try withMount { mount throws in
            #expect(throws: Errno.EIO) { try contentOf(mount.path + "/dropped") }
            #expect(try contentOf(mount.path + "/file") == "hello\n")
        }
    }

    @Test func replyIsAnsweredLaterOnAnotherThread() throws {
        try withMount { mount throws in
            #expect(try contentOf(mount.path + "/later") == "later\n")
        }
    }

    @Test func twoSessionsInOneProcess() throws {
        try withMount(MemoryFileSystem(greeting: "one")) { one throws in
            try withMount(MemoryFileSystem(greeting: "two")) { two throws in
                #expect(try contentOf(one.path + "/file") == "one")
                #expect(try contentOf(two.path + "/file") == "two")
            }
            #expect(try contentOf(one.path + "/file") == "one")
        }
    }

    @Test func readsThatBlockHoldNobodyUp() throws {
        try withMount { mount throws in
            let path = mount.path + "/blocked"
            let readers = (0..<100).map { _ in Background { try? contentOf(path) } }
            mount.fileSystem.state.eventually("a hundred reads block") { $0.blocked == 100 }
            #expect(try contentOf(mount.path + "/file") == "hello\n")
            mount.fileSystem.openGate()
            for reader in readers {
                #expect(reader.value() == "opened\n")
            }
            // The threads that stand by now are used again.
            #expect(try contentOf(path) == "opened\n")
            #expect(try contentOf(mount.path + "/file") == "hello\n")
        }
    }

    @Test func manyThreadsBlockingBriefly() throws {
        try withMount { mount throws in
            mount.fileSystem.openGate()
            let path = mount.path
            let readers = (0..<8).map { index in
                Background {
                    (0..<500).count { _ in
                        (try? contentOf(path + (index % 2 == 0 ? "/blocked" : "/file"))) != nil
                    }
                }
            }
            for reader in readers {
                #expect(reader.value() == 500)
            }
        }
    }

    @Test func stopUnmounts() throws {
        let mount = try Mount(MemoryFileSystem())
        #expect(exists(mount.path + "/file"))
        mount.session.stop()
        mount.waitForEnd()
        #expect(!mount.isMounted)
        #expect(!exists(mount.path + "/file"))
        mount.tearDown()
        #expect(mount.fileSystem.state.withLock { $0.events } == ["initialize", "stopping", "destroyed"])
    }

    @Test func stopUnmountsWhileFilesAreOpen() throws {
        let mount = try Mount(MemoryFileSystem())
        let file = open(mount.path + "/later", O_RDONLY)
        mount.tearDown()
        var byte: UInt8 = 0
        #expect(errorOf { Int32(read(file, &byte, 1)) } != nil)
        #expect(close(file) == 0)
    }

    /// They hear of the cut before the file system could answer.
    @Test func stopEndsWhatBlocks() throws {
        let mount = try Mount(MemoryFileSystem())
        let path = mount.path + "/blocked"
        let readers = (0..<3).map { _ in Background { try? contentOf(path) } }
        mount.fileSystem.state.eventually("three reads block") { $0.blocked == 3 }
        mount.tearDown()
        for reader in readers {
            #expect(reader.value() == .some(nil))
        }
    }

    @Test func unmountFromOutsideEndsTheRun() throws {
        let mount = try Mount(MemoryFileSystem())
        #expect(exists(mount.path + "/file"))
        try MountTable.unmount(mount.path, lazy: false)
        mount.waitForEnd()
        mount.tearDown()
        #expect(mount.fileSystem.state.withLock { $0.events } == ["initialize", "stopping", "destroyed"])
    }

    @Test func endLeavesAMountInItsPlaceAlone() throws {
        let first = try Mount(MemoryFileSystem(greeting: "first"))
        #expect(exists(first.path + "/file"))
        let second = try Session(
            fileSystem: MemoryFileSystem(greeting: "second"), options: MountOptions(["nonempty"]))
        try second.mount(at: first.path)
        let run = Background { try? second.run() }
        first.session.stop()
        first.waitForEnd()
        #expect(try contentOf(first.path + "/file") == "second")
        second.stop()
        _ = run.value()
        // What the first session could not reach lies uncovered now.
        try MountTable.unmount(first.path, lazy: true)
        first.tearDown()
    }

    @Test func stopBeforeRun() throws {
        let path = try makeDirectory()
        defer { rmdir(path) }
        let session = try Session(fileSystem: MemoryFileSystem(), options: MountOptions())
        session.stop()
        try? session.run()
        try session.mount(at: path)
        try? session.run()
        #expect(!MountTable.current().contains { $0.mountPoint == FilePath(path) })
    }

    @Test func droppedSessionUnmounts() throws {
        let path = try makeDirectory()
        defer { rmdir(path) }
        do {
            let session = try Session(fileSystem: MemoryFileSystem(), options: MountOptions())
            try session.mount(at: path)
            #expect(MountTable.current().contains { $0.mountPoint == FilePath(path) })
        }
        #expect(!MountTable.current().contains { $0.mountPoint == FilePath(path) })
    }

    /// It must not close what the reply writes to: another file might have got the number.
    @Test func aReplyMayOutliveItsSession() throws {
        let path = try makeDirectory()
        defer { rmdir(path) }
        let descriptor: Int32
        let device: Device
        do {
            let session = try Session(fileSystem: MemoryFileSystem(), options: MountOptions())
            try session.mount(at: path)
            (device, descriptor) = (session.fuseDevice, session.descriptor)
        }
        withExtendedLifetime(device) {
            #expect(fcntl(descriptor, F_GETFD) != -1)
            #expect(!device.answer(2))
        }
    }

    @Test func mountingAndStoppingOverAndOver() throws {
        for _ in 0..<50 {
            try withMount { mount throws in
                #expect(exists(mount.path + "/file"))
            }
        }
    }

    @Test func descriptorsAreGivenBack() throws {
        // The lowest free number is the same again only if all below it are free again.
        try withMount { _ throws in }
        let count = namesIn("/proc/self/fd").count
        for _ in 0..<100 {
            try withMount { _ throws in }
        }
        // Other tests hold theirs at the same time; a leak would show one or two per mount.
        #expect(namesIn("/proc/self/fd").count < count + 100)
    }

    @Test func workerWillBlockIsHarmlessElsewhere() {
        Session.workerWillBlock()
        Session.workerWillBlock()
    }
}
