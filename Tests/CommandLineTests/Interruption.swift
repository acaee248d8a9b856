import Foundation
import Glibc
import ProgramTesting
import Testing
import Waiting

/// A start of the program that something happens to, and what is left of it and of all that it has started.
struct Interruption {
    /// Every process that it starts has this in its environment.
    private let mark = "INTERRUPTION=" + UUID().uuidString

    var environment: [String: String] {
        let parts = mark.split(separator: "=").map(String.init)
        return [parts[0]: parts[1]]
    }

    /// Has Swift's runtime look for the reason of a fault as far as it can: that takes seconds, and it goes on where somebody has only
    /// sent the signal.
    static let asksForBacktraces = ["SWIFT_BACKTRACE": "enable=yes,interactive=yes"]

    /// What is left: `ID:STATE` of each thread. A leader that is a zombie may have threads that live.
    var remains: [String] {
        let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return processes.filter { pid_t($0) != nil }.flatMap { process -> [String] in
            let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task")) ?? []
            return threads.compactMap { thread in
                let place = "/proc/\(process)/task/\(thread)/"
                guard let variables = FileManager.default.contents(atPath: place + "environ"),
                    variables.split(separator: 0).contains(where: { $0.elementsEqual(mark.utf8) })
                else { return nil }
                let status = FileManager.default.contents(atPath: place + "stat") ?? Data()
                let fields = String(decoding: status, as: UTF8.self).split(separator: ")").last ?? ""
                return "\(thread):\(fields.split(separator: " ").first ?? "?")"
            }
        }
    }

    /// Waits until no process is left, and, if it was a mount, no mount at `path`. What is left after all is ended by force.
    func leavesNothing(at path: String? = nil, after what: String, sourceLocation: SourceLocation = #_sourceLocation) {
        let isGone = waitUntil("nothing is left of \(what)", seconds: 5, sourceLocation: sourceLocation) {
            (path.map { !Self.isMounted($0) } ?? true) && remains.isEmpty
        }
        if isGone { return }
        Issue.record("left of \(what): \(remains) \(path.map(Self.isMounted) ?? false)", sourceLocation: sourceLocation)
        if let path { umount2(path, Int32(MNT_FORCE) | Int32(MNT_DETACH)) }
        for thread in remains { if let id = pid_t(thread.prefix { $0 != ":" }) { kill(id, SIGKILL) } }
    }

    static func isMounted(_ path: String) -> Bool {
        let table = FileManager.default.contents(atPath: "/proc/self/mountinfo") ?? Data()
        return String(decoding: table, as: UTF8.self).contains(" \(path) ")
    }
}

/// `call-by-call.c`: it does something to a program at one of its system calls.
enum CallByCall {
    /// Compiled next to the program, once.
    private static let path = Result {
        let source = Repository.root + "/Tests/CommandLineTests/Interruption/call-by-call.c"
        let path = URL(fileURLWithPath: Program.path).deletingLastPathComponent().path + "/call-by-call"
        let outcome = try Program.run("/usr/bin/env", arguments: ["cc", "-Wall", "-O1", "-o", path, source])
        guard outcome.status == 0 else { throw NotCompiled(description: outcome.errors) }
        return path
    }

    private struct NotCompiled: Error, CustomStringConvertible {
        let description: String
    }

    /// Runs the program to its end.
    ///
    /// - Returns: how it has ended, and what was done at which call; that is empty where there are not so many calls.
    static func run(
        _ mode: String, _ number: Int = 0, _ what: Int32 = 0, _ arguments: [String], _ interruption: Interruption
    ) throws -> (outcome: Program.Outcome, report: String) {
        let folder = try Folder()
        defer { folder.remove() }
        let words = [mode, "\(number)", "\(what)", folder.path + "/report", Program.path] + arguments
        let outcome = try Program.run(path.get(), arguments: words, environment: interruption.environment)
        return (outcome, try folder.text("report").trimmingCharacters(in: .newlines))
    }

    /// How many system calls a start makes, and how many of them make something.
    static func count(_ arguments: [String], _ interruption: Interruption) throws -> (calls: Int, made: Int) {
        let counts = try run("count", 0, 0, arguments, interruption).report.split(separator: " ").compactMap { Int($0) }
        try #require(counts.count == 2)
        return (counts[0], counts[1])
    }
}
