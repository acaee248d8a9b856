import AdjunctProcessor
import Judge
import Machine
import Recordings
import Testing

/// The machine that a recording begins on.
@Suite struct RecordedMachineTests {
    private func machine(_ head: String) throws -> MachineDescription {
        try MachineDescription(of: Recording(name: "sample", text: Array(head.utf8)).head())
    }

    @Test func itIsTheDefaultOneWithTheHeadsChanges() throws {
        #expect(try machine("# about\n") == .default)
        let changed = try machine("# machine: adapter 05 config=0; remove-adapter 06; domain 47 none; maxima 200 255\n")
        #expect(changed.adapters[AdapterID(0x05)]?.config == false)
        #expect(changed.adapters[AdapterID(0x06)] == nil)
        #expect(!changed.usageDomains.contains(DomainID(0x47)))
        #expect(changed.maxAdapter == 200)
    }

    @Test func itKnowsTheWordsOfTheRecordedMachine() throws {
        let changed = try machine(
            "# machine: clear; qci 0xb0; adapter 05 fac=0x92000000; domain 04 both; sclp 0; queue 05.04 reset-busy=3\n")
        #expect(changed.adapters.keys.map(\.rawValue) == [5])
        #expect(changed.adapters[AdapterID(5)]?.functions == 0x9200_0000)
        #expect(changed.features == [.apsc, .qact, .rc8a])
        #expect(!changed.reconfiguration)
        #expect(changed.queues.keys.map(\.description) == ["05.0004"])
        #expect(try machine("# machine: uv 1\n").secureExecution)
    }

    @Test func itLacksWhatTheProcessorLacksAndIsBootedAsItWas() throws {
        let changed = try machine("# cpu: apqci=off,apqi=off\n# cmdline: ap.domain=6 oracle.mods=zcrypt\n")
        #expect(changed.features == nil && !changed.interrupts)
        #expect(changed.boot == .init(commandLine: "ap.domain=6", modules: ["zcrypt"]))
    }

    @Test(arguments: [
        ("# machine: adapter zz config=1\n", "'zz' is no adapter"), ("# machine: qci many\n", "'many' is no number"),
        ("# machine: adapter 05 colour=red\n", "'colour=red' means nothing here"), ("# machine: sing\n", "'sing' is no command"),
        ("# cmdline: oracle.mods=foo\n", "there is no module 'foo'"),
    ]) func whatNoMachineIsLikeIsSaid(_ head: String, _ reason: String) {
        #expect { try machine(head) } throws: { "\($0)".contains(reason) }
    }
}
