public import AdjunctProcessor
public import DriverCore
internal import Hexadecimal
internal import LockOrder
internal import SystemPackage
internal import Sysfs

/// A card: an adapter as the bus drives it.
public final class APCard: Sendable {
    /// In `card05` the number.
    public let adapter: AdapterID
    /// /sys/devices/ap/cardXX
    public let device: Device
    /// The type as which it is driven, 10 to 14.
    public let type: UInt8
    /// What the hardware says of it.
    let info: QueueInfo
    /// What all its queues' uevents say; one value for all of them.
    let queueIdentity: DeviceIdentity
    let state: Leaf<State>

    /// What the lock is called, for a scheduler.
    package static let lockName: StaticString = "AP card"
    struct State {
        var isConfigured: Bool
        var isCheckstopped: Bool
        var requests: UInt64 = 0
        /// What a user wants with it while cex4card has it.
        var isOnline = true
        /// cex4card has it.
        var isDriven = false
    }

    /// Makes the card's directory and its files; the card is on no bus yet.
    ///
    /// - Throws: `EEXIST` where there is a card with this number, `ENOENT` where the tree is being taken apart.
    init(
        _ adapter: AdapterID, type: UInt8, info: QueueInfo, isConfigured: Bool, isCheckstopped: Bool, bus: APBus
    ) throws(Errno) {
        self.adapter = adapter
        self.type = type
        self.info = info
        let mode = info.mode.map { [UeventVariable("MODE", $0.rawValue)] } ?? []
        queueIdentity = DeviceIdentity(type: "ap_queue", variables: mode)
        state = Leaf(APCard.lockName, State(isConfigured: isConfigured, isCheckstopped: isCheckstopped))
        let variables = [
            UeventVariable("DEV_TYPE", type.hex(4, uppercase: true)),
            UeventVariable("MODALIAS", "ap:t" + type.hex(2, uppercase: true)),
        ]
        device = try Device(
            "card\(adapter)", in: bus.root.directory, subsystem: ("ap", bus.bus.directory),
            identity: DeviceIdentity(type: "ap_card", variables: variables + mode), kernel: bus.kernel)
        device.directory.addAttributes(bus.tables.card, of: APBus.CardView(bus: bus, card: self))
    }
}
