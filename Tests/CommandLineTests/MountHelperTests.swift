import Foundation
import Glibc
import ProgramTesting
import Testing

/// `mount -t fuse.apmatrix` and lines of fstab. The link that mount(8) looks for lies in a directory that this test alone sees.
extension CommandLineTests {
    /// - Parameter link: what is added to the system's directory of helpers, as a link to the program.
    private static func shell(_ script: String, in folder: Folder, link: String) throws -> Program.Outcome {
        let setUp = """
            set -e; cd '\(folder.path)'; mount -t tmpfs none .; cd "$PWD"; mkdir up work sbin m; sbin=$(readlink -f /sbin)
            mount -t overlay -o "lowerdir=$sbin,upperdir=$PWD/up,workdir=$PWD/work" none "$sbin" 2>/dev/null ||
                { cp -a "$sbin/." sbin; mount --bind sbin "$sbin"; }
            cp '\(Program.path)' program; ln -s "$PWD/program" "$sbin/\(link)"
            export LC_ALL=C; unset LIBMOUNT_FSTAB; PATH=/usr/sbin:/sbin:$PATH; set +e

            """
        return try Program.run("/usr/bin/unshare", arguments: ["-m", "bash", "-c", setUp + script])
    }

    private static let asRoot = ConditionTrait.enabled(if: geteuid() == 0, "only root can mount with mount(8)")

    /// By its link, and without it by mount.fuse3.
    @Test(asRoot, arguments: ["mount.fuse.apmatrix", "apmatrix"]) func mountMountsIt(link: String) throws {
        let folder = try Folder()
        defer { folder.remove() }
        let script = """
            printf 'adapters:\\n  0a: CEX5C\\ndomains: [02]\\n' > 'a machine.yaml'
            # 6.12 counts no completions
            show() {
                echo "$?" $(ls m/devices/ap | grep card) $(ls m/bus/ap | grep -c complete_count) \\
                    $(findmnt -no OPTIONS m | cut -c1-2)
                umount m
            }
            mount -t fuse.apmatrix none m; show
            mount -t fuse.apmatrix -o ro,kernel=6.12,noatime "a machine.yaml" m; show
            mount -v -t fuse.apmatrix none m >/dev/null; show
            options=noauto,user,nofail,relatime,_netdev,x-systemd.idle-timeout=5,comment=it,kernel=6.12
            echo "none $PWD/m fuse.apmatrix $options 0 0" > fstab
            mount -T fstab "$PWD/m"; show
            echo "$PWD/a\\040machine.yaml $PWD/m fuse.apmatrix defaults 0 0" > fstab
            mount -T fstab -a >/dev/null; show
            mount -t fuse.apmatrix none missing; echo $?
            mount -t fuse.apmatrix "$PWD/no.yaml" m; echo $?
            mount -t fuse.apmatrix -o kernel=5.4 none m; echo $?
            """
        let outcome = try Self.shell(script, in: folder, link: link)
        #expect(
            outcome.output == """
                0 card03 card05 card06 card0a 1 rw
                0 card0a 0 ro
                0 card03 card05 card06 card0a 1 rw
                0 card03 card05 card06 card0a 0 rw
                0 card0a 1 rw
                32
                32
                1

                """, "\(outcome.errors)")
        #expect(outcome.errors.contains("no.yaml: No such file or directory"), "\(outcome.errors)")
        #expect(outcome.errors.contains("'-o kernel=5.4' is no kernel that is known: 6.1, 6.12, 7.2"), "\(outcome.errors)")
    }

    /// What mount(8) says besides options: pass over what is unknown, write no table, only pretend.
    @Test(asRoot) func mountsOwnOptionsAreUnderstood() throws {
        let folder = try Folder()
        defer { folder.remove() }
        let script = """
            mount -s -n -t fuse.apmatrix none m; echo $?; umount m
            timeout 60 mount -f -t fuse.apmatrix none m; echo $?; mountpoint -q m || echo none
            mount -f -t fuse.apmatrix "$PWD/no.yaml" m; echo $?
            mount.fuse.apmatrix none; echo $?
            mount.fuse.apmatrix none m -x; echo $?
            mount.fuse.apmatrix none m -o; echo $?
            mount.fuse.apmatrix none "$PWD/m" -t fuse.apmatrix -o dev,suid; echo $?; umount m
            mount.fuse.apmatrix --help | head -1
            """
        let outcome = try Self.shell(script, in: folder, link: "mount.fuse.apmatrix")
        #expect(
            outcome.output == "0\n0\nnone\n32\n1\n1\n1\n0\nOVERVIEW: Boot a machine and mount its /sys.\n", "\(outcome.errors)")
        #expect(outcome.errors.contains("takes a machine, its file or its name, or 'none', and a directory"), "\(outcome.errors)")
        #expect(outcome.errors.contains("there is no option -x"), "\(outcome.errors)")
    }

    @Test func itIsInstalledWithALinkForMount() throws {
        let folder = try Folder()
        defer { folder.remove() }
        // a build that takes no time
        let build = try folder.makeDirectory("build")
        try FileManager.default.copyItem(atPath: "/bin/true", toPath: build + "/apmatrix")
        try folder.write("#!/bin/sh\ncase \"$*\" in *--show-bin-path*) echo '\(build)';; esac\n", to: "swift")
        chmod(folder.path + "/swift", 0o755)
        let root = folder.path + "/root"
        let project = (#filePath as NSString).pathComponents.dropLast(3).joined(separator: "/")
        let make = { (words: String...) in
            let variables = ["SWIFT=\(folder.path)/swift", "DESTDIR=\(root)", "PREFIX=/opt"]
            return try Program.run("/usr/bin/make", arguments: ["-C", project] + variables + words)
        }
        let installed = try make("install")
        #expect(installed.status == 0, "\(installed.errors)")
        let link = root + "/usr/sbin/mount.fuse.apmatrix"
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "/opt/bin/apmatrix")
        #expect(FileManager.default.isExecutableFile(atPath: root + "/opt/bin/apmatrix"))
        #expect(try make("install").status == 0)
        #expect(try make("uninstall").status == 0)
        #expect(try FileManager.default.subpathsOfDirectory(atPath: root).allSatisfy { !$0.contains("apmatrix") })

        #expect(try make("install", "SBINDIR=").status == 0)
        #expect(!FileManager.default.fileExists(atPath: link))
        #expect(try make("install", "SBINDIR=/sbin").status == 0)
        let other = root + "/sbin/mount.fuse.apmatrix"
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: other) == "/opt/bin/apmatrix")
        // an ordinary user has no say there, and the program all the same
        let refused = try make("install", "SBINDIR=/opt/bin/apmatrix")
        #expect(refused.status == 0, "\(refused.errors)")
        #expect(refused.errors.contains("install as root, or with SBINDIR="), "\(refused.errors)")
    }
}
