import Kernels
import Recordings
import Sysfs
import Testing
import VFS

@Suite struct VerdictTests {
    private func play(_ text: String, name: String = "sample", _ deviations: String = "") throws -> Verdict {
        let recording = try Recording(name: name, text: Array(text.utf8))
        let machine = try SampleMachine()
        let player = try Player(TreeCalls(tree: machine.tree), pace: .virtual { _ in })
        machine.append("a@/1\nb@/2 SEQNUM=4\n", to: "uevents")
        return recording.replay(on: player, release: .v7_2, deviations: Deviations(deviations))
    }

    private let text = """
        # a comment counts for nothing
        > read bus/ap/ap_max_domain_id
        < ok "255\\n"
        > read bus/ap/ap_max_domain_id
        < ok "256\\n"
        > uevents
        < ok "a@/1\\nc@/3\\n"

        """

    @Test func mismatchesAreReported() throws {
        let verdict = try play(text)
        #expect(!verdict.isPassed)
        #expect(verdict.mismatches.map(\.number) == [2, 3])
        #expect(verdict.mismatches.map(\.request) == ["read bus/ap/ap_max_domain_id", "uevents"])
        #expect(verdict.mismatches.map(\.wanted) == [#"ok "256\n""#, #"["c@/3"]"#])
        #expect(verdict.mismatches.map(\.given) == [#"ok "255\n""#, #"["b@/2"]"#])
        #expect(
            verdict.report(mismatches: 1) == #"""
                FAIL sample: 1 of 3
                     2: read bus/ap/ap_max_domain_id
                         kernel   ok "256\n"
                         apmatrix ok "255\n"

                """#)
        #expect(try play("> ping\n< ok\n").report() == "ok   sample: 1 of 1\n")
        #expect(
            Verdict.summary(of: [verdict, try play("> ping\n< ok\n")])
                == "2 of 4 answers as the kernel's\n1 passed, 1 failed\n")
    }

    @Test func aLackOfOrderIsReportedWhole() throws {
        let verdict = try play("> uevents\n< ok \"b@/2\\na@/1\\n\"\n")
        #expect(verdict.mismatches.map(\.wanted) == [#"["b@/2", "a@/1"]"#])
        #expect(verdict.mismatches.map(\.given) == [#"["a@/1", "b@/2"]"#])
        #expect(try play("> uevents\n< ok \"b@/2\\na@/1\\n\"\n", name: "walk-1").isPassed)
    }

    @Test func deviationsAreAccepted() throws {
        #expect(try play(text, "# why\n\nsample:2 it is so\n7.2/sample:3 here\n").isPassed)
        #expect(try play(text, "sample:2\n6.1/sample:3 elsewhere\n").mismatches.map(\.number) == [3])
        #expect(try play(text, "other:2\nsample:30\n").mismatches.count == 2)
        let deviations = Deviations("sample:2  it is so\n6.1/sample:2 older\n")
        #expect(deviations.reason(.process, release: .v7_2, recording: "sample", request: 2) == "it is so")
        #expect(deviations.reason(.mount, release: .v6_1, recording: "sample", request: 2) == "older")
        #expect(deviations.reason(.process, release: .v7_2, recording: "sample", request: 1) == nil)
    }

    @Test func aDeviationNamesSeveralRequestsAndWhoIsExcused() {
        let deviations = Deviations("mount 7.2/a:3-5,9 no way\nprocess a:7 why\nchance 6.1/b:1-2 it depends\nmount nothing\n")
        for number in [3, 4, 5, 9] {
            #expect(deviations.reason(.mount, release: .v7_2, recording: "a", request: number) == "no way")
            #expect(deviations.reason(.process, release: .v7_2, recording: "a", request: number) == nil)
        }
        #expect(deviations.reason(.mount, release: .v7_2, recording: "a", request: 6) == nil)
        #expect(deviations.reason(.process, release: .v6_1, recording: "a", request: 7) == "why")
        #expect(deviations.reason(.process, release: .v6_1, recording: "b", request: 2) == "it depends")
        #expect(deviations.recordings == ["7.2/a", "a", "6.1/b"])
    }

    @Test func aDeviationIsNeededUnlessItIsLeftToChance() throws {
        let deviations = Deviations("mount 7.2/a:3-5 x\nprocess a:7 x\na:8 x\nchance 7.2/a:9 x\n6.1/a:10 x\n")
        #expect(deviations.needed(.mount, release: .v7_2, recording: "a") == [3, 4, 5, 8])
        #expect(deviations.needed(.process, release: .v7_2, recording: "a") == [7, 8])
        #expect(deviations.needed(.process, release: .v6_1, recording: "a") == [7, 8, 10])
        // what is excused is told, and what need not be excused is not
        let verdict = try play(text, "7.2/sample:1-3 why\n")
        #expect(verdict.excused == [2, 3])
        #expect(verdict.report() == "ok   sample: 3 of 3, 2 excused\n")
    }

    @Test func theAnswerOfTheBackgroundIsThatToItsRequest() throws {
        let bg = "> bg g guest start refused U\n< ok\n> wait g\n"
        #expect(try play(bg + "< err iommu_group EINVAL\n").isPassed)
        #expect(try play(bg + "< err iommu_group ENOENT\n").mismatches.map(\.number) == [2])
        #expect(try play("> bg r read bus/ap/apmask\n< ok\n> wait r\n< err open EINVAL\n").mismatches.map(\.number) == [2])
    }

    @Test func nothingIsAskedOfACrashedKernel() throws {
        #expect(try play("> ping\n< ok\n> read x\n< blocked\n> read y\n< skipped\n").isPassed)
        #expect(try play("> ping\n< err\n> read x\n< skipped\n> ping\n< err\n").mismatches.map(\.number) == [1])
        #expect(try play("> wait x 1\n< blocked\n").mismatches.map(\.given) == ["err name ENOENT"])
    }

    @Test func aMachineCanBeDead() throws {
        let recording = try Recording(name: "sample", text: Array(text.utf8))
        let verdict = Verdict.dead(recording, "no mount")
        #expect(verdict.report().hasPrefix("FAIL sample: 2 of 3\n     0: the machine\n"))
    }
}
