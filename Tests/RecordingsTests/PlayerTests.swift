import Kernels
import Recordings
import Synchronization
import SystemAdditions
import SystemPackage
import Sysfs
import Testing
import VFS
import Waiting

@Suite(.bounded) struct PlayerTests {
    @Test func answersKernfsAsTheKernel() throws {
        #expect(recordingFiles.count { $0.name == "kernfs" } == 3)
        for file in recordingFiles where file.name == "kernfs" {
            let release = try #require(KernelRelease(rawValue: file.release))
            let recording = try Recording(name: file.name, text: try contents(file.path))
            let player = try Player(TreeCalls(tree: try SampleMachine(release: release).tree), pace: .virtual { _ in })
            let verdict = recording.replay(on: player, release: release)
            #expect(verdict.isPassed, "\(verdict.report(mismatches: 100))")
            #expect(verdict.requests > 300)
        }
    }

    @Test func namesAreListed() throws {
        let machine = try SampleMachine()
        #expect(
            try answers(machine, ["list bus/ap", "list nothing", "list bus/ap/apmask", "tree bus", "link bus/ap", "ping"]) == [
                "ok ap_max_domain_id apmask config_time devices/ drivers/ scans", "err ENOENT", "err ENOTDIR",
                #"ok "d0755 ap\n-0444 ap/ap_max_domain_id\n-0644 ap/apmask\n-0644 ap/config_time\nd0755 ap/devices\n"#
                    + #"d0755 ap/drivers\n-0200 ap/scans\nd0755 matrix\nd0755 matrix/drivers\n"#
                    + #"d0755 matrix/drivers/vfio_ap_mdev\n""#,
                "err EINVAL", "ok",
            ])
        let mdev = "devices/vfio_ap/matrix/\(SampleMachine.uuid)"
        #expect(
            try answers(machine, ["tree \(mdev)", "link \(mdev)/driver", "tree x"]) == [
                #"ok "-0200 assign_adapter\n-0644 ap_config\nl0777 driver -> ../../../../bus/matrix/drivers/vfio_ap_mdev\n"#
                    .replacing("-0200 assign_adapter\\n-0644 ap_config", with: "-0644 ap_config\\n-0200 assign_adapter")
                    + #"-0444 matrix\nd0755 mdev_type\n-0200 remove\n""#,
                #"ok "../../../../bus/matrix/drivers/vfio_ap_mdev""#, "err ENOENT",
            ])
    }

    @Test func theControlPlaneIsTold() throws {
        let machine = try SampleMachine()
        let lines = [
            "hw adapter 07 type=CEX8C", "hw remove-adapter 07", "guest start g U", "guest stop refused", "module load vfio_ap",
            "settle", "idle", "wrong",
        ]
        #expect(
            try answers(machine, lines)
                == ["ok", "ok", "ok", "err EINVAL", "ok", "ok scans", "ok", "err usage: no such request: wrong"])
        #expect(
            machine.commands == [
                "machine: adapter 07 type=CEX8C\n", "machine: adapter 07 unplug\n", "guests: start g U\n",
                "modules: load vfio_ap\n", "scan",
            ])
    }

    @Test func newsAreToldOnce() throws {
        let machine = try SampleMachine()
        machine.append("old\n", to: "uevents")
        let player = try Player(TreeCalls(tree: machine.tree), pace: .virtual { _ in })
        #expect(player.answer("uevents") == #"ok """#)
        machine.append("a\nb\nhal", to: "uevents")
        machine.append("l\n", to: "log")
        machine.append("ZAPQ 05.0004 rc=00\nRAPQ x\n", to: "hardware")
        #expect(player.answer("uevents") == #"ok "a\nb\n""#)
        #expect(player.answer("uevents") == #"ok """#)
        machine.append("f\n", to: "uevents")
        #expect(player.answer("uevents") == #"ok "half\n""#)
        #expect(player.answer("dmesg") == #"ok "l\n""#)
        #expect(player.answer("hw events") == "ok [ZAPQ 05.0004 rc=00] [RAPQ x]")
        #expect(player.answer("hw events") == "ok")
        // long streams are read piece by piece
        machine.append(String(repeating: "x", count: 200_000) + "\n", to: "log")
        #expect(player.answer("dmesg").utf8.count == 200_000 + #"ok "\n""#.utf8.count)
    }

    /// A stream forgets its oldest lines: what was not told of them is told as lost, and all others are told.
    @Test func newsThatAreForgottenAreToldAsLost() throws {
        let machine = try SampleMachine()
        machine.setLimit(of: "log", 1 << 16)
        for number in 0..<20_000 { machine.append("old \(number)\n", to: "log") }
        let player = try Player(TreeCalls(tree: machine.tree), pace: .virtual { _ in })
        #expect(player.answer("dmesg") == #"ok """#)
        for number in 0..<20_000 { machine.append("new \(number)\n", to: "log") }
        let lines = player.answer("dmesg").dropFirst(#"ok ""#.count).split(separator: #"\n"#).map(String.init)
        let lost = try #require(lines.first.flatMap { Int($0.dropFirst("lost ".count)) })
        #expect(lines.dropFirst().dropLast() == (lost..<20_000).map { "new \($0)" }[...])
        machine.append("more\n", to: "log")
        #expect(player.answer("dmesg") == #"ok "more\n""#)
    }

    @Test func guestsTellTheirEvents() throws {
        let machine = try SampleMachine()
        machine.guests = "gg U req=9 cfg=9 open=9\ng U V req=1 cfg=2 open=0\n"
        #expect(try answers(machine, ["guest events g", "guest events h"]) == ["ok req=1 cfg=2 open=0", "err ENOENT"])
    }

    @Test func withoutControlPlaneThereIsNoPlayer() {
        let tree = Tree(release: .v7_2) { Timestamp(seconds: 0, nanoseconds: 0) }
        #expect(throws: Errno.ENOENT) { try Player(TreeCalls(tree: tree)) }
    }

    @Test func timePassesForTheMachine() throws {
        let machine = try SampleMachine()
        let passed = Mutex<[Duration]>([])
        let player = try Player(
            TreeCalls(tree: machine.tree), pace: .virtual { duration in passed.withLock { $0.append(duration) } })
        for line in ["idle", "settle", "uevents", "dmesg", "guest start g U", "guest kill g", "guest stop refused", "hw events"] {
            _ = player.answer(line)
        }
        #expect(passed.withLock { $0 } == [300, 300, 20, 100, 20, 200, 20].map { .milliseconds($0) })
    }

    /// A request in the background waits for a door that another request opens.
    @Test(arguments: [true, false]) func theBackgroundIsWaitedFor(isReal: Bool) throws {
        let door = Door()
        let machine = try SampleMachine()
        try machine.add(
            "door",
            [
                Attribute(
                    "wait", .readOnly,
                    show: { _, page, _ in
                        door.pass()
                        page.emit("open\n")
                    }),
                .writeOnly("open") { _, _, _ in door.open() },
            ])
        let player = try Player(
            TreeCalls(tree: machine.tree), pace: isReal ? .real : .virtual(patience: .milliseconds(1)) { _ in })
        #expect(player.answer("wait r 1") == "err name ENOENT")
        #expect(player.answer("bg r read door/wait") == "ok")
        #expect(player.answer("bg s read door/nothing") == "ok")
        #expect(player.answer("wait r 1") == "blocked")
        #expect(player.answer("write door/open 1") == "ok 1")
        #expect(eventually(player, "wait r 60000") == #"ok "open\n""#)
        #expect(player.answer("wait r 1") == "err name ENOENT")
        #expect(eventually(player, "wait s 60000") == "err open ENOENT")
    }

    /// With a clock of its own a machine has little patience, and is asked again.
    private func eventually(_ player: Player, _ line: String) -> String {
        var answer = "blocked"
        waitUntil("'\(line)' is answered") {
            answer = player.answer(line)
            return answer != "blocked"
        }
        return answer
    }
}

/// Opens once and for all.
private final class Door: Sendable {
    private let pipe = try? FileDescriptor.pipe(options: .closeOnExec)

    func pass() {
        _ = try? withUnsafeTemporaryAllocation(byteCount: 1, alignment: 1) { try pipe?.readEnd.read(into: $0) }
    }

    func open() { _ = try? pipe?.writeEnd.writeAll([0]) }

    deinit {
        try? pipe?.readEnd.close()
        try? pipe?.writeEnd.close()
    }
}
