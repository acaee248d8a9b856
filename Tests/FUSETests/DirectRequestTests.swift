import Glibc
import SystemAdditions
import SystemPackage
import Testing
import Waiting

@testable import FUSE

/// Requests that are executed without libfuse.
@Suite(.serialized, .bounded)
struct DirectRequestTests {
    /// A request of an operation, as the kernel sends it, with so many bytes behind its header.
    private func isExecuted(_ operation: UInt32, arguments: Int, size: UInt32 = 0, in session: Session) throws -> Bool {
        var bytes = [UInt8](repeating: 0, count: 40 + arguments)
        withUnsafeBytes(of: UInt32(bytes.count)) { bytes.replaceSubrange(0..<4, with: $0) }
        withUnsafeBytes(of: operation) { bytes.replaceSubrange(4..<8, with: $0) }
        // where reads and writes have it
        if arguments >= 20 { withUnsafeBytes(of: size) { bytes.replaceSubrange(56..<60, with: $0) } }
        return try bytes.withUnsafeBytes { bytes in
            DirectRequest.execute(try #require(RequestHeader(bytes)), bytes, in: session)
        }
    }

    @Test func whatIsTooShortIsLibfuses() throws {
        let session = try Session(fileSystem: MemoryFileSystem(), options: MountOptions())
        // READ, WRITE, RELEASE and OPEN: a byte is missing
        for (operation, arguments) in [(15, 39), (16, 39), (18, 23), (14, 7)] as [(UInt32, Int)] {
            #expect(try !isExecuted(operation, arguments: arguments, in: session))
        }
        // a write with fewer bytes than it says
        #expect(try !isExecuted(16, arguments: 40 + 4, size: 5, in: session))
    }

    @Test func whatComesSeldomIsLibfuses() throws {
        let session = try Session(fileSystem: MemoryFileSystem(), options: MountOptions())
        // LOOKUP, GETATTR, FORGET, INIT, OPENDIR, RELEASEDIR, DESTROY
        for operation in [1, 3, 2, 26, 27, 29, 38] as [UInt32] {
            #expect(try !isExecuted(operation, arguments: 64, in: session))
        }
    }

    @Test(arguments: [["debug"], ["allow_root"]])
    func optionsThatOnlyLibfuseObeysLeaveItAll(options: [String]) throws {
        let options = try MountOptions(options)
        // libfuse refuses some of them for some users; what the options say is looked at before
        #expect(!Session.isDirect(options))
        #expect(Session.isDirect(MountOptions()))
    }

    /// A dropped reply, one from another thread, an error, and one for nobody: as with libfuse.
    @Test func theyAreAnsweredOnce() throws {
        try withMount { mount throws in
            #expect(throws: Errno.EIO) { try contentOf(mount.path + "/dropped") }
            #expect(try contentOf(mount.path + "/later") == "later\n")
            let file = open(mount.path + "/file", O_RDWR)
            #expect(errorOf { Int32(write(file, "full", 4)) } == .ENOSPC)
            #expect(write(file, "three", 5) == 5)
            var bytes = [UInt8](repeating: 0, count: 3)
            #expect(pread(file, &bytes, 3, 2) == 3)
            #expect(bytes == Array("ree".utf8))
            #expect(close(file) == 0)
            mount.fileSystem.state.eventually("the file is released") { $0.openDescriptors == 0 }
        }
    }

    @Test func aSignalIsToldToWhoKeepsTheReply() throws {
        try withMount { mount throws in
            let path = mount.path + "/signalled"
            let thread = Monitor<pthread_t?>(nil)
            let reader = Background { () -> Errno? in
                // the test's own thread has it blocked
                var signals = sigset_t()
                sigemptyset(&signals)
                sigaddset(&signals, SIGURG)
                pthread_sigmask(SIG_UNBLOCK, &signals, nil)
                thread.withLock { $0 = pthread_self() }
                let file = open(path, O_RDONLY)
                defer { close(file) }
                var byte: UInt8 = 0
                return errorOf { Int32(read(file, &byte, 1)) }
            }
            mount.fileSystem.state.eventually("the read waits") { $0.blocked == 1 }
            // workers have a handler for it that does nothing
            if let thread = thread.withLock({ $0 }) { pthread_kill(thread, SIGURG) }
            #expect(reader.value() == .some(.EINTR))
        }
    }

    @Test func anInterruptionIsForgottenWithTheAnswer() {
        let interruptions = Interruptions()
        interruptions.insert(8)
        #expect(interruptions.contains(8) && !interruptions.contains(6))
        interruptions.remove(8)
        #expect(!interruptions.contains(8))
    }

    /// Those that come when the answer is given already; nobody takes them out.
    @Test func onlySoManyInterruptionsAreKept() {
        let interruptions = Interruptions()
        for unique in 1...10_000 as ClosedRange<UInt64> { interruptions.insert(unique * 2) }
        #expect(interruptions.contains(20_000))
        #expect(!interruptions.contains(2))
        #expect(interruptions.count == Interruptions.maximum)
    }
}
