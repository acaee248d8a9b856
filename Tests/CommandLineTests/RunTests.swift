import Foundation
import Glibc
import ProgramTesting
import Testing
import Waiting

/// `apmatrix run`, `shell` and `env`: a command has a machine to itself, and of all that nothing is left.
@Suite(.serialized, .bounded) struct RunTests {
    private static func shell(_ script: String, _ options: String...) throws -> Program.Outcome {
        try Program.run(arguments: ["run"] + options + ["--", "sh", "-c", script], environment: ["LC_ALL": "C"])
    }

    // MARK: - The command

    @Test(arguments: [
        (["--", "true"], 0), (["--", "sh", "-c", "exit 7"], 7), (["sh", "-c", "exit 9"], 9),
        (["--", "sh", "-c", "kill -9 $$"], 137),
        (["--", "no-such-program"], 127), (["--", "/etc/passwd"], 126), ([], 64), (["--bear", "--", "true"], 64),
        (["--kernel", "5.9", "--", "true"], 64),
        (["--cow", "/no/such", "--", "true"], 125), (["--tmpfs", "/", "--", "true"], 125),
        (["--tmpfs", "/no/such", "--", "true"], 125),
        (["--cow", "/sys/bus", "--", "true"], 125), (["--tmpfs", "/run", "--", "true"], 125),
        (["--cow", "/run", "--", "true"], 0), (["--cow", "etc", "--", "true"], 125),
        (["--machine", "/no/such", "--", "true"], 125), (["--keep-state", "/proc/no", "--", "true"], 125),
        (["--keep-state", "", "--", "true"], 125), (["--host-etc", "--keep-state", "/tmp", "--", "true"], 125),
        (["--tmpfs", "/etc/../tmp/no/such", "--", "true"], 125), (["--tmpfs", "/run/apmatrix", "--", "true"], 125),
        (["--keep-state", "/", "--", "true"], 125), (["--keep-state", "/etc/state", "--", "true"], 125),
    ])
    func theStatusIsTheCommandsOrSaysWhyThereIsNone(words: [String], status: Int) throws {
        let outcome = try Program.run(arguments: ["run"] + words)
        #expect(outcome.status == Int32(status), "\(outcome.errors)")
        let isCommands = [0, 7, 9, 137].contains(status)
        #expect(isCommands == outcome.errors.isEmpty, "\(outcome.errors)")
    }

    @Test func inputOutputDirectoryAndArgumentsAreTheCommands() throws {
        let outcome = try Program.run(
            arguments: ["run", "--", "sh", "-c", "cat; echo \"$1\" >&2; pwd", "sh", "--bare"], in: "/usr", input: "typed")
        #expect(outcome.output == "typed/usr\n")
        #expect(outcome.errors == "--bare\n")
    }

    @Test func aSignalToTheWaitingProcessReachesTheCommand() throws {
        let running = try Program.Running(
            arguments: ["run", "--", "sh", "-c", "trap 'exit 3' TERM; sleep 31536000 & echo ready; wait"])
        try #require(running.waits(for: "ready"))
        kill(running.identifier, SIGTERM)
        #expect(try running.outcome().status == 3)
    }

    /// The first process of the run is no way to the command.
    @Test func aSignalFromInsideIsNotForTheCommand() throws {
        #expect(try Self.shell("kill -USR1 $PPID; kill -TERM 1; echo alive").output == "alive\n")
    }

    @Test(arguments: ["3</proc/version", "<&-", "2>&-"]) func descriptorsAreTheCommands(redirection: String) throws {
        let script = "{ ls /proc/self/fd; echo -; '\(Program.path)' run -- ls /proc/self/fd; } \(redirection)"
        let lists = try Program.run("/bin/sh", arguments: ["-c", script]).output.split(separator: "-\n")
        #expect(lists.count == 2)
        #expect(lists.first == lists.last)
    }

    @Test func aScriptWithoutAnInterpreterIsAShells() throws {
        let folder = try Folder()
        defer { folder.remove() }
        try folder.write("echo $0 $1; exit 3\n", to: "script")
        chmod(folder.path + "/script", 0o755)
        let outcome = try Program.run(arguments: ["run", "--", "./script", "word"], in: folder.path)
        #expect(outcome.status == 3, "\(outcome.errors)")
        #expect(outcome.output == "./script word\n", "\(outcome.errors)")
    }

    // MARK: - What it sees

    @Test func theHostsTreeIsAroundTheEmulatedOne() throws {
        let names = try Self.shell("cd /sys; ls -d * bus/* class/* devices/* devices/virtual/* module/* kernel/*").output
        let seen = Set(names.split(separator: "\n").map(String.init))
        for directory in ["", "bus/", "class/", "devices/", "devices/virtual/", "kernel/", "module/"] {
            for name in try FileManager.default.contentsOfDirectory(atPath: "/sys/" + directory) {
                #expect(seen.contains(directory + name))
            }
        }
        for ours in ["bus/ap", "bus/mdev", "class/zcrypt", "devices/vfio_ap", "module/vfio_ap", "kernel/iommu_groups"] {
            #expect(seen.contains(ours))
        }
        // read through what is mounted there, and through the host's links
        let cpus = "/sys/devices/system/cpu/possible"
        #expect(try Self.shell("cat \(cpus)").output == String(contentsOfFile: cpus, encoding: .utf8))
        #expect(try Self.shell("cat /sys/class/misc/fuse/dev /sys/dev/char/10:229/dev").output == "10:229\n10:229\n")
    }

    /// Root could do something to the host's devices.
    @Test func theHostsTreeCannotBeWrittenAndItsNameNotChanged() throws {
        let script =
            "echo change > /sys/class/mem/null/uevent || echo refused; hostname other; echo change > /sys/devices/ap/uevent && echo ok"
        let outcome = try Self.shell(script)
        #expect(outcome.output == "refused\nok\n")
        var name = [CChar](repeating: 0, count: 256)
        gethostname(&name, name.count)
        #expect(String(decoding: name.prefix { $0 != 0 }.map { UInt8(truncatingIfNeeded: $0) }, as: UTF8.self) != "other")
    }

    @Test func terminalsCanBeOpened() throws {
        let outcome = try Program.run(arguments: ["run", "--", "script", "-qec", "tty; exit 3", "/dev/null"])
        #expect(outcome.status == 3, "\(outcome.output)\(outcome.errors)")
        #expect(outcome.output.contains("/pts/"), "\(outcome.output)\(outcome.errors)")
    }

    @Test func bareIsTheEmulatedTreeAlone() throws {
        #expect(try Self.shell("ls /sys", "--bare").output == "bus\nclass\ndev\ndevices\nkernel\nmodule\n")
    }

    /// The kernel unmounts what lies on a name that it is told to forget.
    @Test func theHostsPartsSurviveEveryChangeOfTheTree() throws {
        let script = """
            before=$(grep -c ' /sys/' /proc/self/mountinfo)
            echo -5 > /sys/bus/ap/apmask; ls -R /sys/bus/ap > /dev/null
            U=$(cat /proc/sys/kernel/random/uuid)
            echo $U > /sys/devices/vfio_ap/matrix/mdev_supported_types/vfio_ap-passthrough/create
            ls -R /sys/class /sys/bus/mdev /dev/vfio > /dev/null
            echo 1 > /sys/bus/mdev/devices/$U/remove
            ls /sys/class/* /sys/module /dev > /dev/null
            echo $before $(grep -c ' /sys/' /proc/self/mountinfo)
            """
        let counts = try Self.shell(script).output.split(whereSeparator: \.isWhitespace)
        #expect(counts.count == 2)
        #expect(counts.first == counts.last)
        #expect(counts.first != "0")
    }

    @Test func devicesHaveNodesThatCannotBeOpened() throws {
        let script = """
            U=$(cat /proc/sys/kernel/random/uuid); ls /dev/vfio
            echo $U > /sys/devices/vfio_ap/matrix/mdev_supported_types/vfio_ap-passthrough/create
            stat -c '%n %F %a %Hr:%Lr' /dev/vfio/vfio /dev/vfio/0 /dev/vfio/devices/vfio0 /dev/z90crypt
            cat /sys/class/vfio/0/dev; cat /dev/vfio/0; chmod 666 /dev/vfio/0; stat -c %a /dev/vfio/0
            echo 1 > /sys/bus/mdev/devices/$U/remove; ls /dev/vfio; echo gone > /dev/null && touch /dev/new
            echo $U > /sys/devices/vfio_ap/matrix/mdev_supported_types/vfio_ap-passthrough/create; stat -c %a /dev/vfio/0
            """
        let outcome = try Self.shell(script)
        #expect(
            outcome.output == """
                vfio
                /dev/vfio/vfio character special file 666 10:196
                /dev/vfio/0 character special file 600 252:0
                /dev/vfio/devices/vfio0 character special file 600 251:0
                /dev/z90crypt character special file 600 10:256
                252:0
                666
                vfio
                600

                """)
        #expect(outcome.errors.contains("/dev/vfio/0: Permission denied"))
        #expect(outcome.errors.contains("/dev/new': Read-only file system"))
    }

    /// As in devtmpfs: a node of that name is there already.
    @Test func aNodeOfTheHostsStaysWhateverADeviceIsCalled() throws {
        let script = """
            cd /sys/class/zcrypt && echo null > create && ls -la /dev > /tmp/nodes-$$ && rm /tmp/nodes-$$ && test -e null && \
            echo null > destroy && test ! -e null && echo text > /dev/null && stat -c '%F %t:%T' /dev/null
            """
        let outcome = try Self.shell(script)
        #expect(outcome.output == "character special file 1:3\n", "\(outcome.errors)")
    }

    @Test func procIsAnIBMZs() throws {
        let script = """
            grep -E '^(Manufacturer|Type):' /proc/sysinfo; head -1 /proc/cpuinfo; cat /proc/$$/comm /proc/self/comm
            [ -e /proc/no ] || ls -d /proc/self /proc/sysinfo /proc/$$ | wc -l
            """
        #expect(
            try Self.shell(script, "--proc").output == """
                Manufacturer:         IBM
                Type:                 3931
                vendor_id       : IBM/S390
                sh
                cat
                3

                """)
    }

    @Test func theControlPlaneIsFoundInside() throws {
        let script = "'\(Program.path)' machine adapter 06 unplug && echo 1 > /sys/bus/ap/scans && ls /sys/devices/ap"
        let outcome = try Self.shell(script, "--kernel", "6.12")
        #expect(outcome.output.contains("card05"), "\(outcome.errors)")
        #expect(!outcome.output.contains("card06"), "\(outcome.errors)")
    }

    // MARK: - What is left

    @Test func nothingOfTheHostIsTouchedAndNothingStays() throws {
        let name = "apmatrix-test-\(UUID().uuidString)"
        // /run/shm may be a link to /dev/shm, which is shared
        let script = """
            for place in /etc $(find /run -type d); do [ -w $place ] && echo > $place/\(name); done
            rm /etc/passwd; sh -c 'echo started; exec sleep 31536001' \(name) & exit 4
            """
        let outcome = try Self.shell(script, "--tmpfs", "/run/\(name).d/e")
        #expect(outcome.status == 4, "\(outcome.errors)")
        let found = try Program.run("/usr/bin/find", arguments: ["/run", "/etc", "-name", "\(name)*"])
        #expect(found.output.isEmpty)
        #expect(FileManager.default.fileExists(atPath: "/etc/passwd"))
        #expect(Self.processes(with: name).isEmpty)
    }

    @Test func everythingEndsWithAWaitingProcessThatIsKilled() throws {
        let name = UUID().uuidString
        let running = try Program.Running(
            arguments: ["run", "--", "sh", "-c", "sh -c 'echo started; read line' \(name) < /dev/zero & wait"])
        try #require(running.waits(for: "started"))
        kill(running.identifier, SIGKILL)
        _ = try running.outcome()
        waitUntil("the processes of the run are gone") { Self.processes(with: name).isEmpty }
    }

    /// Those that have a word among their arguments.
    private static func processes(with word: String) -> [pid_t] {
        let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return processes.compactMap { pid_t($0) }.filter { process in
            let line = FileManager.default.contents(atPath: "/proc/\(process)/cmdline") ?? Data()
            return String(decoding: line, as: UTF8.self).contains(word)
        }
    }

    @Test func stateIsKeptForOneRunAtATime() throws {
        let folder = try Folder()
        defer { folder.remove() }
        // characters that separate a mount's options
        let state = folder.path + "/a state, kept: here"
        #expect(
            try Self.shell("mkdir -p /etc/mdevctl.d/matrix; echo kept > /etc/mdevctl.d/matrix/one", "--keep-state", state).status
                == 0)
        #expect(try folder.text("a state, kept: here/etc/mdevctl.d/matrix/one") == "kept\n")
        let running = try Program.Running(
            arguments: ["run", "--keep-state", state, "--", "sh", "-c", "cat /etc/mdevctl.d/matrix/one; read line < /dev/zero"])
        try #require(running.waits(for: "kept"))
        let second = try Self.shell("true", "--keep-state", state)
        #expect(second.status == 125)
        #expect(second.errors.contains("another run"))
        kill(running.identifier, SIGKILL)
        _ = try running.outcome()
    }

    @Test func manyRunSideBySide() throws {
        let many = try (0..<20).map { number in
            try Program.Running(
                arguments: [
                    "run", "--", "sh", "-c",
                    "echo -\(number) > /sys/bus/ap/apmask; cat /sys/bus/ap/apmask; ls /sys/class/mdev_bus",
                ])
        }
        let outcomes = try many.map { try $0.outcome() }
        for outcome in outcomes {
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.errors.isEmpty, "\(outcome.errors)")
            #expect(outcome.output.hasSuffix("\nmatrix\n"), "\(outcome.errors)")
        }
        #expect(Set(outcomes.map(\.output)).count == 20)
    }

    // MARK: - Ordinary users

    /// What is mounted in /run and /etc, as on most systems, is seen, and stays as it is.
    @Test(
        .enabled(if: geteuid() == 0, "only root can mount something there first"),
        arguments: ["", "setpriv --reuid=65534 --regid=65534 --clear-groups"])
    func mountsBelowAreSeenAndStayAsTheyAre(asUser: String) throws {
        let folder = try Folder()
        defer { folder.remove() }
        let script = """
            set -e; mount -t tmpfs none '\(folder.path)'; chmod 755 '\(folder.path)'; cp '\(Program.path)' '\(folder.path)/apmatrix'
            mknod -m 666 '\(folder.path)/fuse' c 10 229; mount --bind '\(folder.path)/fuse' /dev/fuse
            mkdir '\(folder.path)/run'; mkdir -m 777 '\(folder.path)/run/deep'; mount --rbind '\(folder.path)/run' /run; mount -t tmpfs none /run/deep
            mkdir -m 777 /run/deep/in /run/beside; echo theirs > /run/deep/in/file
            echo theirs > '\(folder.path)/hosts'; mount --bind '\(folder.path)/hosts' /etc/hosts
            \(asUser) '\(folder.path)/apmatrix' run -- sh -c 'cat /etc/hosts /run/deep/in/file
                for place in /etc /run /run/beside /run/deep /run/deep/in; do echo ours > $place/new; done; echo ours > /etc/hosts
                cat /etc/hosts /run/deep/in/new /run/beside/new' || echo $?
            cat /etc/hosts; find /run /etc -name new
            """
        let outcome = try Program.run("/usr/bin/unshare", arguments: ["-m", "sh", "-c", script])
        #expect(outcome.output == "theirs\ntheirs\nours\nours\nours\ntheirs\n", "\(outcome.errors)")
    }

    /// A user that has no rights and a /dev/fuse that may be opened, as most systems have it.
    @Test(.enabled(if: geteuid() == 0, "only root can become somebody else"))
    func anOrdinaryUserIsRootInside() throws {
        let folder = try Folder()
        defer { folder.remove() }
        let script = """
            set -e; mount -t tmpfs none '\(folder.path)'; cp '\(Program.path)' '\(folder.path)/apmatrix'
            mknod -m 666 '\(folder.path)/fuse' c 10 229; mount --bind '\(folder.path)/fuse' /dev/fuse
            cd '\(folder.path)'; mkdir state; chown 65534:65534 state
            user() { setpriv --reuid=65534 --regid=65534 --clear-groups -- "$@"; }
            user ./apmatrix run --keep-state state -- sh -c 'id -u; stat -c %U /sys/bus/ap/apmask; echo -5 > /sys/bus/ap/apmask
                mkdir -p /etc/mdevctl.d/matrix /run/mine; echo kept > /etc/mdevctl.d/matrix/one; cat /sys/bus/ap/apmask; exit 6' || echo $?
            user ./apmatrix run --keep-state state -- sh -c 'cat /etc/mdevctl.d/matrix/one; rm -r /etc/apt; mkdir /etc/apt'
            user ./apmatrix run --keep-state state -- ls /etc/apt
            ./apmatrix run --keep-state state -- true || echo $?
            chmod 600 /dev/fuse; user ./apmatrix run -- true || echo $?
            """
        let outcome = try Program.run("/usr/bin/unshare", arguments: ["-m", "sh", "-c", script])
        #expect(
            outcome.output == """
                0
                root
                0xfbffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff
                6
                kept
                125
                125

                """, "\(outcome.errors)")
        #expect(outcome.errors.contains("state is not safe"))
        #expect(outcome.errors.contains("chmod 666 /dev/fuse"))
    }

    // MARK: - Shells

    @Test func aShellSaysWhereItIs() throws {
        let outcome = try Program.run(
            arguments: ["shell"], input: "cat /sys/bus/ap/ap_domain\nexit 5\n", environment: ["SHELL": "/bin/sh"])
        #expect(outcome.status == 5)
        #expect(outcome.output.contains("4\n"))
        #expect(outcome.errors.contains("(apmatrix) "))
    }

    /// Without a terminal there is nothing that it could be in charge of.
    @Test func aShellReadsAPipe() throws {
        let outcome = try Program.run(
            "/bin/sh", arguments: ["-c", "echo 'exit 6' | '\(Program.path)' shell"], environment: ["SHELL": "/bin/bash"])
        #expect(outcome.status == 6)
    }

    @Test func variablesOfAMountCanBeEvaluated() throws {
        let folder = try Folder()
        defer { folder.remove() }
        let root = try folder.makeDirectory("it's a machine")
        let sys = try folder.makeDirectory("it's a machine/sys")
        #expect(try Program.run("env", sys).errors.contains("not an apmatrix mount"))
        #expect(try Program.run("mount", sys).status == 0)
        defer { _ = try? Program.run("unmount", sys) }
        let script = "eval \"$('\(Program.path)' env sys)\"; echo \"$MDEVCTL_ENV_ROOT\"; cat \"$SYSFS_ROOT/bus/ap/ap_domain\""
        let outcome = try Program.run("/bin/sh", arguments: ["-c", script], in: root)
        #expect(outcome.output == "\(root)\n4\n", "\(outcome.errors)")
    }
}
