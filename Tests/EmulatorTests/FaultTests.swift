import DriverCore
import Kernels
import Sysfs
import Testing

/// Faults that are planned by the control plane's `faults`.
@Suite struct FaultTests {
    private static let faults = "\(Host.control)/faults"
    private static let queue = "devices/ap/card05/05.0047"

    @Test func theNthAccessFails() throws {
        let host = try Host()
        host.write("write config_time errno=EIO nth=2", to: Self.faults)
        let answers = [31, 32, 33, 34].map { host.write("\($0)", to: "bus/ap/config_time") }
        #expect(answers == ["ok", "EIO", "ok", "ok"])
        #expect(host.read("bus/ap/config_time") == "34\n")
        #expect(host.read(Self.faults) == "")
    }

    @Test func nothingIsDoneByAnAccessThatFails() throws {
        let host = try Host()
        host.write("write config_time errno=EBUSY times=2", to: Self.faults)
        #expect(host.write("31", to: "bus/ap/config_time") == "EBUSY")
        #expect(host.read("bus/ap/config_time") == "30\n")
        #expect(host.read(Self.faults) == "write config_time errno=EBUSY times=2\n")
    }

    @Test func aDelayIsWaitedFor() throws {
        let host = try Host()
        host.write("read */reset delay=2s", to: Self.faults)
        let start = host.clock.now
        #expect(host.read("\(Self.queue)/reset").hasSuffix("\n"))
        #expect(host.clock.now - start == .seconds(2))
        host.write("clear", to: Self.faults)
        #expect(host.read("\(Self.queue)/reset").hasSuffix("\n"))
        #expect(host.clock.now - start == .seconds(2))
    }

    // MARK: - Which files

    @Test(arguments: [
        ("apmask", true), ("ap/apmask", true), ("bus/ap/apmask", true), ("*/apmask", true), ("a?mask", true), ("a[pq]mask", true),
        ("b*/ap/apmask", true), ("[!b]pmask", true), ("a\\pmask", true), ("[[:alpha:]]pmask", true), ("*", true),
        ("/*/*/*", true),
        ("aqmask", false), ("NODE/apmask", false), ("/*/*/*/apmask", false),
        // what means the same
        ("/bus/ap/apmask", true), ("/sys/bus/ap/apmask", true), ("bus//ap/./apmask", true), ("//sys/./bus/ap//apmask", true),
        ("./apmask", true), ("apmask/", true),
    ])
    func aPatternIsComparedWithTheEndOfThePath(_ pattern: String, _ fits: Bool) throws {
        let host = try Host()
        #expect(host.write("read \(pattern) errno=EIO", to: Self.faults) == "ok")
        #expect((host.read("bus/ap/apmask") == "EIO") == fits)
        #expect(host.write("0xff", to: "bus/ap/apmask") == "ok")
    }

    @Test(arguments: [
        ("/sys/bus//ap/./apmask", "bus/ap/apmask"), ("./*/status", "*/status"), ("/*/*/apmask", "/*/*/apmask"),
        ("apmask/", "apmask"),
    ])
    func aPatternIsShownAsItIsCompared(_ pattern: String, _ shown: String) throws {
        let host = try Host()
        let status = pattern.hasSuffix("status")
        host.write("read \(pattern.replacing("status", with: "se_bind")) delay=1s", to: Self.faults)
        #expect(host.read(Self.faults) == "read \(status ? "*/se_bind" : shown) delay=1s\n")
    }

    /// A fault can be planned for what comes only later.
    @Test(arguments: [
        "write assign_domain errno=EIO", "read */reset errno=EIO", "write \(Host.uuid)/remove errno=EIO",
        "write devices/vfio_ap/matrix/*/assign_adapter errno=EIO", "read card99/config errno=EIO",
        "read ff.00ff/online errno=EIO",
        "read kernel/iommu_groups/7/name errno=EIO", "read my-node/apmask errno=EIO", "write se_bind errno=EIO",
        "read /sys/devices/virtual/vfio/3/dev errno=EIO", "read module/*/refcnt errno=EIO", "write bind errno=EIO",
    ])
    func aFileNeedNotBeThereYet(_ fault: String) throws {
        let host = try Host()
        #expect(host.write(fault, to: Self.faults) == "ok", "\(host.complaint)")
    }

    @Test func aFaultHappensToWhatComesLater() throws {
        let host = try Host()
        #expect(host.write("write */assign_domain errno=EIO", to: Self.faults) == "ok")
        #expect(host.write(Host.uuid, to: "\(Host.matrix)/mdev_supported_types/vfio_ap-passthrough/create") == "ok")
        #expect(host.write("4", to: "\(Host.matrix)/\(Host.uuid)/assign_domain") == "EIO")
    }

    /// What could never happen is refused, with what is meant instead.
    @Test(arguments: [
        ("read nosuchfile errno=EIO", "ENOENT", "no file 'nosuchfile'"), ("read apmsk errno=EIO", "ENOENT", "'apmask' is one"),
        ("read class/apmask errno=EIO", "ENOENT", "'bus/ap/apmask' it can"), ("read b*apmask errno=EIO", "ENOENT", "'b*apmask'"),
        ("read /apmask errno=EIO", "ENOENT", "'bus/ap/apmask' it can"),
        ("read /x/bus/ap/apmask errno=EIO", "ENOENT", "'bus/ap/apmask' it can"),
        ("read /home/me/mnt/devices/ap/card03/config delay=1s", "ENOENT", "'devices/ap/card03/config' it can"),
        ("read bus/ap/devices/card03/config errno=EIO", "ENOENT", "'devices/ap/card03/config' it can"),
        ("read cardxx/config errno=EIO", "ENOENT", "'devices/ap/cardXX/config' it can"),
        ("read bus/ap/apmask errno=EIO errno=EPERM", "EINVAL", "'errno=' is given twice"),
        ("read bus/ap/apmask errno=EIO nth=2 times=3", "EINVAL", "exclude each other"),
        ("read bus/ap/apmask delay=3601s", "EINVAL", "up to an hour"),
        ("read bus/ap/../ap/apmask errno=EIO", "EINVAL", "'..'"), ("read / errno=EIO", "EINVAL", "names no file"),
        ("read /sys errno=EIO", "EINVAL", "names no file"), ("read . errno=EIO", "EINVAL", "names no file"),
        ("write ap_max_domain_id errno=EIO", "EACCES", "cannot be written: its mode is 0444"),
        ("read bus/ap/drivers_probe/ errno=EIO", "EACCES", "cannot be read: its mode is 0200"),
        ("read assign_domain errno=EIO", "EACCES", "cannot be read"),
        ("read devices/ap errno=EIO", "EISDIR", "is a directory"), ("read card0? errno=EIO", "EISDIR", "is a directory"),
        ("read bus/ap/devices/card03 errno=EIO", "EISDIR", "is a link"), ("write card03/driver errno=EIO", "EISDIR", "is a link"),
        ("write faults errno=EIO", "EPERM", "kernel/debug"), ("read apmatrix/log delay=1s", "EPERM", "kernel/debug"),
        ("read /sys/kernel/debug/* errno=EIO", "EPERM", "kernel/debug"),
        ("read kernel/debug/no/such errno=EIO", "EPERM", "kernel/debug"),
        ("read [z-a]pmask errno=EIO", "ENOENT", "no file"),
    ])
    func whatCanNeverHappenIsRefused(_ line: String, _ errno: String, _ words: String) throws {
        let host = try Host()
        #expect(host.write(line, to: Self.faults) == errno)
        #expect(host.complaint.contains(words), "\(host.complaint)")
        #expect(host.read(Self.faults) == "")
    }

    @Test func aFileOfAnotherReleaseIsRefused() throws {
        let host = try Host(release: .v6_1)
        #expect(host.write("write ap_config errno=EIO", to: Self.faults) == "ENOENT")
        #expect(host.complaint.hasSuffix("Linux 6.1 has no 'ap_config'; 6.12, 7.2 has"), "\(host.complaint)")
    }

    /// Else nobody could take a fault back.
    @Test func theControlPlaneHasNoFaults() throws {
        let host = try Host()
        host.write("write * errno=EIO\nread * errno=EIO", to: Self.faults)
        #expect(host.read("bus/ap/config_time") == "EIO")
        #expect(host.write("clear", to: Self.faults) == "ok")
        #expect(host.read("bus/ap/config_time") == "30\n")
    }

    // MARK: - Several

    @Test func delaysAddUpAndTheFirstErrnoAnswers() throws {
        let host = try Host()
        let plan = "read config_time delay=2s\nread config_time delay=50ms errno=EIO\nread bus/ap/* delay=1s errno=EBUSY\n"
        #expect(host.write(plan, to: Self.faults) == "ok")
        let start = host.clock.now
        #expect(host.read("bus/ap/config_time") == "EIO")
        #expect(host.clock.now - start == .milliseconds(3050))
        #expect(host.read("bus/ap/apmask") == "EBUSY")
        #expect(host.clock.now - start == .milliseconds(4050))
    }

    @Test func eachFaultCountsItsOwnAccesses() throws {
        let host = try Host()
        let plan =
            "write config_time errno=EIO nth=2\nwrite config_time errno=EBUSY times=3\nwrite config_time errno=EPERM nth=4\n"
        #expect(host.write(plan, to: Self.faults) == "ok", "\(host.complaint)")
        let answers = (0..<5).map { _ in host.write("31", to: "bus/ap/config_time") }
        #expect(answers == ["EBUSY", "EIO", "EBUSY", "EPERM", "ok"])
        #expect(host.read(Self.faults) == "")
    }

    @Test(arguments: [
        // the earlier, the later, the answer to the later
        ("write apmask errno=EIO", "write apmask errno=EBUSY", "EEXIST"),
        ("write apmask errno=EIO", "write apmask errno=EIO nth=7", "EEXIST"),
        ("write apmask errno=EIO", "write /sys/bus/ap/apmask errno=EBUSY", "EEXIST"),
        ("write bus/ap/apmask errno=EIO", "write /bus/ap/apmask errno=EBUSY", "EEXIST"),
        ("write /*/ap/apmask errno=EIO", "write bus/ap/apmask errno=EBUSY", "EEXIST"),
        ("write * errno=EIO", "write assign_domain errno=EBUSY", "EEXIST"),
        ("write a?mask errno=EIO", "write apmask errno=EBUSY", "EEXIST"),
        ("write card*/config delay=1s errno=EIO", "write card03/config errno=EBUSY", "EEXIST"),
        ("write apmask errno=EIO", "write apmask delay=1s", "ok"),
        ("write apmask errno=EIO", "write apmask delay=1s errno=EBUSY", "EEXIST"),
        ("write apmask errno=EIO", "read apmask errno=EBUSY", "ok"),
        ("write apmask errno=EIO nth=3", "write apmask errno=EBUSY", "ok"),
        ("write apmask errno=EIO times=3", "write apmask errno=EBUSY nth=4", "ok"),
        ("write apmask delay=1s", "write apmask errno=EBUSY", "ok"),
        ("write bus/ap/apmask errno=EIO", "write apmask errno=EBUSY", "ok"),
        ("write card03/config errno=EIO", "write config errno=EBUSY", "ok"),
    ])
    func aFaultBehindOneThatAlwaysWinsIsRefused(_ earlier: String, _ later: String, _ answer: String) throws {
        let host = try Host()
        #expect(host.write(earlier, to: Self.faults) == "ok", "\(host.complaint)")
        #expect(host.write(later, to: Self.faults) == answer, "\(host.complaint)")
        if answer != "ok" { #expect(host.complaint.contains("'\(earlier)' comes first"), "\(host.complaint)") }
    }
}
