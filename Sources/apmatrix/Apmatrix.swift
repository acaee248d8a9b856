internal import ArgumentParser
internal import CLinux
internal import Glibc
internal import Kernels
internal import Suggestions
internal import SysfsMount
internal import SystemAdditions
internal import SystemPackage

/// The command line. Exit status 64 for wrong use, 1 for what failed; mount(8) is answered with its own.
@main
struct Apmatrix: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apmatrix",
        abstract: "An IBM Z crypto host that fits into a directory.",
        discussion: """
            Mounts a file system that answers like the sysfs of Linux on IBM Z: AP bus, cards, queues, mediated devices, vfio_ap. \
            The other commands speak to a mount through its kernel/debug/apmatrix; they find it by themselves when there is one.
            """,
        version: "apmatrix \(version), as Linux \(KernelRelease.allCases.reversed().map(\.build).joined(separator: ", "))",
        subcommands: [
            MountCommand.self, UnmountCommand.self, RunCommand.self, ShellCommand.self, EnvCommand.self, MachineCommand.self,
            GuestCommand.self, FaultCommand.self, LogCommand.self,
            UeventsCommand.self, LocksCommand.self, ReplayCommand.self, RecordCommand.self,
        ])

    static let version = "0.1.0"

    /// The commands, as somebody types them.
    static var commands: [String] { configuration.subcommands.map { $0._commandName } + ["help"] }

    static func main() {
        Signals.prepare()
        SysfsFileSystem.handOnRequestsWhenBlocking()
        let arguments = arguments
        guard !arguments.isEmpty else {
            complain("Error: the command line cannot be read: mount /proc")
            // that of a run, which this may be
            Glibc.exit(125)
        }
        let words = Array(arguments.dropFirst())
        let isMountHelper = MountHelper.isCalled(arguments)
        do {
            var command = try parse(isMountHelper ? MountHelper.words(of: words) : words)
            try command.run()
        } catch {
            let code = exitCode(for: error)
            let error = (error as? Errno).map { Failure("\($0)\($0.remedy)") } ?? error
            end(error, status: isMountHelper ? MountHelper.status(of: code) : code.rawValue)
        }
    }

    /// What the program was called with, as texts of which the bytes can be had: `CommandLine.arguments` repairs what is no UTF-8,
    /// and needs /proc.
    private static var arguments: [String] {
        var words: [String] = []
        guard var next = linux_arguments() ?? (CommandLine.argc > 0 ? CommandLine.unsafeArgv : nil) else { return [] }
        while let word = next.pointee {
            words.append(String(lossless: UnsafeRawBufferPointer(start: word, count: strlen(word))))
            next += 1
        }
        return words
    }

    /// Ends the program with what there is to say: help on standard output, all else on standard error.
    private static func end(_ error: any Error, status: Int32) -> Never {
        let text = fullMessage(for: error)
        if text.isEmpty { Glibc.exit(status) }
        guard exitCode(for: error).isSuccess else {
            complain(text)
            Glibc.exit(status)
        }
        do throws(Failure) {
            try emit("\(text)\n".losslessBytes)
        } catch {
            complain("Error: \(error)")
            Glibc.exit(1)
        }
        Glibc.exit(status)
    }
}

// MARK: - Words that are none

extension Apmatrix {
    /// The command that the words are.
    private static func parse(_ words: [String]) throws -> any ParsableCommand {
        try refuseUnknownCommand(words)
        do {
            return try parseAsRoot(words)
        } catch {
            throw unknownOption(words) ?? error
        }
    }

    /// - Throws: `ValidationError` where a word stands in the place of a command and is none.
    private static func refuseUnknownCommand(_ words: [String]) throws(ValidationError) {
        var command: any ParsableCommand.Type = self
        for word in words.first == "help" ? words.dropFirst() : words[...] {
            let commands = command.configuration.subcommands
            if commands.isEmpty || word.hasPrefix("-") || word == "help" { return }
            guard let next = commands.first(where: { $0._commandName == word }) else {
                throw ValidationError(Self.refusal(of: word, for: command))
            }
            command = next
        }
    }

    private static func refusal(of word: String, for command: any ParsableCommand.Type) -> String {
        let isRoot = command == self
        let names = isRoot ? commands : command.configuration.subcommands.map { $0._commandName }
        let refusal = "'\(word)' is no command" + (isRoot ? "" : " of '\(command._commandName)'")
        if let nearest = nearestWord(to: word, among: names) { return "\(refusal); did you mean '\(nearest)'?" }
        let owner = command.configuration.subcommands.first { $0.configuration.subcommands.contains { $0._commandName == word } }
        if let owner { return "\(refusal); did you mean '\(owner._commandName) \(word)'?" }
        return "\(refusal); the commands are \(names.joined(separator: ", "))"
    }

    /// An option that no command has: the parser tells of arguments that are missing before it tells of that.
    private static func unknownOption(_ words: [String]) -> (any Error)? {
        for count in 1...2 {
            do {
                _ = try parseAsRoot(words + Array(repeating: "x", count: count))
            } catch {
                if message(for: error).hasPrefix("Unknown option") { return error }
            }
        }
        return nil
    }
}

/// Something that failed: a line for stderr that says what, and what to do about it. Exit status 1.
struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
