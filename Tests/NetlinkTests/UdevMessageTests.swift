import Testing

@testable import Netlink

@Suite struct UdevMessageTests {
    private static let kernel = Array("add@/devices/ap/card05\0ACTION=add\0SUBSYSTEM=ap\0DEVTYPE=ap_card\0SEQNUM=7\0".utf8)

    @Test func aMessageIsAHeaderAndTheVariables() throws {
        let message = try #require(UdevMessage(kernel: Self.kernel, initialized: 42))
        let properties = Array("ACTION=add\0SUBSYSTEM=ap\0DEVTYPE=ap_card\0SEQNUM=7\0USEC_INITIALIZED=42\0".utf8)
        var expected = Array("libudev\0".utf8)
        expected += [0xfe, 0xed, 0xca, 0xfe]  // magic, big-endian
        expected += [40, 0, 0, 0]  // size of the header
        expected += [40, 0, 0, 0]  // where the variables begin
        expected += [UInt8(properties.count), 0, 0, 0]  // their size
        expected += [0xf0, 0x26, 0xbf, 0x09]  // hash of "ap", big-endian
        expected += [0xad, 0x29, 0xa2, 0x60]  // hash of "ap_card"
        expected += [0, 0, 0, 0, 0, 0, 0, 0]  // no tags
        #expect(message.bytes == expected + properties)
    }

    @Test func aNodeIsNamedByItsWholePath() throws {
        let kernel = Array("add@/devices/virtual/vfio/0\0SUBSYSTEM=vfio\0DEVNAME=vfio/0\0".utf8)
        let text = String(decoding: try #require(UdevMessage(kernel: kernel, initialized: 1)).bytes.dropFirst(40), as: UTF8.self)
        #expect(text.contains("\0DEVNAME=/dev/vfio/0\0"))
    }

    @Test(arguments: ["", "libudev\0", "add@/devices/ap\0ACTION=add\0", "no head\0SUBSYSTEM=ap\0"])
    func whatIsNoUeventOfADeviceIsNotPassedOn(_ message: String) {
        #expect(UdevMessage(kernel: Array(message.utf8), initialized: 1) == nil)
    }

    /// As Austin Appleby's reference computes them.
    @Test(arguments: [("", 0), ("a", 0x9268_5f5e), ("ap", 0xf026_bf09), ("ap_queue", 0x704b_18d2)] as [(String, UInt32)])
    func namesAreHashedAsLibudevDoes(text: String, hash: UInt32) {
        #expect(Murmur2.hash(text.utf8) == hash)
    }
}
