@testable import Mdev
import Sysfs
import SystemAdditions
import SystemPackage
import Testing

/// What names a mediated device: docs/kernel/mediated-devices.md, "The UUID".
@Suite struct UUIDTests {
    private static let uuid = Workshop.uuid

    @Test(arguments: [
        uuid, uuid + "\n", uuid + "x", uuid + "\0", uuid.uppercased(), uuid.uppercased() + "\n",
    ])
    func aUUIDIs36CharactersAndPerhapsAnyOneMore(text: String) throws {
        #expect(try MdevUUID(Input(Array(text.utf8))).description == Self.uuid)
    }

    @Test func everyDigitWillDo() throws {
        for text in ["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"] {
            #expect(try MdevUUID(Input(Array(text.utf8))).description == text)
        }
    }

    @Test(arguments: [
        "", "\n", "x", String(uuid.dropLast()), String(uuid.dropLast()) + "\n", uuid + "\n\n", " " + uuid, "{\(uuid)}",
        uuid.replacing("-", with: ""), uuid.replacing("e", with: "g"), uuid.replacing("-2", with: "2-"),
        uuid.replacing("-a5", with: "\0a5"), String(uuid.dropLast()) + "é",
    ])
    func anythingElseIsRefused(text: String) {
        #expect(throws: Errno.EINVAL) { try MdevUUID(Input(Array(text.utf8))) }
    }

    @Test func asAValueItHasNoTrailingByteAndIsOrderedByItsText() throws {
        #expect(MdevUUID(Self.uuid + "\n") == nil)
        let (low, high) = (try #require(MdevUUID(Self.uuid)), try #require(MdevUUID(Workshop.other)))
        #expect(low < high)
        #expect(low == MdevUUID(Self.uuid.uppercased()))
    }
}
