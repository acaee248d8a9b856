import Dispatch
import DriverCore
import Emulator
import Glibc
import Kernels
import Synchronization
import Sysfs
import SystemAdditions
import SystemPackage
import Testing
import VFS

/// Writes to a computer that is being taken apart: each ends, with an errno.
@Suite(.serialized, .timeLimit(.minutes(5))) struct DismantleTests {
    private static let type = "\(Host.matrix)/mdev_supported_types/vfio_ap-passthrough"

    /// What makes and removes something; before it, what it needs.
    static let writes: [(path: String, text: String, before: [(path: String, text: String)])] = [
        ("class/zcrypt/create", "node", []), ("class/zcrypt/destroy", "node", [("class/zcrypt/create", "node")]),
        ("\(type)/create", Host.uuid, []), ("\(Host.matrix)/\(Host.uuid)/remove", "1", [("\(type)/create", Host.uuid)]),
        ("\(Host.control)/modules", "load vfio_ap", [("\(Host.control)/modules", "unload vfio_ap")]),
        ("\(Host.control)/modules", "unload vfio_ap", []),
        ("bus/ap/scans", "1", [("\(Host.control)/machine", "adapter 05 unplug")]),
        ("bus/ap/apmask", "-5", []), ("bus/ap/drivers/vfio_ap/unbind", "05.0047", [("bus/ap/apmask", "-5")]),
        ("\(Host.control)/guests", "start mary \(Host.uuid)", [("\(type)/create", Host.uuid)]),
        ("devices/ap/card05/uevent", "add", []),
    ]

    /// The write has begun when its file goes.
    @Test(arguments: writes.indices, KernelRelease.allCases)
    func aWriteThatIsUnderWayEnds(_ index: Int, _ release: KernelRelease) throws {
        let (path, text, before) = Self.writes[index]
        // what it answers depends on how far the end has come
        _ = try Self.answer(to: text, path, release, behind: path, before: before)
    }

    /// What would make something in a tree that is gone as a whole says that there is no such device.
    @Test(arguments: [0, 4]) func nothingIsMadeBehindTheEnd(_ index: Int) throws {
        let (path, text, before) = Self.writes[index]
        #expect(try Self.answer(to: text, path, .v7_2, behind: "bus", before: before) == .ENODEV)
    }

    /// Takes a computer apart while a write is under way, which goes on when something has gone.
    ///
    /// - Parameters:
    ///   - gone: what must have gone before the write goes on.
    ///   - before: what is written first.
    /// - Returns: what the write answers.
    private static func answer(
        to text: String, _ path: String, _ release: KernelRelease, behind gone: String, before: [(path: String, text: String)]
    ) throws -> Errno? {
        let computer = try Computer(release: release, clock: VirtualClock())
        let calls = TreeCalls(tree: computer.tree)
        for (path, text) in before {
            _ = try calls.write(calls.open(SysfsPath(path.utf8), .writeOnly), Array(text.utf8), at: 0)
        }
        let file = try calls.open(SysfsPath(path.utf8), .writeOnly)
        let (begun, go, ended) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        computer.tree.setInterceptor { _, _ in
            begun.signal()
            go.wait()
        }
        let answer = Answer()
        inThread {
            do throws(Errno) {
                _ = try calls.write(file, Array(text.utf8), at: 0)
            } catch {
                answer.value.withLock { $0 = error }
            }
            ended.signal()
        }
        #expect(begun.wait(timeout: .now() + .seconds(60)) == .success, "waited 60 seconds in vain for the write to begin")
        inThread {
            computer.shutDown()
            computer.dismantle()
            ended.signal()
        }
        // nobody tells when a name has gone
        let patience = ContinuousClock.now + .seconds(60)
        while (try? calls.status(of: SysfsPath(gone.utf8))) != nil, ContinuousClock.now < patience { usleep(200) }
        go.signal()
        for _ in 0..<2 {
            try #require(
                ended.wait(timeout: .now() + 60) == .success, "the write to \(path), or the end of the computer, does not end")
        }
        #expect(throws: Errno.ENODEV) { try calls.write(file, Array(text.utf8), at: 0) }
        try #require(ContinuousClock.now < patience, "\(gone) does not go")
        return answer.value.withLock { $0 }
    }
}

/// Not in a task: those that wait would leave no thread to the others.
private func inThread(_ body: @escaping @Sendable () -> Void) {
    let task = Unmanaged.passRetained(Task(body))
    var thread = pthread_t()
    let error = pthread_create(
        &thread, nil,
        { argument in
            if let argument { Unmanaged<Task>.fromOpaque(argument).takeRetainedValue().body() }
            return nil
        }, task.toOpaque())
    precondition(error == 0, "no more threads")
    pthread_detach(thread)
}

private final class Task: Sendable {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) {
        self.body = body
    }
}

private final class Answer: Sendable {
    let value = Mutex<Errno?>(nil)
}
