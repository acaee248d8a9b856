import Recordings
import Testing

/// The comments with which a recording says what machine it begins on.
@Suite struct HeadTests {
    private func head(_ text: String) throws -> Recording.Head {
        try Recording(name: "sample", text: Array(text.utf8)).head()
    }

    @Test func aRecordingThatSaysNothingIsOfTheDefaultMachine() throws {
        #expect(try head("# tree and masks\n> ping\n< ok\n") == Recording.Head())
    }

    @Test func itSaysMachineProcessorCommandLineAndModules() throws {
        let head = try head(
            """
            # what it is about
            # machine: clear; adapter 05 type=CEX8C  qd=3;
            # cpu: apqci=off, apqi=off
            # cmdline: ap.apmask=-5 oracle.mods=zcrypt,vfio_ap ap.domain=4
            > ping
            < ok
            # machine: too late

            """)
        #expect(head.machine == ["clear", "adapter 05 type=CEX8C qd=3"])
        #expect(head.missing == [.configuration, .interrupts])
        #expect(head.commandLine == "ap.apmask=-5 ap.domain=4")
        #expect(head.modules == ["zcrypt", "vfio_ap"])
    }

    @Test(arguments: ["apqci=on", "sie", "apqci"]) func anUnknownProcessorIsMalformed(_ word: String) {
        #expect { try head("#\n# cpu: \(word)\n> ping\n< ok\n") } throws: { error in
            "\(error)" == "sample, line 2: '\(" " + word)' is nothing that a processor lacks; it may be apqci=off, apqi=off"
        }
    }

    @Test func aScriptHasAHeadToo() throws {
        let script = try Script(file: "s.txt", text: Array("# machine: clear\n> ping\n".utf8))
        #expect(try script.head().machine == ["clear"])
        #expect(throws: Script.Malformed.self) {
            try Script(file: "s.txt", text: Array("# cpu: x\n".utf8)).head()
        }
    }
}
