public import AdjunctProcessor
public import DriverCore
internal import Hexadecimal
internal import Kernels
internal import LockOrder
internal import SystemPackage
internal import Sysfs

/// A card: an adapter as the bus drives it.
public final class APCard: Sendable {
    /// In `card05` the number.
    public let adapter: AdapterID
    /// /sys/devices/ap/cardXX
    public let device: Device
    /// The type as which it is driven, 10 to 14; with releases that show older cards theirs, from 6.
    public let type: UInt8
    /// The oldest type that the drivers here have: CEX4.
    static let oldestDrivenType: UInt8 = 10
    /// What the hardware says of it.
    let info: QueueInfo
    /// What `ap_functions` shows; with other functions it is another card.
    let functions: UInt32
    /// What all its queues' uevents say; one value for all of them.
    let queueIdentity: DeviceIdentity
    let state: Leaf<State>

    /// What the lock is called, for a scheduler.
    package static let lockName: StaticString = "AP card"
    /// The same of what zcrypt knows of it.
    package static let zcryptLockName: StaticString = "zcrypt card"
    struct State {
        var isConfigured: Bool
        var isCheckstopped: Bool
        var requests: UInt64 = 0
        /// As zcrypt has it, while cex4card does.
        var zcrypt: ZcryptCard?
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
        functions = APCard.functions(info, bus.kernel.release)
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

    /// The functions of a card with that queue.
    static func functions(_ info: QueueInfo, _ release: KernelRelease) -> UInt32 {
        release.has(.cardFunctionsAreTheUpperHalf) ? info.functions & 0xffff_0000 : info.facilities
    }
}
