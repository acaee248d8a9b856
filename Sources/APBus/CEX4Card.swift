internal import AdjunctProcessor
public import DriverCore
public import KernelLocks
internal import Kernels
public import LockOrder
internal import Synchronization
internal import SystemAdditions
public import SystemPackage
internal import Sysfs

/// The host's driver of cards, cex4card of the module zcrypt_cex4.
///
/// Kernel: drivers/s390/crypto/zcrypt_cex4.c, zcrypt_card.c.
public final class CEX4CardDriver: APDriver {
    /// The name of its directory in /sys/bus/ap/drivers.
    public let name = "cex4card"
    /// zcrypt_cex4; never nil here.
    public let module: Module?
    /// True, which changes nothing: masks say nothing of cards.
    public let isDefault = true
    private unowned let bus: APBus
    private let tables: [CardMode: AttributeTable<CEX4Card>]
    /// Of cards that can do nothing but work as accelerators.
    private let common: AttributeTable<CEX4Card>

    /// Makes the driver; `APBus.register` lets it have cards.
    ///
    /// - Parameter bus: must outlive the driver.
    public init(bus: APBus, module: Module) {
        self.bus = bus
        self.module = module
        common = AttributeTable(CEX4Card.common, release: bus.kernel.release)
        tables = Dictionary(
            uniqueKeysWithValues: [CardMode.coprocessor, .ep11].map {
                ($0, AttributeTable(CEX4Card.common + CEX4Card.attributes(of: $0), release: bus.kernel.release))
            })
    }

    /// Every card, and no queue.
    public func matches(_ device: APDevice) -> Bool { device.card != nil }

    /// Puts the card online, without queues, and gives it the files `type`, `online`, `load` and those of a coprocessor if it can be
    /// one. Held: the device's lock.
    ///
    /// - Throws: `ENODEV` for a queue, and for a card whose function bits declare no mode.
    public func probe(_ device: APDevice, _ held: borrowing Held<DeviceRank>) throws(Errno) {
        guard let card = device.card, card.info.mode != nil else { throw .ENODEV }
        let zcrypt = ZcryptCard()
        card.state.withLock { $0.zcrypt = zcrypt }
        let table = card.info.coprocessorMode.flatMap { tables[$0] } ?? common
        card.device.directory.addAttributes(table, of: CEX4Card(bus: bus, card: card, zcrypt: zcrypt), by: .driver)
    }

    /// Takes its files away, and waits for those who read or write them. From then on cex4queue takes none of the card's queues;
    /// it keeps those that it has. Held: the device's lock.
    public func remove(_ device: APDevice, _ held: borrowing Held<DeviceRank>) {
        guard let card = device.card else { return }
        card.state.withLock { $0.zcrypt = nil }
        card.device.directory.removeAttributes(by: .driver)
    }
}

/// A card that cex4card has: what the rows below speak of.
struct CEX4Card: Sendable {
    unowned let bus: APBus
    let card: APCard
    let zcrypt: ZcryptCard

    static var common: [Attribute<CEX4Card>] {
        [
            .readOnly("type") { "CEX\($0.card.type - 6)\($0.card.info.mode?.letter ?? "?")\n" },
            .readWrite("online") {
                $0.isOnline ? "1\n" : "0\n"
            } store: { card, input, _ throws(Errno) in
                try card.storeOnline(input)
            },
            .readOnly("load") { card in card.bus.loadText({ card.zcrypt.queues }, \.weight) },
        ]
    }

    static func attributes(of mode: CardMode) -> [Attribute<CEX4Card>] {
        switch mode {
        case .accelerator: []
        case .coprocessor:
            [
                Attribute("serialnr", .readOnly) { card, page, held in
                    page.emit(
                        "\(card.bus.ccaInfo(Requester(card.card, file: "serialnr"), card.zcrypt.isOnline, held).serialNumber ?? "")\n"
                    )
                }
            ]
        case .ep11:
            [
                ep11("API_ordinalnr") { info, _ in info.apiOrdinal == 0 ? nil : "\(info.apiOrdinal)" },
                ep11("FW_version") { info, _ in info.firmware.map { "\($0)" } },
                ep11("serialnr") { info, _ in info.serialNumber },
                ep11("op_modes") { info, release in info.modes.text(release) },
            ]
        }
    }

    /// A file with an answer of the card; empty where there is none.
    private static func ep11(
        _ name: String, _ text: @escaping @Sendable (EP11CardInfo, KernelRelease) -> String?
    ) -> Attribute<CEX4Card> {
        Attribute(name, .readOnly) { card, page, held in
            let info = card.bus.ep11Info(Requester(card.card, file: name), card.zcrypt.isOnline, held)
            page.emit("\(info.flatMap { text($0, card.bus.kernel.release) } ?? "")\n")
        }
    }

    /// What a user wants, as far as the card can: 6.1 does not care for checkstops.
    var isOnline: Bool { zcrypt.isOnline && canWork }

    private var canWork: Bool {
        card.state.withLock { $0.isConfigured && (!$0.isCheckstopped || !bus.kernel.release.has(.checkstopIsOffline)) }
    }

    /// Switches the card, and those of its queues that are not so already.
    ///
    /// - Throws: `EINVAL` unless 0 or 1; `ENODEV` to switch on what is deconfigured or checkstopped.
    ///
    /// Kernel: drivers/s390/crypto/zcrypt_card.c, online_store.
    private func storeOnline(_ input: Input) throws(Errno) {
        let isOn = try KernelText.zeroOrOne(input.text, release: bus.kernel.release)
        guard !isOn || canWork else { throw .ENODEV }
        zcrypt.state.withLock { $0.isOnline = isOn }
        card.device.sendOnline(isOn)
        for queue in zcrypt.queues {
            let changes = queue.state.withLock { state in
                defer { state.isOnline = isOn }
                return state.isOnline != isOn
            }
            if changes && !isOn { bus.flush(queue) }
            if changes { queue.device.sendOnline(isOn) }
        }
    }
}

extension Device {
    func sendOnline(_ isOnline: Bool) {
        sendUevent(.change, [UeventVariable("ONLINE", isOnline ? "1" : "0")])
    }
}

extension EP11OperationModes {
    /// The modes that a release has names for.
    func text(_ release: KernelRelease) -> String {
        let unknown: Set = ["SIGG-IMPORT", "SIGG", "FIPS2021", "FIPS2024"]
        return names.filter { release.has(.knowsLaterOperationModes) || !unknown.contains($0) }.joined(separator: " ")
    }
}
