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

    /// Makes the driver; `APBus.register` lets it have cards.
    ///
    /// - Parameter bus: must outlive the driver.
    public init(bus: APBus, module: Module) {
        self.bus = bus
        self.module = module
        tables = Dictionary(
            uniqueKeysWithValues: CardMode.allCases.map {
                ($0, AttributeTable(CEX4Card.attributes(of: $0), release: bus.kernel.release))
            })
    }

    /// Every card, and no queue.
    public func matches(_ device: APDevice) -> Bool { device.card != nil }

    /// Puts the card online, and gives it the files `type`, `online`, `load` and those of its mode. Held: the device's lock.
    ///
    /// - Throws: `ENODEV` for a queue, and for a card whose function bits declare no mode.
    public func probe(_ device: APDevice, _ held: borrowing Held<DeviceRank>) throws(Errno) {
        guard let card = device.card, let mode = card.info.mode, let table = tables[mode] else { throw .ENODEV }
        card.state.withLock { state in
            state.isDriven = true
            state.isOnline = true
        }
        card.device.directory.addAttributes(table, of: CEX4Card(bus: bus, card: card), by: .driver)
    }

    /// Takes its files away, and waits for those who read or write them. From then on cex4queue takes none of the card's queues;
    /// it keeps those that it has. Held: the device's lock.
    public func remove(_ device: APDevice, _ held: borrowing Held<DeviceRank>) {
        guard let card = device.card else { return }
        card.device.directory.removeAttributes(by: .driver)
        card.state.withLock { $0.isDriven = false }
    }
}

/// A card that cex4card has: what the rows below speak of.
struct CEX4Card: Sendable {
    unowned let bus: APBus
    let card: APCard

    static func attributes(of mode: CardMode) -> [Attribute<CEX4Card>] {
        let common: [Attribute<CEX4Card>] = [
            .readOnly("type") { "CEX\($0.card.type - 6)\(mode.letter)\n" },
            .readWrite("online") {
                $0.isOnline ? "1\n" : "0\n"
            } store: { card, input, _ throws(Errno) in
                try card.storeOnline(input)
            },
            .readOnly("load") { _ in "0\n" }.fixed(APBus.noRequests),
        ]
        switch mode {
        case .accelerator:
            return common
        case .coprocessor:
            return common + [
                .readOnly("serialnr") { card in
                    guard case .ccaSerialNumber(let number)? = card.ask(.ccaSerialNumber) else { return "\n" }
                    return number + "\n"
                }
            ]
        case .ep11:
            return common + [
                .readOnly("API_ordinalnr") { card in
                    guard let ordinal = card.ep11?.apiOrdinal, ordinal != 0 else { return "\n" }
                    return "\(ordinal)\n"
                },
                .readOnly("FW_version") { card in "\(card.ep11?.firmware.map { "\($0)" } ?? "")\n" },
                .readOnly("serialnr") { card in "\(card.ep11?.serialNumber ?? "")\n" },
                .readOnly("op_modes") { card in "\(card.ep11?.modes.text(card.bus.kernel.release) ?? "")\n" },
            ]
        }
    }

    /// What a user wants, as far as the card can: 6.1 does not care for checkstops.
    var isOnline: Bool {
        card.state.withLock {
            $0.isOnline && $0.isConfigured && (!$0.isCheckstopped || !bus.kernel.release.has(.checkstopIsOffline))
        }
    }

    /// Switches the card, and those of its queues that are not so already.
    ///
    /// - Throws: `EINVAL` unless 0 or 1; `ENODEV` to switch on what is deconfigured or checkstopped.
    ///
    /// Kernel: drivers/s390/crypto/zcrypt_card.c, online_store.
    private func storeOnline(_ input: Input) throws(Errno) {
        let isOn = try KernelText.zeroOrOne(input.text, release: bus.kernel.release)
        let isUsable = card.state.withLock {
            $0.isConfigured && (!$0.isCheckstopped || !bus.kernel.release.has(.checkstopIsOffline))
        }
        guard !isOn || isUsable else { throw .ENODEV }
        card.state.withLock { $0.isOnline = isOn }
        card.device.sendOnline(isOn)
        let queues = bus.queues(of: card).filter { $0.device.driver == "cex4queue" }
        let inBindOrder = queues.map { ($0, $0.state.withLock { $0.bindOrder }) }.sorted { $0.1 < $1.1 }
        for (queue, _) in inBindOrder {
            let changes = queue.state.withLock { state in
                defer { state.isOnline = isOn }
                return state.isOnline != isOn
            }
            if changes { queue.device.sendOnline(isOn) }
        }
    }

    private var ep11: EP11CardInfo? {
        guard case .ep11CardInfo(let info)? = ask(.ep11CardInfo) else { return nil }
        return info
    }

    private func ask(_ query: DeviceQuery) -> DeviceAnswer? {
        bus.ask(bus.leastUsedQueue(of: card), query)
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
