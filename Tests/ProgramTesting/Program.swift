public import Foundation
import Glibc

/// The program as a user runs it.
public struct Program {
    /// How a program has ended.
    public struct Outcome: Sendable {
        /// The exit status, or the number of the signal that has ended it.
        public let status: Int32
        /// Standard output.
        public let output: String
        /// Standard error.
        public let errors: String
    }

    /// Where `apmatrix` is: next to the test program.
    public static let path: String = {
        let here = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return URL(fileURLWithPath: here).deletingLastPathComponent().appendingPathComponent("apmatrix").path
    }()

    /// Runs `apmatrix` to its end, with the test's own environment.
    ///
    /// - Parameters:
    ///   - directory: where it runs; nil for where the test runs.
    ///   - input: what it reads from standard input.
    /// - Throws: as `run(_:arguments:in:input:environment:)`.
    public static func run(_ arguments: String..., in directory: String? = nil, input: String = "") throws -> Outcome {
        try run(arguments: arguments, in: directory, input: input)
    }

    /// Runs a program to its end.
    ///
    /// - Parameters:
    ///   - executable: another program than ours.
    ///   - directory: where it runs; nil for where the test runs.
    ///   - input: what it reads from standard input.
    ///   - environment: variables besides the test's own.
    /// - Throws: Foundation's error where it cannot be started, `Late` where it does not end in 150 seconds.
    public static func run(
        _ executable: String = path, arguments: [String], in directory: String? = nil, input: String = "",
        environment: [String: String] = [:]
    ) throws -> Outcome {
        let running = try Running(executable, arguments: arguments, in: directory, input: input, environment: environment)
        return try running.outcome()
    }

    /// A program that has not ended yet, as far as its starter knows. It is killed when the last reference to this goes.
    public final class Running {
        private let process = Process()
        private let folder: Folder
        private let words: String

        /// Starts the program; the parameters are those of `run`.
        ///
        /// - Throws: Foundation's error where it cannot be started, or its files cannot be made.
        public init(
            _ executable: String = path, arguments: [String], in directory: String? = nil, input: String = "",
            environment: [String: String] = [:]
        ) throws {
            words = ([executable] + arguments).joined(separator: " ")
            process.executableURL = URL(fileURLWithPath: executable)
            process.arguments = arguments
            process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
            if let directory { process.currentDirectoryURL = URL(fileURLWithPath: directory) }
            // a file, not a pipe: the server that a mount leaves behind must keep nobody waiting
            folder = try Folder()
            for name in ["out", "err"] { _ = FileManager.default.createFile(atPath: folder.path + "/" + name, contents: nil) }
            process.standardOutput = FileHandle(forWritingAtPath: folder.path + "/out")
            process.standardError = FileHandle(forWritingAtPath: folder.path + "/err")
            try folder.write(input, to: "in")
            process.standardInput = FileHandle(forReadingAtPath: folder.path + "/in")
            try Self.withSignals { try process.run() }
        }

        /// The threads that run tests have signals blocked, and what they start would have them blocked too.
        private static func withSignals(_ body: () throws -> Void) rethrows {
            var none = sigset_t()
            var before = sigset_t()
            sigemptyset(&none)
            pthread_sigmask(SIG_SETMASK, &none, &before)
            defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
            try body()
        }

        deinit {
            if process.isRunning { kill(process.processIdentifier, SIGKILL) }
            folder.remove()
        }

        /// Its process ID.
        public var identifier: pid_t { process.processIdentifier }

        /// Waits until it has written some words; false where it has ended without, or has not done so within a minute.
        public func waits(for words: String) -> Bool {
            let end = ContinuousClock.now + .seconds(60)
            while true {
                let hasEnded = !process.isRunning
                if (try? folder.text("out"))?.contains(words) == true { return true }
                if hasEnded || ContinuousClock.now > end { return false }
                usleep(1000)
            }
        }

        /// A program has not ended in time, and has been killed.
        public struct Late: Error, CustomStringConvertible {
            /// Which program, how many seconds, and what it has written.
            public let description: String
        }

        /// Waits for its end.
        ///
        /// - Throws: `Late` if it does not end within `patience` seconds; Foundation's error if what it has written is not UTF-8.
        public func outcome(patience: Int = 150) throws -> Outcome {
            let end = ContinuousClock.now + .seconds(patience)
            var pause: UInt32 = 500
            while process.isRunning {
                guard ContinuousClock.now < end else {
                    kill(process.processIdentifier, SIGKILL)
                    let output = try folder.text("out") + folder.text("err")
                    throw Late(description: "'\(words)' has not ended within \(patience) seconds; it has written: \(output)")
                }
                usleep(pause)
                pause = min(pause * 2, 16_000)
            }
            process.waitUntilExit()
            return Outcome(status: process.terminationStatus, output: try folder.text("out"), errors: try folder.text("err"))
        }
    }
}

/// A directory of a test's own. It stays until `remove`.
public struct Folder {
    /// Absolute, below the directory for temporary files.
    public let path: String

    /// Makes the directory, with a name that no other has.
    ///
    /// - Throws: Foundation's error where it cannot be made.
    public init() throws {
        path = FileManager.default.temporaryDirectory.path + "/apmatrix-test-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

    /// The text of a file in it.
    ///
    /// - Throws: Foundation's error where there is no such file, or it is not UTF-8.
    public func text(_ name: String) throws -> String {
        try String(contentsOfFile: path + "/" + name, encoding: .utf8)
    }

    /// Writes a file in it, in the place of what was there.
    ///
    /// - Throws: Foundation's error where that fails.
    public func write(_ text: String, to name: String) throws {
        try text.write(toFile: path + "/" + name, atomically: false, encoding: .utf8)
    }

    /// Makes a directory in it, and returns the path of that.
    ///
    /// - Throws: Foundation's error where that fails, as where the name is taken.
    public func makeDirectory(_ name: String) throws -> String {
        try FileManager.default.createDirectory(atPath: path + "/" + name, withIntermediateDirectories: false)
        return path + "/" + name
    }

    /// Unmounts what a failed test has left, then removes everything.
    public func remove() {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] {
            umount2(path + "/" + name, 2)
        }
        try? FileManager.default.removeItem(atPath: path)
    }
}
