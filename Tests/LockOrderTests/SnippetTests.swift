import Glibc
import Testing
import Waiting

/// What the compiler refuses, and what it accepts: each snippet is compiled against the module that these tests use.
///
/// The first line of a snippet is `// compiles`, or `// expect:` and a part of the diagnostic.
@Suite(.serialized, .bounded) struct SnippetTests {
    @Test(arguments: try Snippet.all())
    func theCompilerJudges(_ snippet: Snippet) throws {
        let (succeeded, diagnostics) = try Compiler().compile(snippet.path)
        if let expected = snippet.expectedDiagnostic {
            #expect(!succeeded, "the compiler accepts it")
            #expect(
                diagnostics.split(separator: "\n").contains { $0.contains("error:") && $0.contains(expected) },
                "it is refused for another reason:\n\(diagnostics)")
        } else {
            #expect(succeeded, "the compiler refuses it:\n\(diagnostics)")
        }
    }
}

struct Snippet: CustomTestStringConvertible, Sendable {
    let path: String
    /// A part of the message with which it is refused; `nil` where it compiles.
    let expectedDiagnostic: String?
    var testDescription: String { String(path.split(separator: "/").last ?? "") }

    struct Unreadable: Error { let path: String }

    init(_ path: String) throws {
        self.path = path
        let file = open(path, O_RDONLY)
        guard file >= 0 else { throw Unreadable(path: path) }
        let line = readAll(file).split(separator: "\n").first ?? ""
        if line == "// compiles" {
            expectedDiagnostic = nil
        } else if line.hasPrefix("// expect: ") {
            expectedDiagnostic = String(line.dropFirst("// expect: ".count))
        } else {
            throw Unreadable(path: path)
        }
    }

    /// Those of the folder next to this file.
    static func all() throws -> [Snippet] {
        let folder = String(#filePath.dropLast("SnippetTests.swift".count)) + "Snippets"
        guard let directory = opendir(folder) else { throw Unreadable(path: folder) }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            names.append(withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) })
        }
        return try names.filter { $0.hasSuffix(".txt") }.sorted().map { try Snippet("\(folder)/\($0)") }
    }
}

/// `swiftc` of the search path.
struct Compiler {
    struct Failure: Error { let reason: String }

    /// Where the module is that is tested.
    private let modules: String

    /// Looks for the folder above the running program.
    init() throws {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let length = buffer.withUnsafeMutableBytes { bytes in
            bytes.baseAddress.map { readlink("/proc/self/exe", $0, bytes.count) } ?? 0
        }
        var folder = String(decoding: buffer.prefix(max(length, 0)), as: UTF8.self)[...]
        while let slash = folder.lastIndex(of: "/") {
            folder = folder[..<slash]
            if access("\(folder)/Modules/LockOrder.swiftmodule", F_OK) == 0 {
                modules = "\(folder)/Modules"
                return
            }
        }
        throw Failure(reason: "no Modules/LockOrder.swiftmodule above the test program")
    }

    /// Compiles as far as ownership and regions are checked, which `-typecheck` does not.
    func compile(_ path: String) throws -> (succeeded: Bool, diagnostics: String) {
        let arguments = [
            "timeout", "120", "swiftc", "-swift-version", "6", "-enable-experimental-feature", "Lifetimes", "-I", modules,
            "-emit-sil", "-o", "/dev/null", "-",
        ]
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw Failure(reason: "no pipe") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, path, O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO)
        var pointers = arguments.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        var process = pid_t()
        let status = posix_spawnp(&process, "timeout", &actions, nil, &pointers, environ)
        close(ends[1])
        let diagnostics = readAll(ends[0])
        guard status == 0 else { throw Failure(reason: "timeout(1) cannot be started") }
        var end: Int32 = 0
        while waitpid(process, &end, 0) < 0 && errno == EINTR {}
        // what timeout(1) itself ends with: too late, or there is no swiftc
        guard ![124, 125, 126, 127].contains((end >> 8) & 0xff) else {
            throw Failure(reason: "swiftc is not there, or has not answered within two minutes\n\(diagnostics)")
        }
        return (end == 0, diagnostics)
    }
}

/// Everything that a descriptor has to give; closes it.
private func readAll(_ descriptor: Int32) -> String {
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
        let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
        bytes += buffer.prefix(count)
    }
}
