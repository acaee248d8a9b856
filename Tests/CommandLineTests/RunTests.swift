import Foundation
import Glibc
import ProgramTesting
import Testing

/// `apmatrix run`, `shell` and `env`: a command has a machine to itself, and of all that nothing is left.
@Suite struct RunTests {
    private static func run(_ words: String..., input: String = "") throws -> Program.Outcome {
        try Program.run(arguments: ["run"] + words, input: input)
    }

    private static func shell(_ script: String, _ options: String...) throws -> Program.Outcome {
        try Program.run(arguments: ["run"] + options + ["--", "sh", "-c", script])
    }

    // MARK: - The command

    @Test(arguments: [
        (["--", "true"], 0), (["--", "sh", "-c", "exit 7"], 7), (["sh", "-c", "exit 9"], 9), (["--", "sh", "-c", "kill -9 $$"], 137),
        (["--", "no-such-program"], 127), (["--", "/etc/passwd"], 126), ([], 64), (["--bear", "--", "true"], 64), (["--kernel", "5.9", "--", "true"], 64),
        (["--cow", "/no/such", "--", "true"], 125), (["--tmpfs", "/", "--", "true"], 125), (["--tmpfs", "/no/such", "--", "true"], 125),
        (["--cow", "/sys/bus", "--", "true"], 125), (["--tmpfs", "/run", "--", "true"], 125), (["--cow", "/run", "--", "true"], 0), (["--cow", "etc", "--", "true"], 125),
        (["--machine", "/no/such", "--", "true"], 125), (["--keep-state", "/proc/no", "--", "true"], 125),
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
        while !running.output.contains("ready") { usleep(1000) }
        kill(running.identifier, SIGTERM)
        #expect(try running.outcome().status == 3)
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
        #expect(counts.count == 2 && counts.first == counts.last && counts.first != "0")
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
        #expect(outcome.output.contains("card05") && !outcome.output.contains("card06"), "\(outcome.errors)")
    }

    // MARK: - What is left

    @Test func nothingOfTheHostIsTouchedAndNothingStays() throws {
        let name = "apmatrix-test-\(UUID().uuidString)"
        let outcome = try Self.shell(
            "for place in /etc $(find /run -maxdepth 1 -type d); do echo > $place/\(name) || exit 1; done; rm /etc/passwd; sleep 31536001 & exit 4",
            "--tmpfs", "/run/\(name).d")
        #expect(outcome.status == 4, "\(outcome.errors)")
        let places = try FileManager.default.contentsOfDirectory(atPath: "/run").map { "/run/" + $0 } + ["/etc", "/run"]
        for place in places { #expect(!FileManager.default.fileExists(atPath: place + "/" + name), "\(place)") }
        #expect(FileManager.default.fileExists(atPath: "/etc/passwd"))
        #expect(Self.processes(with: "31536001").isEmpty)
        let mounts = try String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8)
        #expect(!mounts.contains("fuse.apmatrix-dev"))
    }

    @Test func everythingEndsWithAWaitingProcessThatIsKilled() throws {
        let running = try Program.Running(arguments: ["run", "--", "sh", "-c", "sleep 31536002 & sleep 31536002"])
        while Self.processes(with: "31536002").filter({ $0 != running.identifier }).count < 2 { usleep(1000) }
        kill(running.identifier, SIGKILL)
        _ = try running.outcome()
        while !Self.processes(with: "31536002").isEmpty { usleep(1000) }
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
        #expect(try Self.shell("mkdir -p /etc/mdevctl.d/matrix; echo kept > /etc/mdevctl.d/matrix/one", "--keep-state", state).status == 0)
        #expect(try folder.text("a state, kept: here/etc/mdevctl.d/matrix/one") == "kept\n")
        let running = try Program.Running(
            arguments: ["run", "--keep-state", state, "--", "sh", "-c", "cat /etc/mdevctl.d/matrix/one; sleep 31536003"])
        while !running.output.contains("kept") { usleep(1000) }
        let second = try Self.shell("true", "--keep-state", state)
        #expect(second.status == 125 && second.errors.contains("another run"))
        kill(running.identifier, SIGKILL)
        _ = try running.outcome()
    }

    @Test func manyRunSideBySide() async throws {
        try await withThrowingTaskGroup(of: Program.Outcome.self) { group in
            for number in 0..<20 {
                group.addTask {
                    try Self.shell("echo -\(number) > /sys/bus/ap/apmask; cat /sys/bus/ap/apmask; ls /sys/class/mdev_bus")
                }
            }
            var masks: Set<String> = []
            for try await outcome in group {
                #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
                #expect(outcome.output.hasSuffix("\nmatrix\n"))
                masks.insert(outcome.output)
            }
            #expect(masks.count == 20)
        }
    }

    // MARK: - Ordinary users

    /// A user that has no rights and a /dev/fuse that may be opened, as most systems have it.
    @Test(.enabled(if: geteuid() == 0, "only root can become somebody else"))
    func anOrdinaryUserIsRootInside() throws {
        let folder = try Folder()
        defer { folder.remove() }
        let script = """
            set -e; mount -t tmpfs none '\(folder.path)'; cp '\(Program.path)' '\(folder.path)/apmatrix'
            mknod -m 666 '\(folder.path)/fuse' c 10 229; mount --bind '\(folder.path)/fuse' /dev/fuse
            cd '\(folder.path)'; mkdir -m 777 state
            user() { setpriv --reuid=65534 --regid=65534 --clear-groups -- "$@"; }
            user ./apmatrix run --keep-state state -- sh -c 'id -u; stat -c %U /sys/bus/ap/apmask; echo -5 > /sys/bus/ap/apmask
                mkdir -p /etc/mdevctl.d/matrix /run/mine; echo kept > /etc/mdevctl.d/matrix/one; cat /sys/bus/ap/apmask; exit 6' || echo $?
            user ./apmatrix run --keep-state state -- cat /etc/mdevctl.d/matrix/one
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

                """, "\(outcome.errors)")
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
