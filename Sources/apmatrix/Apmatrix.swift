internal import ArgumentParser
internal import SysfsMount

/// The command line. Exit status 64 for wrong use, 1 for what failed.
@main
struct Apmatrix: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apmatrix",
        abstract: "An IBM Z crypto host that fits into a directory.",
        discussion: """
            Mounts a file system that answers like the sysfs of Linux on IBM Z: AP bus, cards, queues, mediated devices, vfio_ap. \
            The other commands speak to a mount through its kernel/debug/apmatrix; they find it by themselves when there is one.
            """,
        version: "apmatrix \(version)",
        subcommands: [
            MountCommand.self, UnmountCommand.self, RunCommand.self, ShellCommand.self, EnvCommand.self, MachineCommand.self,
            GuestCommand.self, FaultCommand.self, LogCommand.self,
            UeventsCommand.self, LocksCommand.self, ReplayCommand.self, RecordCommand.self,
        ],
        defaultSubcommand: MountCommand.self)

    static let version = "0.1.0"

    static func main() {
        SysfsFileSystem.handOnRequestsWhenBlocking()
        main(nil)
    }
}

/// Something that failed: a line for stderr that says what, and what to do about it. Exit status 1.
struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
