import Recordings
import SystemAdditions
import SystemPackage
import Testing
import VFS
import Waiting

/// Every recording of the repository. That there are any is a test (`everyFileOfTheKernelIsReadAndWrittenUnchanged`).
let recordingFiles: [(release: String, name: String, path: String)] = {
    let root = Repository.recordings
    let calls = SystemCalls(root: root)
    var files: [(String, String, String)] = []
    for release in (try? calls.names(in: "").filter { $0.kind == .directory }) ?? [] {
        for file in (try? calls.names(in: SysfsPath(release.name))) ?? [] {
            let name = String(latin1: file.name)
            guard name.hasSuffix(".txt") else { continue }
            let release = String(latin1: release.name)
            files.append((release, String(name.dropLast(4)), "\(root)/\(release)/\(name)"))
        }
    }
    return files
}()

func contents(_ path: String) throws -> [UInt8] {
    let file = try FileDescriptor.open(path, .readOnly)
    defer { try? file.close() }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 20)
    while true {
        let count = try chunk.withUnsafeMutableBytes { try file.read(into: $0) }
        guard count > 0 else { return bytes }
        bytes += chunk[..<count]
    }
}

@Suite struct RecordingTests {
    @Test func keepsEveryByte() throws {
        let text = Array("# about\n\n> read a/b\n< ok \"1\\n\"\n> wait x 1\n< blocked\n# \u{e9}\n".latin1)
        let recording = try Recording(name: "sample", text: text)
        #expect(recording.text == text)
        #expect(recording.exchanges.map(\.request) == ["read a/b", "wait x 1"])
        #expect(recording.exchanges.map(\.answer) == ["ok \"1\\n\"", "blocked"])
        #expect(recording.lines.first == .comment("# about"))
        #expect(recording.lines.last == .comment("# \u{e9}"))
    }

    @Test func emptyIsEmpty() throws {
        #expect(try Recording(name: "empty", text: []).lines.isEmpty)
        #expect(Recording(name: "empty").text.isEmpty)
    }

    @Test(arguments: [("> a\n", 1), ("> a\n> b\n< ok\n", 2), ("< ok\n", 1), ("# x\nfoo\n", 2), (">a\n< b\n", 1)])
    func refusesWhatIsNone(text: String, line: Int) {
        #expect { try Recording(name: "bad", text: Array(text.utf8)) } throws: { ($0 as? Recording.Malformed)?.line == line }
    }

    @Test func everyFileOfTheKernelIsReadAndWrittenUnchanged() throws {
        #expect(recordingFiles.count >= 147)
        for file in recordingFiles {
            let text = try contents(file.path)
            let recording = try Recording(name: file.name, text: text)
            #expect(recording.text == text, "\(file.path)")
            #expect(!recording.exchanges.isEmpty)
            for exchange in recording.exchanges {
                #expect(throws: Never.self) { try Request(exchange.request) }
                guard !recording.isWalk, exchange.answer.hasPrefix("ok \"") else { continue }
                let inside = exchange.answer.latin1.dropFirst(4).dropLast()
                let bytes = try #require(CEscapes.unescape(inside))
                #expect(CEscapes.quote(bytes) == exchange.answer.dropFirst(3))
            }
        }
    }

    @Test func endsWhereTheKernelCrashed() {
        #expect(Recording.Exchange(request: "write a \"1\"", answer: "blocked").isEnd)
        #expect(Recording.Exchange(request: "read a", answer: "skipped").isEnd)
        #expect(!Recording.Exchange(request: "wait a 1", answer: "blocked").isEnd)
        #expect(!Recording.Exchange(request: "read a", answer: "ok \"blocked\"").isEnd)
    }
}

@Suite struct TextTests {
    @Test func everyByteSurvives() {
        let all = (0...255).map(UInt8.init)
        let quoted = CEscapes.quote(all)
        #expect(quoted.utf8.allSatisfy { (0x20...0x7e).contains($0) })
        #expect(CEscapes.unescape(quoted.utf8.dropFirst().dropLast()) == all)
        #expect(String(latin1: all).latin1 == all)
    }

    @Test func escapesAreC() {
        #expect(CEscapes.quote(Array("a\n\r\t\\\"\u{7f}".utf8)) == #""a\n\r\t\\\"\x7f""#)
        #expect(CEscapes.unescape(Array(#"\x0A\0z"#.utf8)) == [10, 0, 122])
    }

    @Test(arguments: [#"\"#, #"\q"#, #"\x"#, #"\x1"#, #"\xg0"#]) func refusesWrongEscapes(text: String) {
        #expect(CEscapes.unescape(Array(text.utf8)) == nil)
    }

    @Test func errorsHaveTheirNames() {
        #expect(Errno.EACCES.name == "EACCES")
        #expect(Errno(rawValue: 95).name == "EOPNOTSUPP")
        #expect(Errno(rawValue: 98).name == "EADDRINUSE")
        #expect(Errno(rawValue: 133).name == "EHWPOISON")
        #expect([0, 41, 58, 134, 524, -1].map { Errno(rawValue: $0).name } == ["E0", "E41", "E58", "E134", "E524", "E-1"])
    }
}
