import DriverCore
import Emulator
import FUSE
import Glibc
internal import Kernels
import Machine
import Sysfs
import SysfsMount
import SystemAdditions
internal import SystemPackage
import Testing
import Waiting

/// A computer that is mounted at a directory of its own, served by threads of this process.
final class MountedComputer: Sendable {
    let path: String
    let computer: Computer
    let fileSystem: SysfsFileSystem
    private let session: Session
    private let server: TestThread

    init(
        _ machine: MachineDescription = .default, release: KernelRelease = .v7_2, countsRequests: Bool = false
    ) throws {
        var template = Array("/tmp/apmatrix-test-XXXXXX".utf8CString)
        guard let directory = mkdtemp(&template) else {
            throw MountError.refused("/tmp", .EIO)
        }
        path = String(cString: directory)
        let computer = try Computer(machine, release: release, clock: RealClock())
        self.computer = computer
        SysfsFileSystem.handOnRequestsWhenBlocking()
        fileSystem = SysfsFileSystem(kernel: computer.kernel, countsRequests: countsRequests) { computer.shutDown() }
        var options = try MountOptions(["noexec"])
        options.fsname = "apmatrix-test"
        session = try Session(fileSystem: fileSystem, options: options)
        fileSystem.attach(session)
        do {
            try session.mount(at: path)
        } catch {
            rmdir(path)
            throw error
        }
        server = TestThread("the session ends that serves \(path)") { [session] in try? session.run() }
    }

    /// Ends the mount; when it returns all threads are gone.
    func unmount() {
        session.stop()
        server.join()
        rmdir(path)
    }
}
