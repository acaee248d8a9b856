internal import APBus
import DriverCore
import Emulator
import Judge
internal import Kernels
import Machine
import Recordings
import Synchronization
import Sysfs
import Testing
import Waiting

/// Every recording of a real kernel is answered as that kernel did, request by request.
@Suite(.serialized, .bounded) struct RecordingTests {
    @Test(arguments: Library.all.filter { !$0.needsRealTime })
    func isAnsweredInProcess(_ entry: Library.Entry) throws {
        try expectPassed(entry.replay(), entry, .process)
    }

    @Test(arguments: Library.mounted)
    func isAnsweredThroughAMount(_ entry: Library.Entry) throws {
        let recording = try entry.load()
        let head = try recording.head()
        let mount = try MountedComputer(MachineDescription(of: head), release: entry.release)
        defer { mount.unmount() }
        let player = try Player(
            SystemCalls(root: mount.path),
            pace: .real(untilAtRest: { [bus = mount.computer.bus] in bus?.queuesAreAtRest != false }))
        player.prepare(for: head)
        let verdict = recording.replay(
            on: player, release: entry.release, judge: .mount, deviations: try Library.deviations())
        try expectPassed(verdict, entry, .mount)
    }

    /// An excuse for a recording that there is not is none.
    @Test func deviationsAreOfRecordings() throws {
        let names = Set(Library.all.flatMap { [$0.name, "\($0.release.rawValue)/\($0.name)"] })
        #expect(try Library.deviations().recordings.subtracting(names).isEmpty)
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

/// The same of recordings whose requests wait for each other. Their players mostly sleep, so they are played side by side.
@Suite(.serialized, .bounded) struct WaitingRecordingTests {
    @Test func areAnsweredInProcess() throws {
        let entries = Library.all.filter(\.needsRealTime)
        #expect(entries.count >= 6)
        let verdicts = Mutex<[(Library.Entry, Result<Verdict, any Error>)]>([])
        let players = entries.map { entry in
            TestThread("\(entry.testDescription) is played") {
                let verdict = Result { try entry.replay() }
                verdicts.withLock { $0.append((entry, verdict)) }
            }
        }
        for player in players { player.join(seconds: 120) }
        let played = verdicts.withLock { $0 }
        #expect(played.count == entries.count)
        for (entry, verdict) in played { try expectPassed(verdict.get(), entry, .process) }
    }
}

extension Library.Entry {
    /// What comes of it on a machine of its own in this process.
    fileprivate func replay() throws -> Verdict {
        try Computer.replay(load(), release: release, deviations: Library.deviations())
    }

    /// Whether it takes as long as it says.
    fileprivate var needsRealTime: Bool { (try? load().needsRealTime) == true }
}

/// Every answer is the kernel's, or excused, and no excuse is kept that is not needed.
private func expectPassed(_ verdict: Verdict, _ entry: Library.Entry, _ judge: Deviations.Judge) throws {
    #expect(verdict.isPassed, "\(entry.testDescription): \(verdict.report())")
    let needed = try Library.deviations().needed(judge, release: entry.release, recording: entry.name)
    let spare = needed.subtracting(verdict.excused).sorted()
    #expect(spare.isEmpty, "deviations.txt excuses what needs no excuse: \(entry.testDescription):\(spare)")
}
