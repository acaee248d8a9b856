public import AdjunctProcessor
public import DriverCore
internal import LockOrder
internal import SystemPackage
internal import Sysfs

/// A queue: an adapter's part for one domain.
///
/// A leaf lock guards what a scan has seen of it, and the count of its requests. The lock of the device guards which driver has
/// it, the lock of the bus's masks its override.
public final class APQueue: Sendable {
    /// The name of its directory: `05.0047`.
    public let apqn: APQN
    /// /sys/devices/ap/cardXX/XX.YYYY
    public let device: Device
    /// The card of its adapter; it goes after the queue.
    public let card: APCard
    let state: Leaf<State>

    /// What the lock is called, for a scheduler.
    package static let lockName: StaticString = "AP queue"
    struct State {
        var isConfigured: Bool
        var isCheckstopped: Bool
        var machine = QueueStateMachine()
        /// Requests since boot or since somebody has set it back.
        var requests: UInt64 = 0
        /// What a user wants with it while cex4queue has it.
        var isOnline = true
        /// It has a driver, or is just being given to one or taken from one.
        var isBound = false
        /// What is sent to it when it has come to rest.
        var waiting: [WaitingRequest] = []
        var driverOverride: [UInt8]?
    }

    /// Makes the queue's directory and its files; the queue is on no bus yet.
    ///
    /// - Throws: `EEXIST` where there is such a queue, `ENOENT` where its card is gone or the tree is being taken apart.
    init(_ apqn: APQN, card: APCard, isConfigured: Bool, isCheckstopped: Bool, bus: APBus) throws(Errno) {
        self.apqn = apqn
        self.card = card
        state = Leaf(APQueue.lockName, State(isConfigured: isConfigured, isCheckstopped: isCheckstopped))
        device = try Device(
            apqn.description, in: card.device.directory, subsystem: ("ap", bus.bus.directory),
            identity: card.queueIdentity, kernel: bus.kernel)
        device.directory.addAttributes(bus.tables.queue, of: APBus.QueueView(bus: bus, queue: self))
        if bus.hardware.isSecureGuest, card.info.mode == .ep11 || card.info.mode == .accelerator {
            device.directory.addAttributes(bus.tables.secureQueue, of: APBus.QueueView(bus: bus, queue: self))
        }
    }

    /// The type as which it is driven: its card's.
    public var type: UInt8 { card.type }

    /// What `driver_override` says, nil while it is not set. It changes with the lock of the bus's masks held; who acts upon it holds that.
    ///
    /// Kernel: drivers/s390/crypto/ap_queue.c, driver_override_show.
    public var driverOverride: [UInt8]? { state.withLock { $0.driverOverride } }

    // MARK: - Its driver lets go

    /// Kernel: drivers/s390/crypto/ap_queue.c, ap_queue_prepare_remove.
    func prepareRemove() {
        state.withLock { $0.machine.prepareRemove() }
    }

    /// Zeroizes the queue. From then on it counts as never started, until somebody starts it.
    ///
    /// Kernel: drivers/s390/crypto/ap_queue.c, ap_queue_remove.
    func finishRemove(_ hardware: any APInstructions) {
        _ = hardware.zapq(apqn)
        state.withLock { state in
            state.machine.finishRemove()
            state.isBound = false
        }
    }
}
