internal import AdjunctProcessor
public import DriverCore
public import KernelLocks
internal import Kernels
public import LockOrder
internal import SystemAdditions
public import SystemPackage
internal import Sysfs

/// The host's driver of queues, cex4queue of the module zcrypt_cex4.
///
/// Kernel: drivers/s390/crypto/zcrypt_cex4.c, zcrypt_queue.c.
public final class CEX4QueueDriver: APDriver {
    /// The name of its directory in /sys/bus/ap/drivers.
    public let name = "cex4queue"
    /// zcrypt_cex4; never nil here.
    public let module: Module?
    /// True: it has the queues that apmask and aqmask reserve for the host.
    public let isDefault = true
    private unowned let bus: APBus
    private let tables: [CardMode: AttributeTable<CEX4Queue>]
    /// Of cards that can do nothing but work as accelerators.
    private let common: AttributeTable<CEX4Queue>
    /// What the lock is called, for a scheduler.
    package static let lockName: StaticString = "cex4queue"
    /// CCA queues that it has; the first one brings the host's random number generator.
    private let coprocessors = Leaf(CEX4QueueDriver.lockName, 0)

    /// Makes the driver; `APBus.register` lets it have queues.
    ///
    /// - Parameter bus: must outlive the driver.
    public init(bus: APBus, module: Module) {
        self.bus = bus
        self.module = module
        common = AttributeTable(CEX4Queue.common, release: bus.kernel.release)
        tables = Dictionary(
            uniqueKeysWithValues: [CardMode.coprocessor, .ep11].map {
                ($0, AttributeTable(CEX4Queue.common + CEX4Queue.attributes(of: $0), release: bus.kernel.release))
            })
    }

    /// Every queue, and no card.
    public func matches(_ device: APDevice) -> Bool { device.queue != nil }

    /// Starts the queue, joins it to its card, and gives it the files `online`, `load` and those of a coprocessor if its card can be
    /// one. Held: the device's lock.
    ///
    /// - Throws: `ENODEV` for a card, for a queue of a card without a mode, and for one whose card has no driver: there Linux 7.2
    ///   crashes.
    public func probe(_ device: APDevice, _ held: borrowing Held<DeviceRank>) throws(Errno) {
        guard let queue = device.queue, let mode = queue.card.info.mode, let zcrypt = queue.card.state.withLock({ $0.zcrypt })
        else { throw .ENODEV }
        bus.kick(queue) { state in
            state.isOnline = true
            state.machine.start()
        }
        zcrypt.add(queue)
        let table = queue.card.info.coprocessorMode.flatMap { tables[$0] } ?? common
        queue.device.directory.addAttributes(table, of: CEX4Queue(bus: bus, queue: queue, zcrypt: zcrypt), by: .driver)
        guard mode == .coprocessor else { return }
        let isFirst = coprocessors.withLock { count in
            count += 1
            return count == 1
        }
        if isFirst { bus.beginRandomNumbers() } else { bus.continueRandomNumbers(queue) }
    }

    /// Takes its files away, and waits for those who read or write them. Held: the device's lock.
    public func remove(_ device: APDevice, _ held: borrowing Held<DeviceRank>) {
        guard let queue = device.queue else { return }
        queue.card.state.withLock({ $0.zcrypt })?.remove(queue)
        queue.device.directory.removeAttributes(by: .driver)
        guard queue.card.info.mode == .coprocessor else { return }
        let wasLast = coprocessors.withLock { count in
            count -= 1
            return count == 0
        }
        if wasLast { bus.endRandomNumbers() }
    }
}

/// A queue that cex4queue has: what the rows below speak of.
struct CEX4Queue: Sendable {
    unowned let bus: APBus
    let queue: APQueue
    /// Its card as it was when cex4queue took the queue.
    let zcrypt: ZcryptCard

    static var common: [Attribute<CEX4Queue>] {
        [
            .readWrite("online") {
                $0.isOnline ? "1\n" : "0\n"
            } store: { queue, input, _ throws(Errno) in
                try queue.storeOnline(input)
            },
            .readOnly("load") { queue in queue.bus.loadText({ [queue.queue] }, \.weight) },
        ]
    }

    static func attributes(of mode: CardMode) -> [Attribute<CEX4Queue>] {
        switch mode {
        case .accelerator: []
        case .coprocessor:
            [Attribute("mkvps", .readOnly) { queue, page, held in page.emit(queue.ccaPatterns(held)) }]
        case .ep11:
            [
                Attribute("mkvps", .readOnly) { queue, page, held in page.emit(queue.ep11Patterns(held)) },
                Attribute("op_modes", .readOnly) { queue, page, held in
                    page.emit("\(queue.ep11("op_modes", held)?.modes.text(queue.bus.kernel.release) ?? "")\n")
                },
            ]
        }
    }

    private var isOnline: Bool {
        queue.state.withLock {
            $0.isOnline && $0.isConfigured && (!$0.isCheckstopped || !bus.kernel.release.has(.checkstopIsOffline))
        }
    }

    /// Whether the queue and its card can work at all.
    private var isUsable: Bool {
        let ignoresCheckstop = !bus.kernel.release.has(.checkstopIsOffline)
        return queue.state.withLock { $0.isConfigured && (!$0.isCheckstopped || ignoresCheckstop) }
            && queue.card.state.withLock { $0.isConfigured && (!$0.isCheckstopped || ignoresCheckstop) }
    }

    /// - Throws: `EINVAL` unless 0 or 1, and to switch on a queue of a card that is off; `ENODEV` to switch on what is
    ///   deconfigured or checkstopped.
    ///
    /// Kernel: drivers/s390/crypto/zcrypt_queue.c, online_store.
    private func storeOnline(_ input: Input) throws(Errno) {
        let isOn = try KernelText.zeroOrOne(input.text, release: bus.kernel.release)
        guard !isOn || isUsable else { throw .ENODEV }
        guard !isOn || zcrypt.isOnline else { throw .EINVAL }
        queue.state.withLock { $0.isOnline = isOn }
        queue.device.sendOnline(isOn)
        if !isOn { bus.flush(queue) }
    }

    // MARK: - What the card says of the domain

    /// Nothing is asked while the queue is switched off.
    private func ep11(_ file: String, _ held: borrowing Held<Unlocked>) -> EP11DomainInfo? {
        queue.state.withLock({ $0.isOnline }) ? bus.ep11DomainInfo(Requester(queue, file: file), held) : nil
    }

    private func ccaPatterns(_ held: borrowing Held<Unlocked>) -> String {
        let info = bus.ccaInfo(Requester(queue, file: "mkvps"), queue.state.withLock { $0.isOnline }, held)
        guard let keys = info.masterKeys else {
            return ["AES", "APKA", "ASYM"].flatMap { key in ["NEW", "CUR", "OLD"].map { "\(key) \($0): - -\n" } }.joined()
        }
        return [("AES", keys.aes, 16), ("APKA", keys.apka, 16), ("ASYM", keys.asym, 32)].map { name, registers, width in
            "\(name) NEW: \(registers.new.text(width))\n\(name) CUR: \(registers.current.text(width))\n"
                + "\(name) OLD: \(registers.old.text(width))\n"
        }.joined()
    }

    private func ep11Patterns(_ held: borrowing Held<Unlocked>) -> String {
        guard let ep11 = ep11("mkvps", held) else { return "WK CUR: - -\nWK NEW: - -\n" }
        let current =
            switch ep11.current {
            case .invalid: "invalid -"
            case .valid(let pattern): "valid 0x\(pattern)"
            }
        let new =
            switch ep11.new {
            case .empty: "empty -"
            case .uncommitted(let pattern): "uncommitted 0x\(pattern)"
            case .committed(let pattern): "committed 0x\(pattern)"
            }
        return "WK CUR: \(current)\nWK NEW: \(new)\n"
    }
}

extension CCAMasterKeys.New {
    fileprivate func text(_ width: Int) -> String {
        let zeros = String(repeating: "0", count: width)
        switch self {
        case .empty: return "empty 0x\(zeros)"
        case .partial: return "partial 0x\(zeros)"
        case .full(let pattern): return "full 0x\(pattern)"
        }
    }
}

extension CCAMasterKeys.Stored {
    fileprivate func text(_ width: Int) -> String {
        switch self {
        case .invalid: "invalid 0x" + String(repeating: "0", count: width)
        case .valid(let pattern): "valid 0x\(pattern)"
        }
    }
}
