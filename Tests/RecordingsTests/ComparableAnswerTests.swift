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

    @Test func dmesgIsVfioApsOnly() {
        let one = #"ok "vfio_ap matrix: hello\nap: other\nvfio_ap Waited 20ms\n""#
        #expect(same("dmesg", one, #"ok "vfio_ap matrix: hello\n""#))
        #expect(!same("dmesg", one, #"ok """#))
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
        #expect(!same("read a/uevents", #"ok "MAJOR=10\n""#, #"ok "MAJOR=9\n""#))
    }

    @Test func everythingElseIsExact() {
        #expect(!same("read a", "ok \"1\\n\"", "ok \"1\""))
        #expect(!same("list a", "ok a b", "ok b a"))
    }
}
