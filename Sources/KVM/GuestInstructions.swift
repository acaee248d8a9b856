public import AdjunctProcessor

/// The AP instructions as a guest's own kernel has them: the host's, through the masks of the guest's control block. An AP bus
/// on them shows what the guest would see in its own /sys.
///
/// Interrupts are not among them: a guest gets those through `Guest.pqap`, which takes locks.
public final class GuestInstructions: APInstructions {
    private let guest: Guest
    private let host: any APInstructions

    /// Looks at the guest's masks anew at every instruction.
    ///
    /// - Parameter host: the instructions that reach the queues which the guest has.
    public init(of guest: Guest, on host: any APInstructions) {
        self.guest = guest
        self.host = host
    }

    /// False: a bus on these instructions turns no interrupts on.
    public var hasInterrupts: Bool { false }

    /// A queue that the guest does not have is not there.
    public func tapq(_ apqn: APQN) -> (QueueStatus, QueueInfo) {
        guest.apcb.contains(apqn) ? host.tapq(apqn) : (QueueStatus(.queueNotAvailable), .none)
    }

    /// The host's answer, and a real reset; 01 for a queue that the guest does not have.
    public func rapq(_ apqn: APQN, unbinding: Bool) -> QueueStatus {
        guest.apcb.contains(apqn) ? host.rapq(apqn, unbinding: unbinding) : QueueStatus(.queueNotAvailable)
    }

    /// The host's answer, and a real reset; 01 for a queue that the guest does not have.
    public func zapq(_ apqn: APQN) -> QueueStatus {
        guest.apcb.contains(apqn) ? host.zapq(apqn) : QueueStatus(.queueNotAvailable)
    }

    /// Always 01: interrupts are asked for through `Guest.pqap`.
    public func aqic(_ apqn: APQN, enable: Bool) -> QueueStatus {
        QueueStatus(.queueNotAvailable)
    }

    /// The host's configuration with the guest's masks.
    public func qci() -> ConfigurationInfo? {
        guard var info = host.qci() else { return nil }
        let apcb = guest.apcb
        info.adapters = info.adapters.intersection(apcb.adapters)
        info.usageDomains = info.usageDomains.intersection(apcb.domains)
        info.controlDomains = info.controlDomains.intersection(apcb.controlDomains)
        return info
    }

    /// The host's answer; nil for a queue that the guest does not have.
    public func qact(_ apqn: APQN, type: UInt8) -> UInt8? {
        guest.apcb.contains(apqn) ? host.qact(apqn, type: type) : nil
    }

    /// Not supported: a guest configures no adapters of the host.
    public func configure(_ adapter: AdapterID, _ on: Bool) -> SCLPResponse { .notSupported }

    /// The host's answer; 01 for a queue that the guest does not have.
    public func nqap(_ apqn: APQN) -> QueueStatus {
        guest.apcb.contains(apqn) ? host.nqap(apqn) : QueueStatus(.queueNotAvailable)
    }

    /// The host's answer; nil for a queue that the guest does not have.
    public func ask(_ apqn: APQN, _ query: DeviceQuery) -> DeviceAnswer? {
        guest.apcb.contains(apqn) ? host.ask(apqn, query) : nil
    }
}
