internal import AdjunctProcessor
package import Journals
internal import Synchronization
internal import SystemAdditions

/// The instructions that changed something, or tried to, in the order in which they were executed: a line each.
///
///     ZAPQ 05.0004 rc=00
///     AQIC-on 05.0047 rc=00
///     SCLP-DECONF 05 rc=0020
///
/// The oldest are forgotten when there are too many. Its lock is a leaf: nothing else is taken or called inside.
public final class HardwareJournal: Sendable {
    enum Record {
        case instruction(Instruction, APQN, ResponseCode)
        case configure(AdapterID, Bool, UInt16)
    }

    enum Instruction: String {
        case rapq = "RAPQ"
        case zapq = "ZAPQ"
        case aqicOn = "AQIC-on"
        case aqicOff = "AQIC-off"
        case bapq = "BAPQ"
        case aapq = "AAPQ"
        case nqap = "NQAP"
    }

    /// How many bytes are kept until somebody says otherwise: three quarters of a million instructions.
    package static let limit = 16 << 20
    package let growth = Growth()
    private let journal = Mutex(Journal(limit: HardwareJournal.limit))

    /// An empty one.
    public init() {}

    /// How many bytes of memory the lines take.
    public var size: Int { journal.withLock { $0.size } }

    /// How many lines were ever written.
    public var count: Int { journal.withLock { $0.end.line } }

    /// The lines from number `start` (the first line is number 0), each ended by a newline. Lines that are no longer kept
    /// are left out.
    public func text(from start: Int = 0) -> String {
        String(decoding: journal.withLock { $0.lines(from: start) }, as: UTF8.self)
    }

    /// Adds a line of somebody else, given without its newline.
    public func append(line: String) {
        journal.withLock { $0.append("\(line)\n".latin1) }
        growth.happened()
    }

    func append(_ record: Record) {
        var line: [UInt8] = []
        line.reserveCapacity(24)
        record.write(into: &line)
        line.append(UInt8(ascii: "\n"))
        journal.withLock { $0.append(line) }
        growth.happened()
    }
}

extension HardwareJournal: SharedJournal {
    package func withJournal<Result: Sendable>(_ body: (inout Journal) -> Result) -> Result {
        journal.withLock { body(&$0) }
    }
}

extension HardwareJournal.Record {
    /// Appends the line, without its newline.
    fileprivate func write(into text: inout [UInt8]) {
        switch self {
        case .instruction(let instruction, let apqn, let code):
            text += instruction.rawValue.utf8
            text.append(UInt8(ascii: " "))
            apqn.write(into: &text)
            text += " rc=".utf8
            code.write(into: &text)
        case .configure(let adapter, let on, let code):
            text += on ? "SCLP-CONF ".utf8 : "SCLP-DECONF ".utf8
            adapter.write(into: &text)
            text += " rc=".utf8
            ResponseCode(rawValue: UInt8(code >> 8)).write(into: &text)
            ResponseCode(rawValue: UInt8(code & 0xff)).write(into: &text)
        }
    }
}
