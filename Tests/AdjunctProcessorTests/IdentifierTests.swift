import AdjunctProcessor
import Testing

@Suite struct IdentifierTests {
    @Test(arguments: ["6", "06", "0x06", "006", "0006"])
    func readsTheSpellingsOfAnAdapter(text: String) {
        #expect(AdapterID(hex: text) == AdapterID(6))
    }

    @Test(arguments: ["47", "0047", "0x47", "0x0047", "047"])
    func readsTheSpellingsOfADomain(text: String) {
        #expect(DomainID(hex: text) == DomainID(0x47))
    }

    @Test(arguments: ["", "0x", "g", "100", "0X06", "00006", "+6", "-6", "6 ", " 6", "0x0x6", "٦"])
    func refusesOtherText(text: String) {
        #expect(AdapterID(hex: text) == nil)
        #expect(DomainID(hex: text) == nil)
    }

    @Test func namesAreTheTrees() {
        #expect(AdapterID(0x0a).description == "0a")
        #expect(DomainID(0xab).description == "00ab")
        #expect(APQN("0x5.47")?.description == "05.0047")
        #expect(APQN(adapter: AdapterID(5), domain: DomainID(0x47)) == APQN("05.0047"))
    }

    @Test func writesWhatItDescribes() throws {
        for number in UInt8.min...UInt8.max {
            let apqn = APQN(adapter: AdapterID(number), domain: DomainID(255 - number))
            var bytes: [UInt8] = [0x3e]
            apqn.write(into: &bytes)
            ResponseCode(rawValue: number).write(into: &bytes)
            #expect(String(decoding: bytes, as: UTF8.self) == ">\(apqn)\(ResponseCode(rawValue: number))")
            #expect(APQN(apqn.description) == apqn)
        }
    }

    @Test(arguments: ["", ".", "05.", ".0047", "05", "05.0047.0", "05:0047", "100.0004", "05.0100"])
    func refusesWhatIsNoQueue(text: String) {
        #expect(APQN(text) == nil)
    }

    @Test func ordersAdapterFirst() throws {
        let names = ["06.0004", "05.00ff", "05.0047", "0a.0004"]
        #expect(names.compactMap { APQN($0) }.sorted().map(\.description) == ["05.0047", "05.00ff", "06.0004", "0a.0004"])
    }
}
