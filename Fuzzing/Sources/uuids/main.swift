import Harness
@testable import Mdev
import Sysfs
import SystemPackage

// UUIDs, as `create` and the guests' file read them.
Harness.run { bytes in
    if let uuid = try? MdevUUID(Input(bytes)) {
        let name = Array(uuid.description.utf8)
        precondition(bytes.count == 36 || bytes.count == 37, "36 bytes, or one more")
        precondition(zip(name, bytes).allSatisfy { $0 == $1 || $0 == $1 | 0x20 }, "the name is the text in lower case")
        Harness.same(name.count, 36, "a name")
        Harness.same(try? MdevUUID(Input(name + [10])), uuid, "a name can be written")
        Harness.same(MdevUUID(uuid.description.uppercased()), uuid, "in upper case too")
    }
    if let uuid = MdevUUID(String(decoding: bytes, as: UTF8.self)) {
        Harness.same(bytes.count, 36, "36 bytes")
        Harness.same(try? MdevUUID(Input(bytes)), uuid, "both readers")
    }
}
