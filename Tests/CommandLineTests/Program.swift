import Foundation
import Glibc

/// The program as a user runs it.
struct Program {
    struct Outcome {
        let status: Int32
        let output: String
        let errors: String
    }

    /// Next to the test program.
    static let path: String = {
        let here = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return URL(fileURLWithPath: here).deletingLastPathComponent().appendingPathComponent("apmatrix").path
    }()

    static func run(_ arguments: String..., in directory: String? = nil, input: String = "") throws -> Outcome {
        try run(arguments: arguments, in: directory, input: input)
    }

    static func run(arguments: [String], in directory: String? = nil, input: String = "") throws -> Outcome {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        if let directory { process.currentDirectoryURL = URL(fileURLWithPath: directory) }
        // a file, not a pipe: the server that a mount leaves behind must keep nobody waiting
        let folder = try Folder()
        defer { folder.remove() }
        for name in ["out", "err"] { _ = FileManager.default.createFile(atPath: folder.path + "/" + name, contents: nil) }
        process.standardOutput = FileHandle(forWritingAtPath: folder.path + "/out")
        process.standardError = FileHandle(forWritingAtPath: folder.path + "/err")
        try folder.write(input, to: "in")
        process.standardInput = FileHandle(forReadingAtPath: folder.path + "/in")
        try process.run()
        process.waitUntilExit()
        return Outcome(
            status: process.terminationStatus, output: try folder.text("out"), errors: try folder.text("err"))
    }
}

/// A directory of a test's own.
struct Folder {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/apmatrix-test-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

    func text(_ name: String) throws -> String {
        try String(contentsOfFile: path + "/" + name, encoding: .utf8)
    }

    func write(_ text: String, to name: String) throws {
        try text.write(toFile: path + "/" + name, atomically: false, encoding: .utf8)
    }

    func makeDirectory(_ name: String) throws -> String {
        try FileManager.default.createDirectory(atPath: path + "/" + name, withIntermediateDirectories: false)
        return path + "/" + name
    }

    /// Unmounts what a failed test has left, then removes everything.
    func remove() {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] {
            umount2(path + "/" + name, 2)
        }
        try? FileManager.default.removeItem(atPath: path)
    }
}
