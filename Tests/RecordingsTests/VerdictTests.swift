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
        #expect(deviations.reason(release: .v7_2, recording: "sample", request: 2) == "it is so")
        #expect(deviations.reason(release: .v6_1, recording: "sample", request: 2) == "older")
        #expect(deviations.reason(release: .v7_2, recording: "sample", request: 1) == nil)
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
