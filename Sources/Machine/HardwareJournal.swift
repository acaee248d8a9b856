internal import AdjunctProcessor
internal import Synchronization

/// The instructions that changed something, or tried to, in the order in which they were executed: a line each.
///
///     ZAPQ 05.0004 rc=00
///     AQIC-on 05.0047 rc=00
///     SCLP-DECONF 05 rc=0020
///
/// Kept as records of a few bytes and rendered when read. Only the last quarter of a million is sure to be kept.
/// Its lock is a leaf: nothing else is taken or called inside.
public final class HardwareJournal: Sendable {
    enum Record {
        case instruction(Instruction, APQN, ResponseCode)
        case configure(AdapterID, Bool, UInt16)
        case line(String)
    }

    enum Instruction: String {
        case rapq = "RAPQ"
        case zapq = "ZAPQ"
        case aqicOn = "AQIC-on"
        case aqicOff = "AQIC-off"
        case bapq = "BAPQ"
        case aapq = "AAPQ"
    }

    private struct Records {
        var kept: [Record] = []
        /// How many were dropped before the first that is kept.
        var dropped = 0
    }

    private let records = Mutex(Records())
    private let limit: Int

    /// - Parameter limit: how many lines are kept at least, once there are that many.
    public init(limit: Int = 1 << 18) {
        self.limit = max(1, limit)
    }

    /// How many bytes of memory a line takes.
    public static var recordSize: Int { MemoryLayout<Record>.stride }

    /// How many lines were ever written.
    public var count: Int {
        records.withLock { $0.dropped + $0.kept.count }
    }

    /// The lines from number `start` (the first line is number 0), each ended by a newline. Lines that are no longer kept
    /// are left out.
    public func text(from start: Int = 0) -> String {
        let wanted = records.withLock { records in
            records.kept.dropFirst(max(0, start - records.dropped))
        }
        var text: [UInt8] = []
        text.reserveCapacity(wanted.count * 20)
        for record in wanted {
            record.write(into: &text)
            text.append(UInt8(ascii: "\n"))
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Adds a line of somebody else, given without its newline.
    public func append(line: String) {
        append(.line(line))
    }

    func append(_ record: Record) {
        records.withLock { records in
            // Dropping as many as are kept makes it cheap on average.
            if records.kept.count >= 2 * limit {
                records.kept.removeFirst(limit)
                records.dropped += limit
            }
            records.kept.append(record)
        }
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
        case .line(let line):
            text += line.utf8
        }
    }
}
