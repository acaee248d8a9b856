import Foundation
import Glibc
import ProgramTesting
import Testing

@testable import apmatrix

/// What is written to standard output: all of it, or it is said.
extension CommandLineTests {
    @Test func whatCannotBeWrittenIsAFailure() throws {
        let folder = try Folder()
        defer { folder.remove() }
        let sys = try folder.makeDirectory("sys")
        try folder.write("> read bus/ap/ap_domain\n< ok \"4\\n\"\n", to: "recording.txt")
        try #require(try Program.run("mount", sys).status == 0)
        defer { _ = try? Program.run("unmount", sys) }
        try folder.write("read */status delay=1s", to: "sys/kernel/debug/apmatrix/faults")
        // for the log has nothing to print else
        #expect(try Program.run("machine", "--mount", sys, "nonsense").status == 1)
        let commands = [
            "machine", "fault", "log", "uevents", "uevents -f", "locks", "guest list --json", "env .", "replay ../recording.txt",
            "record --root . ../recording.txt", "", "--help", "--version", "help mount",
        ]
        for command in commands {
            for output in ["> /dev/full", ">&-"] {
                // `uevents -f` would go on for ever if it did not notice
                let script = "exec timeout 60 '\(Program.path)' \(command) \(output)"
                let outcome = try Program.run("/bin/sh", arguments: ["-c", script], in: sys)
                let reason = output == ">&-" ? "Bad file descriptor" : "No space left on device"
                #expect(outcome.status == 1, "\(command) \(output)")
                #expect(outcome.errors == "Error: standard output: \(reason)\n", "\(command) \(output)")
            }
        }
    }

    /// The usual status of what writes into a pipe that nobody reads.
    @Test func aClosedPipeEndsItSilently() throws {
        let folder = try Folder()
        defer { folder.remove() }
        let sys = try folder.makeDirectory("sys")
        try #require(try Program.run("mount", sys).status == 0)
        defer { _ = try? Program.run("unmount", sys) }
        // nothing is added while it follows
        let script = "timeout 60 '\(Program.path)' uevents -f --mount sys | head -1; echo ${PIPESTATUS[0]}"
        let outcome = try Program.run("/bin/bash", arguments: ["-c", script], in: folder.path)
        let lines = outcome.output.split(separator: "\n")
        #expect(lines.count == 2, "\(outcome.output)")
        #expect(lines.last == "\(128 + SIGPIPE)", "\(outcome.output)")
        #expect(outcome.errors.isEmpty)
    }

    /// Every line, or how many were forgotten before they could be read.
    @Test func whoFollowsLosesNothingUnannounced() throws {
        let folder = try Folder()
        defer { folder.remove() }
        let sys = try folder.makeDirectory("sys")
        try #require(try Program.run("mount", sys).status == 0)
        defer { _ = try? Program.run("unmount", sys) }
        try folder.write("limit 64K", to: "sys/kernel/debug/apmatrix/log")
        let machine = open("\(sys)/kernel/debug/apmatrix/machine", O_WRONLY)
        defer { close(machine) }
        func say(_ numbers: Range<Int>) {
            for number in numbers {
                let line = "line \(number)"
                _ = line.withCString { Glibc.write(machine, $0, strlen($0)) }
            }
        }
        // more than the log keeps
        say(0..<2000)
        let follower = try Program.Running(arguments: ["log", "-f", "--mount", sys])
        #expect(follower.waits(for: "'line 1999'"))
        say(2000..<2500)
        #expect(follower.waits(for: "'line 2499'"))
        kill(follower.identifier, SIGTERM)
        let outcome = try follower.outcome()
        #expect(outcome.status == SIGTERM)
        var next = 0
        for line in outcome.output.split(separator: "\n") {
            if line.hasPrefix("lost ") {
                next += Int(line.dropFirst(5)) ?? 0
            } else {
                #expect(line.hasPrefix("apmatrix: machine: 'line \(next)': "))
                next += 1
            }
        }
        #expect(next == 2500)
        #expect(outcome.output.hasPrefix("lost "))
    }

    /// There is nothing to clean up.
    @Test func whoFollowsIsToldThatTheMountIsGone() throws {
        let folder = try Folder()
        defer { folder.remove() }
        let sys = try folder.makeDirectory("sys")
        try #require(try Program.run("mount", sys).status == 0)
        #expect(try Program.run("machine", "nonsense", in: sys).status == 1)
        let follower = try Program.Running(arguments: ["log", "-f", "--mount", sys])
        #expect(follower.waits(for: "'nonsense'"))
        #expect(try Program.run("unmount", "--lazy", sys).status == 0)
        let outcome = try follower.outcome(patience: 60)
        #expect(outcome.status == 1)
        #expect(outcome.errors == "Error: \(sys): the mount is gone, and its machine with it\n")
    }

    @Test func aloneItPrintsHelp() throws {
        let outcome = try Program.run()
        #expect(outcome.status == 0)
        #expect(outcome.errors.isEmpty)
        #expect(try outcome.output == Program.run("--help").output)
        #expect(outcome.output.contains("USAGE: apmatrix <subcommand>"))
        #expect(outcome.output.contains("Boot a machine"))
    }
}
