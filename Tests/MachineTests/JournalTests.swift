import AdjunctProcessor
import Machine
import Testing

@Suite struct JournalTests {
    @Test func linesAreThoseOfTheRecordings() throws {
        let machine = Machine(.default)
        let apqn = try queue("05.0004")
        _ = machine.tapq(apqn)
        _ = machine.qci()
        #expect(machine.journal.count == 0)
        #expect(machine.journal.text() == "")
        _ = machine.zapq(apqn)
        _ = machine.rapq(apqn)
        _ = machine.aqic(apqn, enable: true)
        _ = machine.aqic(apqn, enable: false)
        _ = machine.configure(apqn.adapter, false)
        machine.journal.append(line: "IRQ 05.0004")
        _ = machine.configure(apqn.adapter, true)
        try machine.execute("queue 05.0004 reset-rc=0x36")
        _ = machine.zapq(apqn)
        #expect(
            machine.journal.text() == """
                ZAPQ 05.0004 rc=00
                RAPQ 05.0004 rc=00
                AQIC-on 05.0004 rc=00
                AQIC-off 05.0004 rc=00
                SCLP-DECONF 05 rc=0020
                IRQ 05.0004
                SCLP-CONF 05 rc=0020
                ZAPQ 05.0004 rc=36

                """)
        #expect(machine.journal.count == 8)
        #expect(machine.journal.text(from: 7) == "ZAPQ 05.0004 rc=36\n")
        #expect(machine.journal.text(from: 8) == "")
        #expect(machine.journal.text(from: 1000) == "")
    }
}
