import Suggestions
import Testing

@Suite struct NearestWordTests {
    private static let keys = ["type", "config", "chkstop", "ap_functions", "serialnr", "API_ordinalnr", "domains", "reset-rc"]

    @Test(
        arguments: [
            ("typ", "type"), ("tpye", "type"), ("types", "type"), ("tyqe", "type"), ("TYPE", "type"), ("type", "type"),
            ("domain", "domains"), ("functions", "ap_functions"), ("api_ordinalnr", "API_ordinalnr"), ("reset_rc", "reset-rc"),
            ("serial", "serialnr"), ("chekstop", "chkstop"),
            ("colour", nil), ("tie", nil), ("t", nil), ("", nil), ("conf", nil), (String(repeating: "type", count: 17), nil),
            ("ümläut", nil),
        ] as [(String, String?)])
    func aSlipOfTheFingersIsRecognised(written: String, meant: String?) {
        #expect(nearestWord(to: written, among: Self.keys) == meant)
    }

    @Test func theNearestWinsAndThenTheFirst() {
        #expect(nearestWord(to: "mounts", among: ["count", "mount", "mints"]) == "mount")
        #expect(nearestWord(to: "bat", among: ["cat", "hat"]) == "cat")
        #expect(nearestWord(to: "x", among: ["x"]) == "x")
        #expect(nearestWord(to: "y", among: ["x"]) == nil)
        #expect(nearestWord(to: "word", among: []) == nil)
    }

    @Test(
        arguments: [
            ("umount", "unmount"), ("moun", "mount"), ("mount", "mount"), ("omunt", "mount"), ("lg", "log"), ("status", nil),
            ("x", nil),
        ] as [(String, String?)])
    func ofCommandsTheOneThatBeginsAlikeIsMeant(written: String, meant: String?) {
        #expect(nearestWord(to: written, among: ["mount", "unmount", "run", "shell", "log", "locks"]) == meant)
    }
}
