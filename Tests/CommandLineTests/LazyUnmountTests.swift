import Glibc
import ProgramTesting
import Testing
import Waiting

/// An ordinary user's `unmount --lazy`. A user has no system call that cuts a connection: there is a file for that, or there is not.
@Suite(.serialized, .bounded, .enabled(if: geteuid() == 0, "only root can become somebody else"))
struct LazyUnmountTests {
    /// Runs a script as a user who may mount, in a mount namespace of its own, in a directory of the user's with `sys` in it. A server
    /// that is left is killed.
    ///
    /// - Parameter setting: what root does before.
    private func user(_ setting: String, _ script: String) throws -> Program.Outcome {
        let folder = try Folder()
        defer { folder.remove() }
        let frame = """
            set -e; mount -t tmpfs none '\(folder.path)'; chmod 755 '\(folder.path)'; cp '\(Program.path)' '\(folder.path)/apmatrix'
            mknod -m 666 '\(folder.path)/fuse' c 10 229; mount --bind '\(folder.path)/fuse' /dev/fuse
            \(setting)
            cd '\(folder.path)'; mkdir sys; chown 65534:65534 sys
            trap 'kill -KILL $(pgrep -f "[r]eady-descriptor.*\(folder.path)/sys")' EXIT
            setpriv --reuid=65534 --regid=65534 --clear-groups -- sh -c '\(script)' sh '\(folder.path)/sys'
            """
        return try Program.run("/usr/bin/unshare", arguments: ["-m", "sh", "-c", frame])
    }

    @Test(arguments: [
        "mountpoint -q /sys/fs/fuse/connections || mount -t fusectl none /sys/fs/fuse/connections",
        "! mountpoint -q /sys/fs/fuse/connections || umount /sys/fs/fuse/connections",
    ])
    func aStoppedServerIsNotWaitedFor(setting: String) throws {
        let outcome = try user(
            setting,
            """
            ./apmatrix mount "$1" && pkill -STOP -f "[r]eady-descriptor.*$1" &&
                timeout -s KILL 60 ./apmatrix unmount --lazy "$1"; echo $?; grep -c " $1 " /proc/self/mountinfo
            """)
        #expect(outcome.output == "0\n0\n", "\(outcome.errors)")
    }
}
