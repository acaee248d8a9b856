internal import ArgumentParser
internal import Glibc
internal import Recordings
internal import SystemAdditions
internal import SystemPackage

struct RecordCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "record", abstract: "Play requests on a real or simulated sysfs, and write down what it answers.",
        discussion: """
            A script is a recording without its answers: '> read bus/ap/apmask'. Answers in it are passed over, so a recording can \
            be recorded again. Nothing is played unless every line of every script is a request or a comment. The requests are really \
            made: by default on the /sys of this machine. Comments are kept, also those that say which machine a recording begins on \
            ('# machine: …'); it must be that one. What is written can be replayed with 'apmatrix replay'.
            """)

    @Option(help: "The sysfs to play on: that of this machine, or the mount of an apmatrix.") var root = "/sys"
    @Option(
        name: .customShort("o"),
        help: ArgumentHelp("The file to write; it must not exist. (default: standard output)", valueName: "file"))
    var output: String?
    @Flag(help: "Where there is no control plane, leave out the requests that need it, with a comment in their place.")
    var skipControl = false
    @Argument(help: ArgumentHelp("Scripts, played in turn; '-' is standard input.", valueName: "script")) var files: [String]

    func run() throws {
        let scripts = try files.map(script)
        let player = try Player(at: root)
        if let reason = player.lacksControlPlane, !skipControl { try refuse(scripts, on: player, reason) }
        for script in scripts { try player.check(script.head(), of: script.file, at: root) }
        if let first = scripts.first { player.prepare(for: try first.head()) }
        let recording = try output.map(Output.init(creating:)) ?? .standardOutput
        var leftOut = 0
        for script in scripts {
            leftOut += try script.record(on: player) { line throws(Failure) in try recording.write(line) }
        }
        guard leftOut > 0 else { return }
        complain("left out: \(String.count(leftOut, "request")) for a control plane")
    }

    private func script(_ path: String) throws -> Script {
        guard path == "-" else { return try Script(file: path, text: contents(of: path)) }
        do {
            return try Script(file: "standard input", text: FileDescriptor.standardInput.readToEnd())
        } catch let error as Errno {
            throw Failure("standard input: \(error)")
        }
    }

    /// An answer that nobody gave is none: where a request cannot be played nothing is.
    private func refuse(_ scripts: [Script], on player: Player, _ reason: Errno) throws(Failure) {
        for script in scripts {
            guard let step = script.steps.first(where: { !player.plays($0.request) }) else { continue }
            throw Failure(
                "\(script.file):\(step.number): '\(step.text)' is for a control plane, \(root)/\(Player.controlPlane): \(reason); "
                    + "--skip-control leaves such requests out")
        }
    }
}

/// Where the recording goes, line by line.
private struct Output {
    let file: FileDescriptor
    let name: String

    static let standardOutput = Output(file: .standardOutput, name: "standard output")

    private init(file: FileDescriptor, name: String) {
        self.file = file
        self.name = name
    }

    /// A new file: what a kernel has answered before is not easily had again.
    ///
    /// - Throws: `Failure`: it is there already, or cannot be made.
    init(creating path: String) throws(Failure) {
        do {
            file = try FileDescriptor.open(
                FilePath(lossless: path), .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec],
                permissions: [.ownerReadWrite, .groupRead, .otherRead])
            name = path
        } catch {
            throw Failure("\(path): \(error)\((error as? Errno) == .EEXIST ? "; choose another name, or remove it" : "")")
        }
    }

    func write(_ line: String) throws(Failure) {
        do {
            try file.writeAll("\(line)\n".latin1)
        } catch {
            throw Failure("\(name): \(error)")
        }
        // the next request may take the machine down; a pipe or a terminal has nothing to flush
        if line.hasPrefix("> ") { fdatasync(file.rawValue) }
    }
}
