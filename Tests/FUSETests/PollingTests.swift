import Glibc
import SystemAdditions
import SystemPackage
import Testing
import Waiting

@testable import FUSE

/// Sessions that have just answered, and poll for the next request.
@Suite(.serialized, .bounded)
struct PollingTests {
    @Test func aSessionThatPollsIsStopped() throws {
        for _ in 0..<20 {
            try withMount { mount throws in
                for _ in 0..<10 { #expect(try contentOf(mount.path + "/file") == "hello\n") }
            }
        }
    }

    @Test func aSessionThatPollsLearnsOfAnUnmount() throws {
        for _ in 0..<10 {
            let mount = try Mount(MemoryFileSystem())
            #expect(try contentOf(mount.path + "/file") == "hello\n")
            try MountTable.unmount(mount.path, lazy: false)
            mount.waitForEnd()
            mount.tearDown()
        }
    }

    @Test func noTimeWakesWhoHasNothingToDoWhenItIsLate() {
        let monitor = Monitor(false)
        var steps = 0
        let isLate = monitor.wait(atMost: 1, if: { _ in false }) { hasChanged, isLate -> Bool? in
            steps += 1
            // the lock is free for it once this waits
            if steps == 1 {
                startDetached {
                    monitor.withLock { $0 = true }
                    monitor.broadcast()
                }
            }
            return isLate || hasChanged ? isLate : nil
        }
        #expect(!isLate)
    }

    @Test func whoIsAskedNothingSleeps() throws {
        try withMount { mount throws in
            #expect(try contentOf(mount.path + "/file") == "hello\n")
            let reader = mount.fileSystem.state.withLock { $0.reader }
            // the letter behind the name of a thread: S, it sleeps, and nobody wakes it
            waitUntil("thread \(reader) sleeps") {
                FilePath("\(reader)/stat").text.split(separator: ") ").last?.hasPrefix("S ") == true
            }
        }
    }
}
