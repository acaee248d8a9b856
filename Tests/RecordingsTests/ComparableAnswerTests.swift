import Recordings
import Testing

@Suite struct ComparableAnswerTests {
    private func same(_ request: String, _ one: String, _ other: String, isWalk: Bool = false) -> Bool {
        ComparableAnswer(of: one, to: request, isWalk: isWalk) == ComparableAnswer(of: other, to: request, isWalk: isWalk)
    }

    @Test func ueventsWithoutNumbers() {
        let request = "uevents"
        let event = #"add@/d ACTION=add MAJOR=10 MINOR=3 PID=7 SEQNUM=12\n"#
        #expect(ComparableAnswer(of: "ok \"\(event)\"", to: request) == .events(["add@/d ACTION=add"]))
        #expect(same(request, "ok \"\(event)\"", #"ok "add@/d ACTION=add SEQNUM=9\n""#))
        #expect(!same(request, "ok \"\(event)\"", #"ok "add@/d ACTION=add SEQNUM=x\n""#))
        #expect(!same(request, "ok \"\(event)\"", #"ok "add@/e ACTION=add SEQNUM=9\n""#))
    }

    @Test func ueventsOfKvmAreNone() {
        #expect(same("uevents", #"ok """#, #"ok "change@/devices/virtual/misc/kvm EVENT=create\n""#))
    }

    @Test func aMaskInAUeventIsOneLine() {
        let answer = #"ok "change@/devices/ap ACTION=change APMASK=0xf0\n SEQNUM=3\nadd@/x\n AB\n""#
        #expect(
            ComparableAnswer(of: answer, to: "uevents")
                == .events(["change@/devices/ap ACTION=change APMASK=0xf0", "add@/x", " AB"]))
    }

    @Test func onlyInWalksUeventsAreASet() {
        let one = #"ok "a@/1\nb@/2\nc@/3 BINDINGS=complete\n""#
        let other = #"ok "b@/2\na@/1\n""#
        #expect(same("uevents", one, other, isWalk: true))
        #expect(!same("uevents", one, other))
        #expect(!same("uevents", #"ok "a@/1\na@/1\n""#, #"ok "a@/1\n""#, isWalk: true))
    }

    @Test func hardwareEventsAreResetsInAnyOrder() {
        let one = "ok [RAPQ 05.0004 rc=00] [ZAPQ 05.0004 rc=00] [ZAPQ 03.0004 rc=00]"
        #expect(same("hw events", one, "ok [ZAPQ 03.0004 rc=00] [ZAPQ 05.0004 rc=00] [AQIC-on 03.0004 rc=00]"))
        #expect(!same("hw events", one, "ok [ZAPQ 05.0004 rc=00]"))
    }

    @Test func messagesAreEveryMessage() {
        let one = #"ok "vfio_ap matrix: hello\nsynth uevent: /bus/ap: unknown uevent action string\n""#
        #expect(!same("dmesg", one, #"ok "vfio_ap matrix: hello\n""#))
        #expect(!same("dmesg", one, #"ok "synth uevent: /bus/ap: unknown uevent action string\nvfio_ap matrix: hello\n""#))
        #expect(same("dmesg", one, String(one.replacing("vfio", with: "[   12.345678] vfio"))))
        #expect(same("dmesg", one, String(one.replacing("synth", with: "apmatrix: machine: 'x': no\\nsynth"))))
        #expect(!same("dmesg", #"ok "[vfio] a\n""#, #"ok "[kvm] a\n""#))
    }

    @Test func ofACallTraceOnlyItsMessageCounts() {
        let trace =
            #"ok "PQAP/ZAPQ for 05.0004 failed with invalid rc=1\n"#
            + #"WARNING: CPU: 0 PID: 7 at vfio_ap_mdev_reset_queue+0x1/0x2 [vfio_ap]\nModules linked in: vfio_ap\n"#
            + #" [<1>] vfs_ioctl+0x1/0x2\n---[ end trace 0 ]---\nvfio_ap matrix: hello\n""#
        #expect(same("dmesg", trace, #"ok "PQAP/ZAPQ for 05.0004 failed with invalid rc=1\nvfio_ap matrix: hello\n""#))
        #expect(!same("dmesg", trace, #"ok "PQAP/ZAPQ for 05.0004 failed with invalid rc=3\nvfio_ap matrix: hello\n""#))
        #expect(!same("dmesg", trace, String(trace.replacing("PQAP", with: #"------------[ cut here ]------------\nPQAP"#))))
    }

    @Test func messagesUnderARateLimitAreOneOfEachKind() {
        func waited(_ times: [Int], _ rest: String) -> String {
            "ok \"" + times.map { "Waited \($0)ms for reset of queue 05.0004 \(rest)\\n" }.joined() + "\""
        }
        #expect(same("dmesg", waited([20, 40, 60], "(2, 1, 0)"), waited([20], "(2, 1, 0)")))
        #expect(
            same(
                "dmesg", waited([20], "(2, 1, 0)"),
                #"ok "Waited 80ms for reset of queue 05.0004 (2, 1, 0)\napq_reset_check: 9 callbacks suppressed\n""#))
        #expect(!same("dmesg", waited([20], "(2, 1, 0)"), waited([20], "(2, 1, 1)")))
        // the limit may have been reached before
        #expect(same("dmesg", waited([20], "(2, 1, 0)"), #"ok """#))
        #expect(!same("dmesg", waited([20], "(2, 1, 0)"), #"ok "vfio_ap matrix: hello\n""#))
    }

    @Test func aDumpIsExactButForNumbersOfABoot() {
        let one =
            #"ok "-0444 1 4096 a/dev = \"10:123\\n\"\n-0444 1 4096 a/coresize = \"7\\n\"\n-0444 1 4096 a/uevent = \"MAJOR=10\\nX=1\\n\"\n""#
        let other =
            #"ok "-0444 1 4096 a/dev = \"9:1\\n\"\n-0444 1 4096 a/coresize = \"8\\n\"\n-0444 1 4096 a/uevent = \"MAJOR=9\\nX=1\\n\"\n""#
        #expect(same("dump a", one, other))
        #expect(!same("dump a", one, String(other.replacing("X=1", with: "X=2"))))
        #expect(!same("dump a", one, String(other.replacing("0444 1", with: "0444 2"))))
        #expect(!same("dump a", one, String(other.replacing("coresize", with: "refcnt"))))
    }

    @Test func ofAGuestOnlyTheErrorCounts() {
        #expect(same("guest start g U", "err open-group EBUSY", "err EBUSY"))
        #expect(!same("guest start g U", "err open-group EBUSY", "err EPERM"))
        #expect(!same("guest events g", "ok req=0 cfg=1 open=1", "ok req=0 cfg=2 open=1"))
    }

    @Test func settlingIsAFirstWord() {
        #expect(same("settle", "ok scans", "ok 2"))
        #expect(!same("settle", "ok scans", "err EBUSY"))
    }

    @Test func aModuleFailsAsItLikes() {
        #expect(same("module unload vfio_ap", "err EAGAIN", "err EBUSY"))
        #expect(!same("module unload vfio_ap", "err EAGAIN", "ok"))
    }

    @Test func deviceNumbersAreAnyNumbers() {
        #expect(same("read class/a/dev", #"ok "10:123\n""#, #"ok "240:0\n""#))
        #expect(ComparableAnswer(of: #"ok "10:123\n""#, to: "read a/dev") == .text(#"ok "N:N\n""#))
        #expect(ComparableAnswer(of: "1:2:3 4: :5", to: "read a/dev") == .text("N:N:3 4: :5"))
        #expect(!same("read class/a/dev2", #"ok "10:123\n""#, #"ok "240:0\n""#))
        #expect(!same("read class/a/dev", #"ok "10:123\n""#, #"ok "240:\n""#))
    }

    @Test func ueventFilesHaveAnyNumbers() {
        #expect(same("read a/uevent", #"ok "MAJOR=10\nMINOR=1\n""#, #"ok "MAJOR=9\nMINOR=22\n""#))
        #expect(!same("read a/uevent", #"ok "MAJOR=10\n""#, #"ok "MINOR=10\n""#))
        #expect(same("fread f 100", #"ok "MAJOR=10\n""#, #"ok "MAJOR=9\n""#))
        #expect(!same("read a/uevents", #"ok "MAJOR=10\n""#, #"ok "MAJOR=9\n""#))
    }

    @Test func everythingElseIsExact() {
        #expect(!same("read a", "ok \"1\\n\"", "ok \"1\""))
        #expect(!same("list a", "ok a b", "ok b a"))
    }
}
