import Emulator
import Glibc
import Synchronization
import SysfsMount
import Testing
import Waiting

/// A reset that takes long (here until it is ended) holds up whoever needs its locks, and nobody else.
@Suite(.serialized, .bounded) struct BlockedResetTests {
    private static let matrix = "devices/vfio_ap/matrix"
    private static let type = matrix + "/mdev_supported_types/vfio_ap-passthrough"
    private static let uuid = "69904b8e-2a56-4c2a-a5cb-d2bcc8a1e7a1"
    private static let other = "0a1b2c3d-0000-4000-8000-00000000beef"
    private static let control = "kernel/debug/apmatrix"

    /// Read without the lock of the matrix device.
    private static let free = [
        "bus/ap/apmask", "bus/ap/aqmask", "bus/ap/config_time", "bus/ap/ap_interrupts", "bus/ap/bindings",
        "devices/ap/card05/type",
        "devices/ap/card03/03.0004/online", "devices/ap/card05/05.0004/interrupt", "\(type)/available_instances", "\(type)/name",
        "\(matrix)/\(uuid)/ap_config", "\(matrix)/\(other)/ap_config", "\(control)/log", "\(control)/guests",
        "\(control)/machine",
        "\(control)/locks",
    ]

    @Test func othersAreServedMeanwhile() throws {
        let mount = try MountedComputer()
        defer { mount.unmount() }
        for (file, text) in [
            ("bus/ap/apmask", "-5"), ("\(Self.type)/create", Self.uuid), ("\(Self.type)/create", Self.other),
            ("\(Self.matrix)/\(Self.uuid)/assign_adapter", "5"), ("\(Self.matrix)/\(Self.uuid)/assign_domain", "4"),
            ("\(Self.control)/guests", "start mary \(Self.uuid)"),
            ("\(Self.control)/machine", "queue 05.0004 reset-busy=255"),
        ] {
            try #require(write(text, to: file, of: mount) == nil, "\(file)")
        }
        // whatever fails below: the reset ends, and with it the threads
        defer { _ = write("queue 05.0004 reset-busy=0", to: "\(Self.control)/machine", of: mount) }

        // what has reset the queue before does not count
        let before = try #require(resets(of: mount))
        let unplug = Call { write("5", to: "\(Self.matrix)/\(Self.uuid)/unassign_adapter", of: mount) }
        waitUntil("the reset begins") { (resets(of: mount) ?? 0) > before }
        let blocked = (0..<40).map { number in
            Call { read("\(Self.matrix)/\(number % 2 == 0 ? Self.uuid : Self.other)/matrix", of: mount) == nil ? EIO : nil }
        }

        var served = 0
        for _ in 0..<10 {
            for file in Self.free {
                #expect(read(file, of: mount) != nil, "\(file)")
                served += 1
            }
        }
        #expect(served == 160)
        #expect(write("17", to: "bus/ap/config_time", of: mount) == nil)
        #expect(!unplug.isDone)
        #expect(blocked.allSatisfy { !$0.isDone })

        #expect(write("queue 05.0004 reset-busy=0", to: "\(Self.control)/machine", of: mount) == nil)
        #expect(unplug.error() == nil)
        for call in blocked { #expect(call.error() == nil) }
    }

    /// A device that is removed has lost its node before its queues are reset, and one of them does not get reset. No timer of the kernel
    /// runs meanwhile that would tell of it.
    @Test func othersSeeAndHearWhatHasBeenDoneSoFar() throws {
        let mount = try MountedComputer()
        defer { mount.unmount() }
        let heard = Mutex<[String]>([])
        let news = Event("a uevent is sent")
        mount.fileSystem.broadcastUevents { messages in
            heard.withLock { $0 += messages.map { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) } }
            news.happens()
        }
        for (file, text) in [
            ("bus/ap/apmask", "-5"), ("\(Self.type)/create", Self.uuid), ("\(Self.matrix)/\(Self.uuid)/assign_adapter", "5"),
            ("\(Self.matrix)/\(Self.uuid)/assign_domain", "4"), ("\(Self.control)/machine", "queue 05.0004 reset-busy=255"),
        ] {
            try #require(write(text, to: file, of: mount) == nil, "\(file)")
        }
        defer { _ = write("queue 05.0004 reset-busy=0", to: "\(Self.control)/machine", of: mount) }
        let device = "/\(Self.matrix)/\(Self.uuid)"
        #expect(heard.withLock { $0.last } == "bind@\(device)", "by the time the write has returned")
        let node = "\(mount.path)\(device)/vfio-dev/vfio0"
        #expect(access(node, F_OK) == 0)

        let store = Call { write("1", to: "\(Self.matrix)/\(Self.uuid)/remove", of: mount) }
        while !heard.withLock({ $0.contains("remove@\(device)/vfio-dev/vfio0") }) {
            try #require(news.wait(), "a uevent is missing")
        }
        #expect(!store.isDone)
        #expect(access(node, F_OK) == -1)
        #expect(!heard.withLock { $0.contains("remove@\(device)") })

        #expect(write("queue 05.0004 reset-busy=0", to: "\(Self.control)/machine", of: mount) == nil)
        #expect(store.error() == nil)
        #expect(heard.withLock { $0.last } == "remove@\(device)")
    }

    /// How often queue 05.0004 has been told to reset.
    private func resets(of mount: MountedComputer) -> Int? {
        read("\(Self.control)/hardware", of: mount)?.split(separator: "\n").count { $0.contains("ZAPQ 05.0004") }
    }

    // MARK: - System calls

    private func write(_ text: String, to file: String, of mount: MountedComputer) -> CInt? {
        let descriptor = open("\(mount.path)/\(file)", O_WRONLY)
        guard descriptor >= 0 else { return errno }
        defer { close(descriptor) }
        return text.withCString { Glibc.write(descriptor, $0, strlen($0)) } < 0 ? errno : nil
    }

    private func read(_ file: String, of mount: MountedComputer) -> String? {
        let descriptor = open("\(mount.path)/\(file)", O_RDONLY)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            guard count >= 0 else { return nil }
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes += buffer[..<count]
        }
    }
}

/// Something that is done on a thread of its own.
private final class Call: Sendable {
    private final class End: Sendable {
        /// Nil until it is there.
        let error = Mutex<CInt??>(nil)
    }
    private let end: End
    private let thread: TestThread

    /// - Parameter body: answers with the number of an error, or nil.
    init(_ body: @escaping @Sendable () -> CInt?) {
        let end = End()
        self.end = end
        thread = TestThread("a system call returns") {
            let error = body()
            end.error.withLock { $0 = .some(error) }
        }
    }

    var isDone: Bool { end.error.withLock { $0 != nil } }

    /// Waits for its end. To be called once.
    ///
    /// - Returns: the number of an error; `ETIME` where it has not ended in time, which fails the test too.
    func error() -> CInt? {
        guard thread.join() else { return ETIME }
        return end.error.withLock { $0 ?? ETIME }
    }
}
