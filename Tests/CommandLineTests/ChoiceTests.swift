import Foundation
import Glibc
import ProgramTesting
import Testing
import Waiting

/// Which mount is meant, and what is advised where there is none.
extension CommandLineTests {
    /// A pipe is read once, and the process that serves is another one.
    @Test func aMachineIsMountedFromAPipe() throws {
        let folder = try Folder()
        defer { folder.remove() }
        let sys = try folder.makeDirectory("sys")
        let outcome = try Program.run("mount", "/dev/stdin", sys, input: "adapters: {1f: CEX7P}\ndomains: [2a]\n")
        try #require(outcome.status == 0, "\(outcome.errors)")
        defer { _ = try? Program.run("unmount", sys) }
        #expect(try Program.run("machine", "--mount", sys).output.contains("  1f: CEX7P"))
    }

    @Test func aPathInAMountIsEnoughAndTheInnermostIsMeant() throws {
        let folder = try Folder()
        defer { folder.remove() }
        let outer = try folder.makeDirectory("sys")
        let sibling = try folder.makeDirectory("sys2")
        // an empty directory of the tree
        let inner = outer + "/kernel/iommu_groups"
        try #require(try Program.run("mount", outer).status == 0)
        defer { _ = try? Program.run("unmount", "--lazy", outer) }
        try #require(try Program.run("mount", inner).status == 0)
        defer { _ = try? Program.run("unmount", inner) }
        #expect(try Program.run("machine", "--mount", inner + "/bus/ap", "adapter 06 unplug").status == 0)
        #expect(try Program.run("machine", "adapter 05 unplug", in: inner + "/bus").status == 0)

        let ofInner = try Program.run("machine", "--mount", inner)
        #expect(ofInner.status == 0)
        #expect(!ofInner.output.contains("  06:"))
        #expect(!ofInner.output.contains("  05:"))
        let ofOuter = try Program.run("machine", "--mount", "bus/ap/devices", in: outer)
        #expect(ofOuter.status == 0, "\(ofOuter.errors)")
        #expect(ofOuter.output.contains("  06:"))
        #expect(ofOuter.output.contains("  05:"))
        #expect(try Program.run("env", outer + "/bus").output.contains("SYSFS_ROOT=\(outer)\n"))
        // its name begins like that of a mount
        #expect(try Program.run("machine", "--mount", sibling).errors.contains("\(sibling): not an apmatrix mount"))
    }

    @Test(.enabled(if: geteuid() == 0, "only root can mount a tmpfs")) func whatIsMountedOnAMachineIsNone() throws {
        let folder = try Folder()
        defer { folder.remove() }
        let sys = try folder.makeDirectory("sys")
        try #require(try Program.run("mount", sys).status == 0)
        defer { _ = try? Program.run("unmount", sys) }
        try #require(mount("none", sys, "tmpfs", 0, nil) == 0)
        defer { umount(sys) }
        #expect(try Program.run("machine", "--mount", sys).errors.contains("not an apmatrix mount"))
    }

    /// A mount hides what was there: only where nothing is missed it is proposed.
    @Test(arguments: [["env"], ["machine", "--mount"]]) func adviceHarmsNobody(command: [String]) throws {
        let folder = try Folder()
        defer { folder.remove() }
        let empty = try folder.makeDirectory("a place")
        for place in ["/", "/tmp", "/usr", "/etc", "/var/tmp", "/dev/shm", "/proc/self", "/root", "/home", folder.path] {
            guard FileManager.default.fileExists(atPath: place) else { continue }
            let outcome = try Program.run(arguments: command + [place], in: folder.path)
            #expect(outcome.status == 1)
            let advice = "not an apmatrix mount; mount one on a directory of its own: mkdir sys && apmatrix mount sys\n"
            #expect(outcome.errors.hasSuffix(advice), "\(outcome.errors)")
        }
        let outcome = try Program.run(arguments: command + [empty])
        #expect(outcome.errors.hasSuffix("mount one there: apmatrix mount '\(empty)'\n"), "\(outcome.errors)")
        let home = try Program.run(arguments: command + [empty], environment: ["HOME": empty])
        #expect(home.errors.contains("on a directory of its own"), "\(home.errors)")
        // the name that is proposed is new
        _ = try folder.makeDirectory("sys")
        let next = try Program.run(arguments: command + ["/tmp"], in: folder.path)
        #expect(next.errors.contains("mkdir sys2 && apmatrix mount sys2"))
    }

    @Test func aPathInADeadMountIsSaidToBe() throws {
        let folder = try Folder()
        defer { folder.remove() }
        let sys = try folder.makeDirectory("my sys")
        try #require(try Program.run("mount", sys).status == 0)
        Self.killServer(of: sys)
        let dead = try Program.run("machine", "--mount", "my sys/bus/ap", in: folder.path)
        #expect(dead.status == 1)
        #expect(dead.errors.contains("its server is gone; clean up: apmatrix unmount '\(sys)'"), "\(dead.errors)")
        #expect(try Program.run("unmount", sys).status == 0)
    }

    @Test func aDirectoryMayBeginWithAHyphen() throws {
        let folder = try Folder()
        defer { folder.remove() }
        _ = try folder.makeDirectory("-sys")
        let mounted = try Program.run("mount", "--", "-sys", in: folder.path)
        #expect(mounted.status == 0, "\(mounted.errors)")
        #expect(try folder.text("-sys/bus/ap/ap_domain") == "4\n")
        #expect(try Program.run("unmount", "--", "-sys", in: folder.path).status == 0)
    }

    /// The host's user nobody has a mount with all that belongs to it, and nobody else, not even root, comes in.
    @Test(.enabled(if: geteuid() == 0, "only root can become somebody else")) func anOrdinaryUsersMountHasAControlPlane() throws {
        let folder = try Folder()
        defer { folder.remove() }
        let script = """
            set -e; mount -t tmpfs none '\(folder.path)'; cp '\(Program.path)' '\(folder.path)/apmatrix'
            mknod -m 666 '\(folder.path)/fuse' c 10 229; mount --bind '\(folder.path)/fuse' /dev/fuse
            cd '\(folder.path)'; mkdir -m 777 sys
            user() { setpriv --reuid=65534 --regid=65534 --clear-groups -- "$@"; }
            user ./apmatrix mount sys; user stat -c '%u %a' sys/kernel/debug
            user ./apmatrix machine --mount sys adapter 06 unplug; user ./apmatrix machine --mount sys | grep -c '^  06:' || true
            ls sys/kernel/debug 2>/dev/null || echo refused
            user ./apmatrix unmount sys
            """
        let outcome = try Program.run("/usr/bin/unshare", arguments: ["-m", "sh", "-c", script])
        #expect(outcome.output == "65534 700\n0\nrefused\n", "\(outcome.errors)")
    }

    @Test func helpSaysWhatOfTheHostIsTouched() throws {
        let help = try Program.run("run", "--help").output
        let words = help.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        #expect(!words.contains("Nothing of the host is touched"))
        #expect(words.contains("Everything else is the host's, and changes there stay: /home, /tmp, /var"))
    }
}
