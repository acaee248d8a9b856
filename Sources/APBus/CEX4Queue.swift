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
    /// What the lock is called, for a scheduler.
    package static let lockName: StaticString = "cex4queue"
    /// CCA queues that it has; the first one is asked for random numbers by the host's hwrng, with 6.1 the second one too.
    private let coprocessors = Leaf(CEX4QueueDriver.lockName, 0)

    /// Makes the driver; `APBus.register` lets it have queues.
    ///
    /// - Parameter bus: must outlive the driver.
    public init(bus: APBus, module: Module) {
        self.bus = bus
        self.module = module
        tables = Dictionary(
            uniqueKeysWithValues: CardMode.allCases.map {
                ($0, AttributeTable(CEX4Queue.attributes(of: $0), release: bus.kernel.release))
            })
    }

    /// Every queue, and no card.
    public func matches(_ device: APDevice) -> Bool { device.queue != nil }

    /// Starts the queue and gives it the files `online`, `load` and those of its mode. Held: the device's lock.
    ///
    /// - Throws: `ENODEV` for a card, for a queue of a card without a mode, and for one whose card has no driver: there Linux 7.2
    ///   crashes.
    public func probe(_ device: APDevice, _ held: borrowing Held<DeviceRank>) throws(Errno) {
        guard let queue = device.queue, let mode = queue.card.info.mode, let table = tables[mode],
            queue.card.state.withLock({ $0.isDriven })
        else { throw .ENODEV }
        let order = bus.state.withLock { state in
            state.bindOrder += 1
            return state.bindOrder
        }
        queue.state.withLock { state in
            state.isOnline = true
            state.bindOrder = order
        }
        bus.startQueue(queue)
        queue.device.directory.addAttributes(table, of: CEX4Queue(bus: bus, queue: queue), by: .driver)
        guard mode == .coprocessor else { return }
        let number = coprocessors.withLock { count in
            count += 1
            return count
        }
        if number == 1 || (number == 2 && !bus.kernel.release.has(.asksOneQueueForRandomNumbers)) { queue.countRequest() }
    }

    /// Takes its files away, and waits for those who read or write them. Held: the device's lock.
    public func remove(_ device: APDevice, _ held: borrowing Held<DeviceRank>) {
        guard let queue = device.queue else { return }
        queue.device.directory.removeAttributes(by: .driver)
        if queue.card.info.mode == .coprocessor { coprocessors.withLock { $0 -= 1 } }
    }
}

/// A queue that cex4queue has: what the rows below speak of.
struct CEX4Queue: Sendable {
    unowned let bus: APBus
    let queue: APQueue

    static func attributes(of mode: CardMode) -> [Attribute<CEX4Queue>] {
        let common: [Attribute<CEX4Queue>] = [
            .readWrite("online") {
                $0.isOnline ? "1\n" : "0\n"
            } store: { queue, input, _ throws(Errno) in
                try queue.storeOnline(input)
            },
            .readOnly("load") { _ in "0\n" }.fixed(APBus.noRequests),
        ]
        switch mode {
        case .accelerator: return common
        case .coprocessor: return common + [.readOnly("mkvps") { $0.ccaPatterns }]
        case .ep11:
            return common + [
                .readOnly("mkvps") { $0.ep11Patterns },
                .readOnly("op_modes") { "\($0.ep11?.modes.text($0.bus.kernel.release) ?? "")\n" },
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
        guard !isOn || queue.card.state.withLock({ $0.isOnline }) else { throw .EINVAL }
        queue.state.withLock { $0.isOnline = isOn }
        queue.device.sendOnline(isOn)
    }

    // MARK: - What the card says of the domain

    private func ask(_ query: DeviceQuery) -> DeviceAnswer? {
        isOnline ? bus.ask(queue, query) : nil
    }

    private var ep11: EP11DomainInfo? {
        guard case .ep11DomainInfo(let info)? = ask(.ep11DomainInfo) else { return nil }
        return info
    }

    private var ccaPatterns: String {
        guard case .ccaMasterKeys(let keys)? = ask(.ccaMasterKeys) else {
            return ["AES", "APKA", "ASYM"].flatMap { key in ["NEW", "CUR", "OLD"].map { "\(key) \($0): - -\n" } }.joined()
        }
        return [("AES", keys.aes, 16), ("APKA", keys.apka, 16), ("ASYM", keys.asym, 32)].map { name, registers, width in
            "\(name) NEW: \(registers.new.text(width))\n\(name) CUR: \(registers.current.text(width))\n"
                + "\(name) OLD: \(registers.old.text(width))\n"
        }.joined()
    }

    private var ep11Patterns: String {
        guard let ep11 else { return "WK CUR: - -\nWK NEW: - -\n" }
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
