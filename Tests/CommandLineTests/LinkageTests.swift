import ProgramTesting
import Testing

/// The program brings with it what it needs and no more.
@Suite struct LinkageTests {
    /// Foundation and ICU would cost every start 8 ms and 50 MB. FoundationEssentials comes with swift-argument-parser.
    @Test func theProgramNeedsNeitherFoundationNorICU() throws {
        let libraries = try LinkageTests.libraries(of: Program.path)
        #expect(libraries.contains("libc.so.6"), "\(libraries)")
        let unwanted = ["libFoundation.so", "libFoundationInternationalization.so", "lib_FoundationICU.so"]
        #expect(libraries.filter { unwanted.contains($0) } == [])
    }

    /// All that the dynamic linker would load, also what the libraries themselves need.
    private static func libraries(of program: String) throws -> [String] {
        let listed = try Program.run("/usr/bin/env", arguments: ["ldd", program])
        try #require(listed.status == 0, "\(listed.errors)")
        return listed.output.split(separator: "\n").compactMap { line in
            line.split(whereSeparator: \.isWhitespace).first?.split(separator: "/").last.map(String.init)
        }
    }
}
