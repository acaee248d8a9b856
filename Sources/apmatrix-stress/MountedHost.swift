internal import APBus
internal import AdjunctProcessor
internal import DriverCore
internal import Emulator
internal import FUSE
internal import Glibc
internal import LockOrder
internal import Machine
internal import Sysfs
internal import SysfsMount
internal import SystemPackage

/// A host of eight adapters and eight domains, all vfio_ap's, with a device for each guest; mounted, served by this process.
final class MountedHost: Sendable {
    /// The mount point, absolute.
    let path: String
    /// The UUIDs of the mediated devices, one for each guest.
    let devices: [String]
    static let adapters: ClosedRange<UInt8> = 1...8
    static let domains: ClosedRange<UInt8> = 1...8
    static let type = "devices/vfio_ap/matrix/mdev_supported_types/vfio_ap-passthrough"

    private let computer: Computer
    private let session: Session
    // Unsafe: `init` sets it once, before another thread knows this object.
    private nonisolated(unsafe) var thread = pthread_t()

    /// Boots the host, mounts it in a new directory below /tmp, serves it, and gives each guest its device.
    ///
    /// - Throws: the errno of mkdtemp(3) or of the boot; `MountError` where it cannot be mounted.
    init(guests: Int) throws {
        var template = Array("/tmp/apmatrix-stress-XXXXXX".utf8CString)
        guard let directory = mkdtemp(&template) else { throw Errno(rawValue: errno) }
        path = String(cString: directory)
        devices = MountedHost.uuids(guests)
        let computer = try Computer(MountedHost.machine, clock: RealClock())
        computer.tree.setOwner(uid: geteuid(), gid: getegid())
        self.computer = computer
        SysfsFileSystem.handOnRequestsWhenBlocking()
        let fileSystem = SysfsFileSystem(kernel: computer.kernel) { computer.shutDown() }
        var options = MountOptions()
        options.fsname = "apmatrix-stress"
        session = try Session(fileSystem: fileSystem, options: options)
        fileSystem.attach(session)
        do {
            try session.mount(at: path)
        } catch {
            rmdir(path)
            throw error
        }
        let session = Unmanaged.passRetained(session).toOpaque()
        pthread_create(
            &thread, nil,
            { session in
                if let session { try? Unmanaged<Session>.fromOpaque(session).takeRetainedValue().run() }
                return nil
            }, session)
        _ = SystemCall.write("\(path)/bus/ap/apmask", MountedHost.adapters.map { "-\($0)" }.joined())
        for device in devices { _ = SystemCall.write("\(path)/\(MountedHost.type)/create", device) }
    }

    /// So many UUIDs.
    static func uuids(_ count: Int) -> [String] {
        (0..<count).map { "00000000-0000-4000-8000-" + String(repeating: "0", count: 10) + "\(10 + $0)" }
    }

    static var machine: MachineDescription {
        var adapters: [AdapterID: Adapter] = [:]
        for adapter in Self.adapters {
            adapters[AdapterID(adapter)] = CardType(adapter % 2 == 0 ? "CEX8C" : "CEX8P").map { Adapter(type: $0) }
        }
        return MachineDescription(
            adapters: adapters, usageDomains: APMask(Array(domains)), controlDomains: APMask(Array(domains)), maxAdapter: 15,
            maxDomain: 15)
    }

    /// How many bytes the journals have: they are kept very long.
    var logSize: Int {
        computer.kernel.uevents.size + computer.kernel.log.size + computer.machine.journal.size
    }

    var lockTable: String { "the locks:\n" + LockStatistics.table }

    /// The defects of the host, asked for when no client works any more. Work in the background gets two seconds to end.
    func inspect() -> [String] {
        computer.bus?.stop()
        var defects = computer.inspect()
        for _ in 0..<100 where !defects.isEmpty {
            sleep(milliseconds: 20)
            defects = computer.inspect()
        }
        return defects
    }

    /// Takes the mount away, even while threads still work on it.
    func detach() {
        // it goes with the process if it cannot go now
        try? MountTable.unmount(path, lazy: true)
        rmdir(path)
    }

    /// Ends the mount; when it returns all threads that serve it are gone.
    func unmount() {
        session.stop()
        pthread_join(thread, nil)
        rmdir(path)
    }
}
