internal import ArgumentParser
internal import SystemAdditions
internal import SystemPackage

struct EnvCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "env", abstract: "Print the variables by which programs find a mount without a namespace.",
        discussion: """
            For a shell: eval "$(apmatrix env DIR)". SYSFS_ROOT is for the s390-tools; MDEVCTL_ENV_ROOT for mdevctl after 1.2, which looks \
            for a directory 'sys' in it; SYSTEMD_DEVICE_VERIFY_SYSFS for libudev, where DIR is bound to /sys. Everything else finds only \
            /sys: use 'apmatrix run'.
            """)

    @Argument(help: "Where a machine is mounted, or a path in it.")
    var directory: String

    func run() throws {
        let root = try MountedMachines().machine(named: directory)
        var lines = ["export SYSTEMD_DEVICE_VERIFY_SYSFS=0", "export SYSFS_ROOT=\(root.lossless.shellWord)"]
        if root.lastComponent == "sys" {
            lines.append("export MDEVCTL_ENV_ROOT=\(root.removingLastComponent().lossless.shellWord)")
        } else {
            lines.append("# no MDEVCTL_ENV_ROOT: mdevctl wants the mount at a directory of the name sys")
        }
        try emit(lines.map { $0 + "\n" }.joined().losslessBytes)
    }
}
