package import Journals
internal import LockOrder
internal import SystemAdditions

/// What a uevent says has happened.
public enum UeventAction: String, CaseIterable, Sendable {
    /// As `ACTION` spells them.
    case add, remove, change, move, online, offline, bind, unbind
}

/// A variable of a uevent's environment.
public struct UeventVariable: Hashable, Sendable {
    /// In front of the `=`.
    public let key: String
    /// Behind the `=`. That of a mask ends with a newline.
    public let value: String

    /// Nothing is checked.
    public init(_ key: String, _ value: String) {
        self.key = key
        self.value = value
    }
}

/// The uevents of a machine since its boot, a line each: `add@/devices/… ACTION=add DEVPATH=/devices/… … SEQNUM=n`. The oldest
/// are forgotten when there are too many.
public final class UeventLedger: Sendable {
    private struct State {
        var sequence: UInt64 = 0
        var journal = Journal(limit: UeventLedger.limit)
        /// The messages that have not been broadcast yet; nil until `keepUnsent`.
        var unsent: [[UInt8]]?
        /// How many bytes these have, and how many they may have.
        var unsentSize = 0
        var unsentLimit = 0

        mutating func keep(_ message: [UInt8]) {
            guard unsentSize + message.count <= unsentLimit else { return unsentSize = unsentLimit }
            unsent?.append(message)
            unsentSize += message.count
        }
    }
    /// What the lock is called, for a scheduler.
    package static let lockName: StaticString = "uevents"
    /// How many bytes are kept until somebody says otherwise: the uevents of the boot of the largest machine, and as many again.
    package static let limit = 64 << 20
    package let growth = Growth()
    private let state = Leaf(UeventLedger.lockName, State())

    /// Sends a uevent. Its sequence number is the next one, in the order of the lines.
    ///
    /// Kernel: lib/kobject_uevent.c, kobject_uevent_env.
    func send(_ action: UeventAction, path: String, subsystem: String, _ variables: [UeventVariable]) {
        var line = ""
        line.reserveCapacity(256)
        let head = [action.rawValue, "@", path, " ACTION=", action.rawValue, " DEVPATH=", path, " SUBSYSTEM=", subsystem]
        for text in head { line += text }
        for variable in variables {
            for text in [" ", variable.key, "=", variable.value] { line += text }
        }
        line += " SEQNUM="
        state.withLock { state in
            state.sequence += 1
            line += "\(state.sequence)\n"
            state.journal.append(line.latin1)
            if state.unsent != nil { state.keep(UeventLedger.message(action, path, subsystem, variables)) }
        }
        growth.happened()
    }

    /// How much room a uevent would take, were it the next one.
    func environment(
        _ action: UeventAction, path: String, subsystem: String, _ variables: [UeventVariable]
    ) -> UeventEnvironment {
        let next = state.withLock { $0.sequence + 1 }
        return UeventEnvironment(
            [
                UeventVariable("ACTION", action.rawValue), UeventVariable("DEVPATH", path),
                UeventVariable("SUBSYSTEM", subsystem),
                UeventVariable("SEQNUM", "\(next)"),
            ] + variables)
    }

    /// A uevent as the kernel sends it to listeners, but for its sequence number, which is the sending kernel's: a string of
    /// the action and the path, then the variables, each ended by a NUL.
    private static func message(
        _ action: UeventAction, _ path: String, _ subsystem: String, _ variables: [UeventVariable]
    ) -> [UInt8] {
        var message = "\(action.rawValue)@\(path)\0ACTION=\(action.rawValue)\0DEVPATH=\(path)\0SUBSYSTEM=\(subsystem)\0".latin1
        for variable in variables {
            message.append(latin1: variable.key)
            message.append(UInt8(ascii: "="))
            message.append(latin1: variable.value)
            message.append(0)
        }
        return message
    }

    /// Starts keeping uevents for `takeUnsent`; earlier ones are not kept for it.
    ///
    /// - Parameter limit: so many bytes at the most; `limit` without it. What comes then is not kept until somebody has taken them, as a
    ///   listener whose socket is full loses what comes then: an older one does not make room, for who has heard of a removal had better
    ///   have heard of what was removed. The ledger has it all.
    public func keepUnsent(atMost limit: Int? = nil) {
        state.withLock { state in
            state.unsent = []
            state.unsentSize = 0
            state.unsentLimit = limit ?? UeventLedger.limit
        }
    }

    /// Whether `takeUnsent` would find any.
    public var hasUnsent: Bool {
        state.withLock { $0.unsent?.isEmpty == false }
    }

    /// The messages of the uevents since the last call, in their order: as the kernel sends them, but without SEQNUM. None before
    /// `keepUnsent`.
    public func takeUnsent() -> [[UInt8]] {
        state.withLock { state in
            guard let unsent = state.unsent, !unsent.isEmpty else { return [] }
            state.unsent = []
            state.unsentSize = 0
            return unsent
        }
    }

    /// How many bytes of memory the lines take.
    public var size: Int { state.withLock { $0.journal.size } }

    /// The lines that are kept, oldest first, each with a newline at its end. A value may have newlines of its own.
    public var bytes: [UInt8] { state.withLock { $0.journal.lines(from: 0) } }
}

extension UeventLedger: SharedJournal {
    package func withJournal<Result: Sendable>(_ body: (inout Journal) -> Result) -> Result {
        state.withLock { body(&$0.journal) }
    }
}
