internal import LockOrder

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

/// Every uevent of a machine since its boot, a line each: `add@/devices/… ACTION=add DEVPATH=/devices/… … SEQNUM=n`. The oldest
/// are forgotten when there are too many (`Ledger`).
public final class UeventLedger: Sendable {
    private struct State {
        var sequence: UInt64 = 0
        var ledger = Ledger()
        /// The messages that have not been broadcast yet; nil until `keepUnsent`.
        var unsent: [[UInt8]]?
    }
    /// What the lock is called, for a scheduler.
    package static let lockName: StaticString = "uevents"
    private let state = Leaf(UeventLedger.lockName, State())

    /// Sends a uevent. Its sequence number is the next one, in the order of the lines.
    ///
    /// Kernel: lib/kobject_uevent.c, kobject_uevent_env.
    func send(_ action: UeventAction, path: String, subsystem: String, _ variables: [UeventVariable]) {
        var line = "\(action.rawValue)@\(path)"
        line.reserveCapacity(128)
        for text in [" SUBSYSTEM=", subsystem] { line += text }
        for variable in variables {
            for text in [" ", variable.key, "=", variable.value] { line += text }
        }
        line += " SEQNUM="
        state.withLock { state in
            state.sequence += 1
            line += String(state.sequence)
            // not a newline: values may have one
            line += "\0"
            state.ledger.append(line)
            state.unsent?.append(UeventLedger.message(action, path, subsystem, variables))
        }
    }

    /// A uevent as the kernel sends it to listeners, but for its sequence number, which is the sending kernel's: a string of
    /// the action and the path, then the variables, each ended by a NUL.
    private static func message(
        _ action: UeventAction, _ path: String, _ subsystem: String, _ variables: [UeventVariable]
    ) -> [UInt8] {
        var message = Array(
            "\(action.rawValue)@\(path)\0ACTION=\(action.rawValue)\0DEVPATH=\(path)\0SUBSYSTEM=\(subsystem)\0".utf8)
        for variable in variables {
            message += variable.key.utf8
            message.append(UInt8(ascii: "="))
            message += variable.value.utf8
            message.append(0)
        }
        return message
    }

    /// Starts keeping uevents for `takeUnsent`; earlier ones are not kept for it.
    public func keepUnsent() {
        state.withLock { $0.unsent = [] }
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
            return unsent
        }
    }

    /// How many bytes of memory the lines take, in the shorter form in which they are kept.
    public var size: Int { state.withLock { $0.ledger.size } }

    /// The lines, oldest first, each with a newline at its end. A value may have newlines of its own.
    public var bytes: [UInt8] {
        let kept = state.withLock { $0.ledger.bytes }
        var text: [UInt8] = []
        text.reserveCapacity(kept.count * 2)
        for line in kept.split(separator: 0) { UeventLedger.append(line, to: &text) }
        return text
    }

    /// ACTION and DEVPATH, which repeat what is in front of them, are not kept.
    private static func append(_ kept: ArraySlice<UInt8>, to text: inout [UInt8]) {
        let head = kept.prefix { $0 != UInt8(ascii: " ") }
        let action = head.prefix { $0 != UInt8(ascii: "@") }
        text += head
        text += " ACTION=".utf8
        text += action
        text += " DEVPATH=".utf8
        text += head[action.endIndex...].dropFirst()
        text += kept[head.endIndex...]
        text.append(UInt8(ascii: "\n"))
    }
}
