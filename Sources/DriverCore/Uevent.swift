internal import LockOrder

/// What a uevent says has happened.
public enum UeventAction: String, CaseIterable, Sendable {
    case add, remove, change, move, online, offline, bind, unbind
}

/// A variable of a uevent's environment.
public struct UeventVariable: Hashable, Sendable {
    public let key: String
    public let value: String

    public init(_ key: String, _ value: String) {
        self.key = key
        self.value = value
    }
}

/// Every uevent of a machine since its boot, a line each: `add@/devices/… ACTION=add DEVPATH=/devices/… … SEQNUM=n`.
public final class UeventLedger: Sendable {
    private struct State {
        var sequence: UInt64 = 0
        var ledger = Ledger()
    }
    private let state = Leaf("uevents", State())

    /// Sends a uevent. Its sequence number is the next one, in the order of the lines.
    ///
    /// Kernel: lib/kobject_uevent.c, kobject_uevent_env.
    func send(_ action: UeventAction, path: String, subsystem: String, _ variables: [UeventVariable]) {
        var line = "\(action.rawValue)@\(path) ACTION=\(action.rawValue) DEVPATH=\(path) SUBSYSTEM=\(subsystem)"
        for variable in variables {
            line += " \(variable.key)=\(variable.value)"
        }
        state.withLock { state in
            state.sequence += 1
            state.ledger.append(line + " SEQNUM=\(state.sequence)\n")
        }
    }

    public var bytes: [UInt8] { state.withLock { $0.ledger.bytes } }
}
