import AdjunctProcessor
import KernelTesting
import Kernels
import Sysfs
import Testing
@testable import VFIOAP

/// How a matrix is written and read: docs/kernel/vfio-ap.md, "ap_config", "Texts".
@Suite struct MatrixTextTests {
    private static let zeros = String(repeating: "0", count: 64)

    private func text(_ matrix: APMatrix) -> String {
        var page = Page()
        matrix.emit(into: &page)
        return String(decoding: page.bytes, as: UTF8.self)
    }

    @Test(
        arguments: [
            ([], [], ""), ([5, 10], [], "05.\n0a.\n"), ([], [4, 0xab], ".0004\n.00ab\n"),
            ([5, 255], [0, 0x47], "05.0000\n05.0047\nff.0000\nff.0047\n"),
        ] as [([UInt8], [UInt8], String)])
    func queuesOrWhatThereIsOfThem(adapters: [UInt8], domains: [UInt8], expected: String) {
        #expect(text(APMatrix(adapters: APMask(adapters), domains: APMask(domains), controlDomains: APMask([9]))) == expected)
    }

    @Test func aPageHas511LinesAndSevenCharacters() {
        let full = text(APMatrix(adapters: .all, domains: .all))
        #expect(full.utf8.count == 4095)
        #expect(full.split(separator: "\n").count == 512)
        #expect(full.hasSuffix("\n01.00ff"))
        #expect(text(APMatrix(adapters: APMask([0]), domains: .all)).utf8.count == 2048)
    }

    @Test(
        arguments: [
            (",,\n", [], [], []), (",,", [], [], []), ("0x8,0x4,0x0", [0], [1], []), ("8,x4,1\n", [0], [1], [3]),
            ("04\n08\n08\n", [5], [4], [4]),
            ("0x04,0x08,0x08,nonsense", [5], [4], [4]), ("0x04,0x08,0x08\nnonsense", [5], [4], [4]),
        ] as [(String, [UInt8], [UInt8], [UInt8])])
    func threeMasksWithACommaOrANewlineBetween(text: String, adapters: [UInt8], domains: [UInt8], controlDomains: [UInt8]) {
        let expected = APMatrix(adapters: APMask(adapters), domains: APMask(domains), controlDomains: APMask(controlDomains))
        #expect(APMatrix.parseConfig(Array(text.utf8)[...]) == expected)
    }

    @Test(arguments: ["", ",", "0x8,0x4", "0x8, 0x4,0", "+5,-4,0", "0x8,,0xg", "0x8,0x4,0 ", "0x" + zeros + "0,,"])
    func anythingElseIsNone(text: String) {
        #expect(APMatrix.parseConfig(Array(text.utf8)[...]) == nil)
    }

    @Test func whatIsBehind201CharactersDoesNotMatter() {
        let mask = "0x" + Self.zeros
        #expect(APMatrix.parseConfig(Array("\(mask),\(mask),\(mask),nonsense".utf8)[...]) == APMatrix())
        #expect(APMatrix.parseConfig(Array("\(mask),\(mask),\(mask)n".utf8)[...]) == nil)
    }

    @Test func whatIsShownCanBeWritten() {
        let matrix = APMatrix(adapters: APMask([5, 255]), domains: APMask([4, 0xab]), controlDomains: .all)
        #expect(matrix.configText.utf8.count == 201)
        #expect(APMatrix.parseConfig(Array(matrix.configText.utf8)[...]) == matrix)
    }

    @Test func linux61HasNeitherApConfigNorFeatures() throws {
        for release in KernelRelease.allCases {
            let it = try MatrixHost(release: release)
            #expect((it.a("ap_config") == "ENOENT") == (release == .v6_1))
            #expect(it.kernel.exists("devices/vfio_ap/matrix/features") == (release != .v6_1))
        }
    }

    /// `KernelDifference.largeMatricesOverrunAPage`.
    @Test(arguments: [(KernelRelease.v6_1, true), (.v6_12, true), (.v7_2, false)])
    func aMatrixOfAPageIsTold(release: KernelRelease, isTold: Bool) throws {
        let it = try MatrixHost(release: release, apmask: "0x0")
        for adapter in 0..<256 { it.a("assign_adapter", "\(adapter)") }
        it.a("assign_domain", "4")
        #expect(it.kernel.log { _ = it.a("matrix") } == [])
        it.a("assign_domain", "5")
        let log = it.kernel.log { _ = it.a("matrix") }
        let told = ["dev_attr_show: matrix_show+0x0/0x70 [vfio_ap]", "fill_read_buffer: dev_attr_show+0x0/0x78"]
        #expect(log == (isTold ? told.map { "\($0) returned bad count" } : []))
    }
}
