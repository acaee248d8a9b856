import Foundation
import ProgramTesting
import Testing

@testable import apmatrix

/// What is written for programs.
extension CommandLineTests {
    @Test func guestsAreJSONWhateverTheirNames() throws {
        let folder = try Folder()
        defer { folder.remove() }
        let sys = try folder.makeDirectory("sys")
        try #require(try Program.run("mount", sys).status == 0)
        defer { _ = try? Program.run("unmount", sys) }
        #expect(try Program.run("guest", "list", "--json", "--mount", sys).output == "[]\n")
        let names = ["a=b", "req=7", "q\"uo\\te", "tab\tbell\u{7}", "esc\u{1b}[31m\u{7f}", "größe€😀", "{},:[]", "\u{2028}"]
        let file = try #require(FileHandle(forWritingAtPath: sys + "/kernel/debug/apmatrix/guests"))
        for name in names { try file.write(contentsOf: Data("start \(name)\n".utf8)) }
        try file.write(contentsOf: Data("start bad".utf8) + [0xff, 0xc3] + Data("byte\n".utf8))
        try file.close()
        let uuid = "69904b8e-2a56-4c2a-a5cb-d2bcc8a1e7a1"
        try folder.write(uuid, to: "sys/devices/vfio_ap/matrix/mdev_supported_types/vfio_ap-passthrough/create")
        #expect(try Program.run("guest", "start", "x=1", uuid, in: sys).status == 0)

        let text = try Program.run("guest", "list", "--json", in: sys).output
        #expect(!text.unicodeScalars.contains { $0.properties.generalCategory == .control && $0 != "\n" }, "\(text)")
        let list = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[String: Any]])
        #expect(list.map { $0["name"] as? String } == names + ["bad\u{fffd}\u{fffd}byte", "x=1"], "\(text)")
        for (index, guest) in list.enumerated() {
            #expect(Set(guest.keys) == ["name", "devices", "req", "cfg", "open", "masks"], "\(guest)")
            #expect(guest["devices"] as? [String] == (index == list.count - 1 ? [uuid] : []))
            #expect(guest["open"] as? Int == (index == list.count - 1 ? 1 : 0))
            #expect(guest["req"] as? Int == 0)
        }
    }

    @Test func fieldsThatAreAddedBehindAreTaken() throws {
        let line = "a=b 1-2 3-4 req=1 cfg=0 open=2 masks=05,06/0047/ view=yes odd= 007=x=y"
        let guest = try #require(GuestLine(line.utf8))
        #expect(guest.name == "a=b")
        #expect(guest.devices == ["1-2", "3-4"])
        #expect(
            guest.json.text == """
                {"name": "a=b", "devices": ["1-2", "3-4"], "req": 1, "cfg": 0, "open": 2, "masks": "05,06/0047/", "view": "yes", \
                "odd": "", "007": "x=y"}
                """)
        #expect(GuestLine("  ".utf8) == nil)
        #expect(GuestLine("".utf8) == nil)
    }

    @Test func everyScalarComesBack() throws {
        let numbers = (0...0x10ffff as ClosedRange<UInt32>).lazy.filter { $0 < 0x3000 || $0 % 251 == 0 }
        var string = ""
        string.unicodeScalars.append(contentsOf: numbers.compactMap(Unicode.Scalar.init))
        let text = JSON.object([.init(string, .array([.string(string), .number(-1), .array([]), .object([])]))]).text
        let object = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: [Any]])
        let value = try #require(object.values.first)
        #expect((value.first as? String).map { Array($0.unicodeScalars) } == Array(string.unicodeScalars))
        try #require(value.count == 4)
        #expect(value[1] as? Int == -1)
        #expect(JSON.array([.number(1), .string("\n")]).document == "[\n  1,\n  \"\\n\"\n]\n")
    }
}
