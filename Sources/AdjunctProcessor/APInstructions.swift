/// The AP instructions of a machine: all that the bus and its drivers know of the hardware.
///
/// PQAP has a function code in bits 32 to 39 of GR0; adapter and domain are bits 48 to 55 and 56 to 63. The status word comes
/// in GR1. The machine implements them for the host, a guest by filtering the host's through its own configuration.
///
/// Called from any thread, with any lock held: an implementation never calls back and never waits.
public protocol APInstructions: AnyObject, Sendable {
    /// Whether queues can interrupt (facility 65): AQIC is installed. True unless an implementation says otherwise.
    var hasInterrupts: Bool { get }

    /// PQAP function 0, test AP queue. Changes nothing (but polls: a running reset comes nearer to its end).
    ///
    /// Response codes: 00; 01 no such queue; 02 a reset is running; 03 deconfigured; 04 checkstopped; 05 busy.
    /// The info is `QueueInfo.none` with 01, and describes the queue with all others.
    func tapq(_ apqn: APQN) -> (QueueStatus, QueueInfo)

    /// PQAP function 1, reset AP queue: starts throwing away its messages and disables its interrupts. TAPQ tells the end.
    ///
    /// Response codes: 00 started; 01, 03, 04 as with TAPQ; 02 one is running already; 05 busy; 0A.
    ///
    /// - Parameter unbinding: the bit F: a queue of a secure-execution guest is no longer bound either.
    func rapq(_ apqn: APQN, unbinding: Bool) -> QueueStatus

    /// PQAP function 2, zeroize AP queue: as a reset, and what the queue remembers of its user is gone too.
    ///
    /// Response codes: as with RAPQ; in a secure-execution guest also 35 and 36.
    func zapq(_ apqn: APQN) -> QueueStatus

    /// PQAP function 3, AP-queue interruption control; GR1 asks for enabled or disabled (bit IR), GR2 is the address of the
    /// notification byte, which nobody reads here.
    ///
    /// Response codes: 00 done; 01, 03, 04 as with TAPQ; 02 a reset is running; 05 busy; 06 address; 07 already so.
    func aqic(_ apqn: APQN, enable: Bool) -> QueueStatus

    /// PQAP function 4, query configuration information. Nil: the function is not installed (facility 12).
    func qci() -> ConfigurationInfo?

    /// PQAP function 5, query AP compatibility type: the type (10 to 14) as which a queue of that newer type can be driven.
    /// Nil: none, or the function is not installed.
    func qact(_ apqn: APQN, type: UInt8) -> UInt8?

    /// SCLP configure or deconfigure adapter (commands 001F0001 and 001E0001 with the adapter in bits 8 to 15).
    func configure(_ adapter: AdapterID, _ on: Bool) -> SCLPResponse

    /// Whether this is a secure-execution guest, which must bind its queues, and associate those of EP11 cards with a secret,
    /// before it can use them. False unless an implementation says otherwise.
    var isSecureGuest: Bool { get }

    /// Whether Linux is a guest of z/VM, for which queues are polled more slowly. False unless an implementation says otherwise.
    var isUnderZVM: Bool { get }

    /// PQAP, bind AP queue. Response codes: 00; 01 to 05 as with TAPQ; 30 where it is bound already.
    func bapq(_ apqn: APQN) -> QueueStatus

    /// PQAP, associate AP queue with the secret of that number; TAPQ tells the end. Response codes: 00; 01 to 05 as with TAPQ;
    /// 31 for a queue that is not bound, or has been associated.
    func aapq(_ apqn: APQN, secret: UInt16) -> QueueStatus

    /// NQAP: puts a request message into the queue.
    ///
    /// Response codes: 00 the queue has it; 01, 03, 04 as with TAPQ; 02 a reset is running; 10 the queue is full; 15, 16, 42 a
    /// message that the card cannot take.
    func nqap(_ apqn: APQN) -> QueueStatus

    /// The answer to a request message, which NQAP has sent, that asks the card or domain about itself. Nil: it does not answer.
    func ask(_ apqn: APQN, _ query: DeviceQuery) -> DeviceAnswer?
}

extension APInstructions {
    /// True.
    public var hasInterrupts: Bool { true }
    /// False.
    public var isSecureGuest: Bool { false }
    /// False.
    public var isUnderZVM: Bool { false }

    /// RAPQ without the bit F: a queue that is bound stays bound.
    public func rapq(_ apqn: APQN) -> QueueStatus { rapq(apqn, unbinding: false) }

    /// 01: where nothing is to be bound the function is not installed.
    public func bapq(_ apqn: APQN) -> QueueStatus { QueueStatus(.queueNotAvailable) }
    /// 01, as with `bapq`.
    public func aapq(_ apqn: APQN, secret: UInt16) -> QueueStatus { QueueStatus(.queueNotAvailable) }
}

/// How the service-call processor answered.
public enum SCLPResponse: Hashable, Sendable {
    /// Done, or it was so already (0020, 0120).
    case ok
    /// The machine has no AP reconfiguration (EOPNOTSUPP).
    case notSupported
    /// Any other response code (EIO).
    case refused(code: UInt16)
}
