import AdjunctProcessor
import Testing

@Suite struct VocabularyTests {
    @Test(arguments: CardMode.allCases)
    func functionBitsDeclareTheMode(mode: CardMode) {
        #expect(QueueInfo(type: 14, functions: mode.functions).mode == mode)
        #expect(CardMode(letter: mode.letter) == mode)
    }

    @Test func theModesAreNamedAsInUevents() {
        #expect(CardMode.allCases.map(\.rawValue) == ["accel", "cca", "ep11"])
        #expect(String(CardMode.allCases.map(\.letter)) == "ACP")
        #expect(QueueInfo(type: 14, functions: 0).mode == nil)
        #expect(CardMode(letter: "X") == nil)
    }

    @Test func sizesAreThoseOfTheTree() {
        let info = QueueInfo(type: 14, functions: 0x9300_0000)
        #expect(info.capacity == 8)
        #expect(info.maximumMessageSize == 12288)
        #expect(QueueInfo(type: 14, functions: 0, messageLimit: 0).maximumMessageSize == 12288)
        #expect(QueueInfo(type: 14, functions: 0, messageLimit: 5).maximumMessageSize == 20480)
    }

    @Test func featuresAreListedInOrder() {
        #expect(ConfigurationInfo().featuresText == "APSC APXA QACT RC8A")
        #expect(ConfigurationInfo(apsc: false, rc8a: false, apsb: true).featuresText == "APXA QACT APSB")
        #expect(ConfigurationInfo(apsc: false, apxa: false, qact: false, rc8a: false).featuresText == "")
    }

    @Test func responseCodesAreTwoDigits() {
        #expect(ResponseCode.stateChangeInProgress.description == "0a")
        #expect(ResponseCode.normal.description == "00")
    }

    @Test func operationModesHaveNames() {
        let modes = EP11OperationModes(rawValue: 0b1_0000_0101)
        #expect(modes.names == ["FIPS2009", "FIPS2011", "FIPS2024"])
        #expect(EP11OperationModes(name: "SIGG-IMPORT")?.rawValue == 0b1_0000)
        #expect(EP11OperationModes(name: "FIPS") == nil)
    }

    @Test func patternsAreHexadecimal() {
        #expect(VerificationPattern(hex: "0x00aB")?.bytes == [0, 0xab])
        #expect(VerificationPattern(hex: "00ab")?.description == "00ab")
        for text in ["", "0x", "0", "0g", "00 ab"] { #expect(VerificationPattern(hex: text) == nil) }
    }
}
