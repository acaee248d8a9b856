internal import APBus
import DriverCore
import Emulator
import Judge
internal import Kernels
import Recordings
import Sysfs
import Testing
import Waiting

/// Every recording of a real kernel is answered as that kernel did, request by request.
@Suite(.serialized, .bounded) struct RecordingTests {
    @Test(arguments: Library.all)
    func isAnsweredInProcess(_ entry: Library.Entry) throws {
        let verdict = try Computer.replay(entry.load(), release: entry.release, deviations: Library.deviations())
        #expect(verdict.isPassed, "\(verdict.report())")
    }

    @Test(arguments: Library.mounted)
    func isAnsweredThroughAMount(_ entry: Library.Entry) throws {
        let mount = try MountedComputer(release: entry.release)
        defer { mount.unmount() }
        let player = try Player(
            SystemCalls(root: mount.path), pace: .real(untilAtRest: { [bus = mount.computer.bus] in bus.queuesAreAtRest }))
        let verdict = try entry.load().replay(on: player, release: entry.release, deviations: Library.deviations())
        #expect(verdict.isPassed, "\(verdict.report())")
    }

    /// Without its files a test of each of them would find nothing to do, and pass.
    @Test(arguments: KernelRelease.allCases) func noReleaseIsForgotten(_ release: KernelRelease) {
        #expect(Library.all.count { $0.release == release } >= 45)
        #expect(Library.mounted.count >= 30)
    }

    /// The judge can say no: an answer that is not the kernel's is found.
    @Test func aWrongAnswerIsFound() throws {
        let text = "> read bus/ap/scans\n< ok \"2\\n\"\n"
        let verdict = try Computer.replay(Recording(name: "wrong", text: Array(text.utf8)), release: .v7_2)
        #expect(verdict.mismatches.map(\.given) == ["ok \"1\\n\""])
    }
}
