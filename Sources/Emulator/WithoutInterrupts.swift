internal import AdjunctProcessor

/// The hardware as Linux takes it with `ap.useirq=0`: queues do not interrupt the host. Guests are not concerned.
final class WithoutInterrupts: APInstructions {
    private let hardware: any APInstructions

    init(_ hardware: any APInstructions) {
        self.hardware = hardware
    }

    var hasInterrupts: Bool { false }
    var isSecureGuest: Bool { hardware.isSecureGuest }
    var isUnderZVM: Bool { hardware.isUnderZVM }
    func tapq(_ apqn: APQN) -> (QueueStatus, QueueInfo) { hardware.tapq(apqn) }
    func rapq(_ apqn: APQN, unbinding: Bool) -> QueueStatus { hardware.rapq(apqn, unbinding: unbinding) }
    func zapq(_ apqn: APQN) -> QueueStatus { hardware.zapq(apqn) }
    func aqic(_ apqn: APQN, enable: Bool) -> QueueStatus { hardware.aqic(apqn, enable: enable) }
    func qci() -> ConfigurationInfo? { hardware.qci() }
    func qact(_ apqn: APQN, type: UInt8) -> UInt8? { hardware.qact(apqn, type: type) }
    func configure(_ adapter: AdapterID, _ on: Bool) -> SCLPResponse { hardware.configure(adapter, on) }
    func bapq(_ apqn: APQN) -> QueueStatus { hardware.bapq(apqn) }
    func aapq(_ apqn: APQN, secret: UInt16) -> QueueStatus { hardware.aapq(apqn, secret: secret) }
    func nqap(_ apqn: APQN) -> QueueStatus { hardware.nqap(apqn) }
    func ask(_ apqn: APQN, _ query: DeviceQuery) -> DeviceAnswer? { hardware.ask(apqn, query) }
}
