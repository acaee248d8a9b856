internal import Hexadecimal

/// The response code of an AP instruction (bits of GR1), as the architecture numbers it.
public struct ResponseCode: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// Any number is possible, also one that has no name here.
    public let rawValue: UInt8

    /// Takes any number.
    @inlinable
    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// 00: done.
    public static let normal = ResponseCode(rawValue: 0x00)
    /// 01: there is no such queue, or this configuration may not use it.
    public static let queueNotAvailable = ResponseCode(rawValue: 0x01)
    /// 02: a reset of the queue is running.
    public static let resetInProgress = ResponseCode(rawValue: 0x02)
    /// 03: the adapter is deconfigured (standby).
    public static let deconfigured = ResponseCode(rawValue: 0x03)
    /// 04: the adapter is checkstopped.
    public static let checkstopped = ResponseCode(rawValue: 0x04)
    /// 05: busy, try again.
    public static let busy = ResponseCode(rawValue: 0x05)
    /// 06: the address of the notification indicator byte is not valid.
    public static let invalidAddress = ResponseCode(rawValue: 0x06)
    /// 07: interrupts are already in the state that AQIC asks for.
    public static let otherwiseChanged = ResponseCode(rawValue: 0x07)
    /// 08: the guest interruption state area is not valid.
    public static let invalidGISA = ResponseCode(rawValue: 0x08)
    /// 09: the queue is bound to another configuration.
    public static let boundToAnother = ResponseCode(rawValue: 0x09)
    /// 0A: another change of the queue's state is running.
    public static let stateChangeInProgress = ResponseCode(rawValue: 0x0A)
    /// 0B: the queue is not bound.
    public static let notBound = ResponseCode(rawValue: 0x0B)
    /// 10, of NQAP: the queue is full.
    public static let queueFull = ResponseCode(rawValue: 0x10)
    /// 10, of DQAP: there is no reply.
    public static let noPendingReply = ResponseCode(rawValue: 0x10)
    /// 11: the index is too big.
    public static let indexTooBig = ResponseCode(rawValue: 0x11)
    /// 13: the first part of the message is missing.
    public static let noFirstPart = ResponseCode(rawValue: 0x13)
    /// 15: the message is too big.
    public static let messageTooBig = ResponseCode(rawValue: 0x15)
    /// 16: a facility that the message needs is not installed.
    public static let requiredFacilityNotInstalled = ResponseCode(rawValue: 0x16)
    /// 30: the queue could not be bound.
    public static let bindError = ResponseCode(rawValue: 0x30)
    /// 31: the queue is not available for an association.
    public static let notAvailableForAssociation = ResponseCode(rawValue: 0x31)
    /// 32: the queue is not empty.
    public static let queueNotEmpty = ResponseCode(rawValue: 0x32)
    /// 33: the configuration has bound as many queues as it may.
    public static let bindLimitExceeded = ResponseCode(rawValue: 0x33)
    /// 34: the association secret is not valid.
    public static let invalidAssociationSecret = ResponseCode(rawValue: 0x34)
    /// 35: the association secret is not unique; the queue needs another reset.
    public static let associationSecretNotUnique = ResponseCode(rawValue: 0x35)
    /// 36: the association failed; the queue needs another reset.
    public static let associationFailed = ResponseCode(rawValue: 0x36)
    /// 42: the message names a domain that may not be used.
    public static let invalidDomain = ResponseCode(rawValue: 0x42)

    /// Two digits, as in `rc=0a`.
    public var description: String {
        rawValue.hex(2)
    }

    /// Appends the bytes of `description`.
    public func write(into bytes: inout [UInt8]) {
        bytes.append(hexDigit(rawValue >> 4))
        bytes.append(hexDigit(rawValue & 15))
    }
}

/// The AP-queue status word (GR1): how an instruction ended and how the queue is.
public struct QueueStatus: Hashable, Sendable {
    /// How the instruction ended; with `asyncError`, the failure of an earlier one.
    public var responseCode: ResponseCode
    /// No request is waiting in the queue.
    public var queueEmpty: Bool
    /// Replies can be taken from the queue.
    public var repliesWaiting: Bool
    /// The queue takes no further request.
    public var queueFull: Bool
    /// The queue interrupts when a reply is there (set by AQIC, taken back by a reset).
    public var interruptsEnabled: Bool
    /// An instruction that had been accepted failed later; the response code is that failure's.
    public var asyncError: Bool

    /// By default the queue is empty, takes requests, and does not interrupt.
    public init(
        _ responseCode: ResponseCode, queueEmpty: Bool = true, repliesWaiting: Bool = false, queueFull: Bool = false,
        interruptsEnabled: Bool = false, asyncError: Bool = false
    ) {
        self.responseCode = responseCode
        self.queueEmpty = queueEmpty
        self.repliesWaiting = repliesWaiting
        self.queueFull = queueFull
        self.interruptsEnabled = interruptsEnabled
        self.asyncError = asyncError
    }
}
