import Glibc
import SystemPackage
import Testing

/// What docs/kernel rests on, and who rests on it: recordings and sections that are there.
@Suite struct KernelPagesTests {
    private static let repository = Library.root.removingLastComponent().removingLastComponent()

    @Test func theRecordingsThatPagesNameExist() throws {
        var named = 0
        for page in Self.files(in: "docs/kernel", ending: ".md") {
            for match in try Self.text(of: page).matches(of: /`((?:6\.1|6\.12|7\.2)\/[a-z0-9_-]+)`/) {
                let recording = Library.root.appending(String(match.output.1) + ".txt")
                #expect(throws: Never.self, "\(page) names \(match.output.1)") { try Library.bytes(of: recording) }
                named += 1
            }
        }
        #expect(named > 50)
    }

    /// Comments say `docs/kernel/PAGE.md, "Section", "Section"`; a line may end in between.
    @Test func theSectionsThatCommentsNameExist() throws {
        var named = 0
        for file in Self.files(in: "Sources", ending: ".swift") + Self.files(in: "Tests", ending: ".swift") {
            let text = try Self.text(of: file).replacing(/\n *\/+ */, with: " ")
            for match in text.matches(of: /docs\/kernel\/([a-z-]+)\.md((?:, "[^"]+")*)/) {
                let page = try Self.text(of: "docs/kernel/\(match.output.1).md")
                for section in match.output.2.matches(of: /"([^"]+)"/).map(\.output.1) {
                    #expect(page.contains("\n## \(section)\n"), "\(file) names \"\(section)\" of \(match.output.1).md")
                    named += 1
                }
            }
        }
        #expect(named > 20)
    }

    /// The paths of files below a directory of the repository, without its build products.
    private static func files(in directory: String, ending suffix: String) -> [String] {
        guard let stream = opendir(repository.appending(directory).string) else { return [] }
        defer { closedir(stream) }
        var files: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name.0) { String(cString: $0) }
            guard !name.hasPrefix(".") else { continue }
            if name.hasSuffix(suffix) { files.append("\(directory)/\(name)") }
            if entry.pointee.d_type == DT_DIR { files += Self.files(in: "\(directory)/\(name)", ending: suffix) }
        }
        return files
    }

    private static func text(of path: String) throws -> String {
        String(decoding: try Library.bytes(of: repository.appending(path)), as: UTF8.self)
    }
}
