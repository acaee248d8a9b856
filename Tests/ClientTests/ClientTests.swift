import Foundation
import ProgramTesting
import Testing
import Waiting

/// Programs that know nothing of apmatrix, in a sandbox: each script of Programs/ uses one and says what it expected and got.
///
/// What a script needs stands in its head. Where that is not there the test is skipped; `make clients` installs it.
@Suite(.serialized, .bounded) struct ClientTests {
    @Test(arguments: ClientScript.all.filter { $0.missing.isEmpty })
    func aProgramWorks(_ script: ClientScript) throws {
        // a program that waits for ever must not keep everybody else waiting
        let outcome = try Program.run(
            "/usr/bin/timeout",
            arguments: ["--kill-after=2", "120", Program.path, "run"] + script.options + ["--", "bash", script.path],
            in: ClientScript.root,
            environment: ["PATH": ClientScript.path, "S390X": ClientScript.s390x])
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
    }

    @Test func noScriptIsForgotten() {
        #expect(ClientScript.all.count >= 12)
    }

    @Test(arguments: ClientScript.all.filter { !$0.missing.isEmpty })
    func whatCannotBeHadIsSkipped(_ script: ClientScript) throws {
        print(
            "skipped: \(script) needs \(script.missing.joined(separator: ", ")), which is not here; install it with 'make clients'"
        )
        try Test.cancel()
    }
}

/// A script of Programs/ and what its head says.
struct ClientScript: Sendable, CustomTestStringConvertible, CustomStringConvertible {
    let name: String
    private let head: [String]

    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../..").standardized
        .path
    /// Where programs are looked for: not only where the test's own are.
    static let path = [
        ProcessInfo.processInfo.environment["PATH"], "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    ]
    .compactMap { $0 }.joined(separator: ":")
    static let s390x = root + "/.build/clients/s390x"

    var path: String { "Tests/ClientTests/Programs/\(name)" }
    var description: String { name }
    var testDescription: String { name }

    static let all: [ClientScript] = {
        let directory = root + "/Tests/ClientTests/Programs"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        return names.filter { $0.hasSuffix(".bash") && $0 != "expect.bash" }.sorted().map { name in
            let text = (try? String(contentsOfFile: directory + "/" + name, encoding: .utf8)) ?? ""
            return ClientScript(name: name, head: text.split(separator: "\n").prefix { $0.hasPrefix("#") }.map(String.init))
        }
    }()

    /// The words behind `# KEY:`.
    private func words(_ key: String) -> [String] {
        let line = head.first { $0.hasPrefix("# \(key):") }
        return line?.dropFirst(key.count + 3).split(separator: " ").map(String.init) ?? []
    }

    var options: [String] { words("options") }

    /// What it needs and is not there.
    var missing: [String] {
        words("needs").filter { need in
            if need == "s390x" { return !FileManager.default.fileExists(atPath: Self.s390x + "/usr/sbin/lszcrypt") }
            return !Self.path.split(separator: ":").contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(need)") }
        }
    }
}
