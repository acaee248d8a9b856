internal import ArgumentParser
internal import DriverCore
internal import Emulator
internal import Judge
internal import Kernels
internal import Machine
internal import Recordings
internal import Sysfs
internal import SystemAdditions
internal import SystemPackage

struct ReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay", abstract: "Play recordings of a real kernel, and print every answer that differs.",
        discussion: """
            Each recording gets the machine that it begins on, freshly booted in this process: the default one, if it says nothing. \
            With --mount, one recording is played by system calls on a file system, which should be just as fresh (--print-machine tells \
            what to mount); where that has no control plane, what needs one is not judged. \
            A request whose path leads out of the mount, by '..' or by a link, does nothing and is answered 'err outside'.
            """)

    @Option(help: "The release of Linux to be; with --mount, the one that is there, for the file of deviations.")
    var kernel: KernelRelease = .v7_2
    @Option(name: .customLong("mount"), help: "The mount of an apmatrix, or a real /sys, to play one recording on.") var root:
        String?
    @Option(help: "How many differing answers are printed of each recording.") var diffs = 3
    @Option(help: "A file of accepted deviations: RECORDING:REQUEST reason, one a line.") var known: String?
    @Flag(help: "Play nothing, and print the machine file of the machine that the recording begins on.") var printMachine = false
    @Argument(help: "Recordings.") var recordings: [String]

    func validate() throws {
        guard !printMachine || recordings.count == 1 else { throw ValidationError("--print-machine takes one recording") }
        guard root == nil || recordings.count == 1 else {
            throw ValidationError(
                "with --mount there is one recording, for each begins on a freshly booted machine: mount again for the next")
        }
    }

    func run() throws {
        let deviations = try known.map { try Deviations(String(latin1: contents(of: $0))) } ?? .none
        var verdicts: [Verdict] = []
        for path in recordings {
            let name = FilePath(lossless: path).stem ?? path
            let recording = try Recording(name: name, text: contents(of: path))
            if printMachine { return try emit(MachineDescription(of: recording.head()).yaml.losslessBytes) }
            let verdict = try verdict(on: recording, deviations)
            try emit("\(verdict.report(mismatches: diffs))\n".losslessBytes)
            verdicts.append(verdict)
        }
        try emit("\(Verdict.summary(of: verdicts))\n".losslessBytes)
        guard verdicts.allSatisfy(\.isPassed) else { throw ExitCode(1) }
    }

    private func verdict(on recording: Recording, _ deviations: Deviations) throws -> Verdict {
        guard let root else {
            do {
                return try Computer.replay(recording, release: kernel, deviations: deviations)
            } catch let error as MachineDescription.Impossible {
                // the others can be played all the same
                return .dead(recording, "\(error)")
            }
        }
        let player = try Player(at: root)
        let head = try recording.head()
        try player.check(head, of: recording.name, at: root)
        player.prepare(for: head)
        let verdict = recording.replay(on: player, release: kernel, judge: .mount, deviations: deviations)
        if let reason = player.lacksControlPlane, verdict.notJudged > 0 {
            let count = String.count(verdict.notJudged, "request")
            try emit("not judged: \(count) for a control plane; \(root)/\(Player.controlPlane): \(reason)\n".losslessBytes)
        }
        return verdict
    }
}

extension Player {
    /// Looks whether a file system is of the machine that a recording or a script begins with. One that says nothing of its machine
    /// may be played on any, and so may any where there is no control plane that could tell.
    ///
    /// - Throws: `Failure` where it is another machine.
    func check(_ head: Recording.Head, of name: String, at root: String) throws {
        guard head != Recording.Head(), lacksControlPlane == nil else { return }
        let file = "\(root)/\(Player.controlPlane)/machine"
        let there = try MachineDescription(yaml: contents(of: file), file: file)
        guard try there != MachineDescription(of: head) else { return }
        throw Failure(
            "\(name) begins on another machine than \(root) is; 'apmatrix replay --print-machine' tells which, for 'apmatrix mount'"
        )
    }

    /// Plays on a file system.
    ///
    /// - Throws: `Failure` with its path: there is none, it cannot be read, or its server is gone.
    convenience init(at root: String) throws(Failure) {
        do throws(Errno) {
            try self.init(root: root)
        } catch .ENOTCONN {
            throw .serverIsGone(root)
        } catch SystemCalls.outside {
            throw Failure("\(root)/\(Player.controlPlane) leads out of \(root); name the mount of an apmatrix, or a real /sys")
        } catch {
            throw Failure("\(root): \(error)")
        }
    }
}
