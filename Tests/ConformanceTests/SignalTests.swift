import APBus
import DriverCore
import Emulator
import Glibc
import KernelLocks
import LockOrder
import Machine
import SystemAdditions
import SystemPackage
import Testing
import Waiting

/// A signal that does not end the process ends what Linux lets it end, and nothing else: docs/FIDELITY.md, "Signals".
@Suite(.serialized, .bounded) struct SignalTests {
    private static let control = "kernel/debug/apmatrix"
    private static let keys = "devices/ap/card05/05.0047/mkvps"

    /// A thread that reads a file of a mount, and can be sent a signal. What it has read comes at its end.
    private final class Reader: Sendable {
        private let thread = Leaf<pthread_t?>("thread", nil)
        private let result = Leaf<String?>("result", nil)
        private let work: TestThread

        /// - Parameter text: is written instead of reading.
        init(_ path: String, writing text: String? = nil) {
            let (thread, result) = (self.thread, self.result)
            work = TestThread("\(path) answers") {
                // threads of the test runner's pool block signals, and hand that on
                var signals = sigset_t()
                sigemptyset(&signals)
                sigaddset(&signals, SIGUSR2)
                pthread_sigmask(SIG_UNBLOCK, &signals, nil)
                thread.withLock { $0 = pthread_self() }
                let file = open(path, text == nil ? O_RDONLY : O_WRONLY)
                defer { close(file) }
                var buffer = [UInt8](repeating: 0, count: 4096)
                let count =
                    text.map { text in text.withCString { write(file, $0, strlen($0)) } } ?? read(file, &buffer, buffer.count)
                let answer = count < 0 ? Errno(rawValue: errno).name : String(decoding: buffer.prefix(count), as: UTF8.self)
                result.withLock { $0 = text == nil || count < 0 ? answer : "ok" }
            }
        }

        func signal() {
            if let thread = thread.withLock({ $0 }) { pthread_kill(thread, SIGUSR2) }
        }

        func outcome() -> String? {
            work.join()
            return result.withLock { $0 }
        }

        var isDone: Bool { result.withLock { $0 != nil } }
    }

    init() {
        var action = sigaction()
        action.__sigaction_handler.sa_handler = { _ in }
        action.sa_flags = Int32(SA_RESTART)
        sigaction(SIGUSR2, &action, nil)
    }

    private func put(_ text: String, into file: String, of mount: MountedComputer) {
        let file = open("\(mount.path)/\(file)", O_WRONLY)
        _ = text.withCString { write(file, $0, strlen($0)) }
        close(file)
    }

    private func text(_ file: String, of mount: MountedComputer) -> String { Reader("\(mount.path)/\(file)").outcome() ?? "" }

    @Test func aReadThatWaitsForACardEndsWithWhatIsKnownWithoutIt() throws {
        let mount = try MountedComputer(.withKeys)
        defer { mount.unmount() }
        #expect(text(Self.keys, of: mount).contains("AES CUR: valid 0x0123456789abcdef"))
        put("read */mkvps delay=3600s nth=1\n", into: "\(Self.control)/faults", of: mount)
        let reader = Reader("\(mount.path)/\(Self.keys)")
        waitUntil("the delay begins") { text("\(Self.control)/faults", of: mount).isEmpty }
        waitUntil("a signal ends the wait") {
            reader.signal()
            return reader.isDone
        }
        let lines = try #require(reader.outcome()).split(separator: "\n")
        #expect(lines.count == 9)
        #expect(lines.allSatisfy { $0.hasSuffix(": - -") })
        #expect(text(Self.keys, of: mount).contains("AES CUR: valid 0x0123456789abcdef"), "the next one waits and is answered")
    }

    /// `mutex_lock_interruptible`
    @Test(arguments: ["-5", nil]) func theWaitForTheMasksEndsWithEINTRAndNothingIsDone(text: String?) throws {
        let mount = try MountedComputer()
        defer { mount.unmount() }
        let masks = "\(mount.path)/bus/ap/apmask"
        let (isHeld, mayGo) = (Event("the masks are held"), Event("the test gives the masks back"))
        let bus = try #require(mount.computer.bus)
        let holder = TestThread("the masks are given back") {
            withNoLocksHeld { held in
                bus.masks.withLock(after: held) { (_, _) in
                    isHeld.happens()
                    mayGo.wait()
                }
            }
        }
        try #require(isHeld.wait())
        let reader = Reader(masks, writing: text)
        waitUntil("it stands in line") { bus.masks.line == 1 }
        waitUntil("a signal ends the wait") {
            reader.signal()
            return reader.isDone
        }
        #expect(reader.outcome() == "EINTR")
        mayGo.happens()
        holder.join()
        waitUntil("nobody waits any more") { bus.masks.line == 0 }
        #expect(self.text("bus/ap/apmask", of: mount) == "0x" + String(repeating: "f", count: 64) + "\n")
    }
}

extension MachineDescription {
    /// Card 05 with master keys.
    fileprivate static var withKeys: MachineDescription {
        get throws {
            try MachineDescription(
                yaml: Array(
                    """
                    adapters:
                      05:
                        type: CEX8C
                        serialnr: "93AADDV8"
                        domains: {47: {AES CUR: valid 0x0123456789abcdef}}
                    domains: [47]

                    """.utf8), file: "keys")
        }
    }
}
