internal import ArgumentParser
internal import DriverCore
internal import Emulator
internal import Recordings
internal import Sysfs
internal import SystemPackage

struct ReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay", abstract: "Play recordings of a real kernel, and print every answer that differs.",
        discussion: "Each recording gets a freshly booted default machine in this process.")

    @Option(help: "The release of Linux to be.") var kernel: KernelRelease = .v7_2
    @Option(help: "How many differing answers are printed of each recording.") var diffs = 3
    @Option(help: "A file of accepted deviations: RECORDING:REQUEST reason, one a line.") var known: String?
    @Argument(help: "Recordings.") var recordings: [String]

    func run() throws {
        let deviations = try known.map { try Deviations(String(latin1: bytes(of: $0))) } ?? .none
        var verdicts: [Verdict] = []
        for path in recordings {
            let name = FilePath(path).stem ?? path
            let recording = try Recording(name: name, text: bytes(of: path))
            let verdict = try Computer.replay(recording, release: kernel, deviations: deviations)
            Swift.print(verdict.report(mismatches: diffs))
            verdicts.append(verdict)
        }
        Swift.print(Verdict.summary(of: verdicts))
        guard verdicts.allSatisfy(\.isPassed) else { throw ExitCode(1) }
    }

    private func bytes(of path: String) throws -> [UInt8] {
        do {
            let file = try FileDescriptor.open(FilePath(path), .readOnly)
            return try file.closeAfter {
                var bytes: [UInt8] = []
                var buffer = [UInt8](repeating: 0, count: 1 << 20)
                while true {
                    let count = try buffer.withUnsafeMutableBytes { try file.read(into: $0) }
                    guard count > 0 else { return bytes }
                    bytes += buffer[..<count]
                }
            }
        } catch {
            throw Failure("\(path): \(error)")
        }
    }
}
