public import AdjunctProcessor
public import DriverCore
public import KernelLocks
internal import Kernels
public import LockOrder
internal import Synchronization
public import SystemPackage
internal import Sysfs

/// The AP bus: it finds the cards and queues of a machine, and decides which driver gets which.
///
/// It knows nothing of the machine but its AP instructions, so it shows the host's view or a guest's alike.
///
/// Locks: `scan` is held for a whole scan, outside of everything else; `masks` guards apmask, aqmask and the overrides. The leaf
/// lock `state` guards the rest of what readers need.
///
/// Kernel: drivers/s390/crypto/ap_bus.c.
public final class APBus: Sendable {
    /// The Linux that drives the bus: its release decides what the bus does.
    public let kernel: Kernel
    /// The machine's AP instructions, or those that a guest has.
    public let hardware: any APInstructions
    /// The driver core's part: the cards and queues in the order in which they came, and the drivers.
    public let bus: Bus<APDevice>
    /// apmask, aqmask and the overrides.
    public let masks: LockedMasks
    /// /sys/devices/ap
    let root: Device
    /// Says of the last scan whether it has found another configuration of the machine.
    let scan = Lock<ScanRank, Bool>("ap_scan_bus_mutex", false)
    /// Whoever makes the scan for the random number generator.
    let randomNumberScan = Turns("random number scan")
    let state: Leaf<State>
    let tables: Tables
    /// The largest numbers, known at boot and for ever.
    let maxAdapter: UInt8
    let maxDomain: UInt8
    /// What the lock is called, for a scheduler.
    package static let driversLockName: StaticString = "AP drivers"
    let drivers = Leaf<[any APDriver]>(APBus.driversLockName, [])
    /// What the lock is called, for a scheduler.
    package static let devicesLockName: StaticString = "AP devices"
    let index = Leaf(APBus.devicesLockName, Index())
    /// What the lock is called, for a scheduler.
    package static let answersLockName: StaticString = "card answers"
    let answers = Leaf(APBus.answersLockName, RememberedAnswers())
    /// How many requests wait in queues: few, and mostly none.
    let waitingRequests = Atomic(0)

    /// What is on the bus, by its number.
    struct Index {
        var cards: [AdapterID: APCard] = [:]
        var queues: [APQN: APQueue] = [:]
    }

    /// What the lock is called, for a scheduler.
    package static let lockName: StaticString = "AP bus"
    struct State {
        /// As last scanned; nil: the machine has no QCI, or no scan has been.
        var configuration: ConfigurationInfo?
        var scans: UInt64 = 0
        /// The masks for those who read them without their lock: what the default domain may be is asked so.
        var masks = BusMasks()
        /// The default domain, -1 while there is none.
        var domain: Int32 = -1
        /// Seconds from the end of a scan to the next one.
        var configTime: Int32 = 30
        /// Nanoseconds between polls of busy queues.
        var pollTimeout: UInt64
        var pollThread = false
        /// "bindings complete" has been told, and nothing has happened since.
        var bindingsTold = false
        var bindingsCompleteCount: UInt64 = 0
        var scanTimer: (any ScheduledWork)?
        /// No periodic scan any more.
        var isStopped = false
        /// Those that have a driver and are not at rest.
        var polled = PolledQueues()
        /// Queues are looked at in a while.
        var isPolling = false
        /// A queue waits to be looked at since the last look has begun.
        var pollsAgain = false
        /// Requests of the random number generator that have found no queue yet.
        var randomNumberRequests = 0
        /// The bus is to be scanned for the generator unless one of the queues that come together can be asked.
        var owesRandomNumberScan = false
        /// That scan is to be made now, by whoever comes first.
        var randomNumberScanIsDue = false
    }

    /// Makes the bus; the first scan is still to come (`start`).
    ///
    /// - Parameter masks: what becomes `masks`; nobody has changed them yet.
    /// - Throws: `EEXIST` where the kernel has an AP bus already, `ENODEV` or `ENOENT` where its tree is being taken apart.
    public init(kernel: Kernel, hardware: any APInstructions, masks: LockedMasks = LockedMasks()) throws(Errno) {
        self.kernel = kernel
        self.hardware = hardware
        self.masks = masks
        let configuration = APBus.configuration(of: hardware, kernel.release)
        let told = configuration.flatMap { $0.apxa ? ($0.maxAdapter, $0.maxDomain) : nil } ?? (0, 0)
        // a machine that tells 0 tells nothing
        maxAdapter = told.0 == 0 ? 63 : told.0
        maxDomain = told.1 == 0 ? 15 : told.1
        state = Leaf(APBus.lockName, State(pollTimeout: hardware.isUnderZVM ? 1_500_000 : 250_000))
        tables = Tables(release: kernel.release)
        bus = try Bus("ap", kernel: kernel)
        root = try Device("ap", in: try kernel.directory("devices"), subsystem: ("ap", nil), kernel: kernel)
        bus.directory.addAttributes(tables.bus, of: self)
    }

    deinit {
        // cards and queues hold each other while zcrypt has them
        for card in index.withLock({ $0.cards.values.map { $0 } }) { card.state.withLock { $0.zcrypt = nil } }
    }

    /// What the last scan has seen; nil where there is no QCI.
    public var configuration: ConfigurationInfo? { state.withLock { $0.configuration } }

    /// What the machine says now; nil where there is no QCI, and with most releases where it names no facility.
    public func readConfiguration() -> ConfigurationInfo? { APBus.configuration(of: hardware, kernel.release) }

    private static func configuration(of hardware: any APInstructions, _ release: KernelRelease) -> ConfigurationInfo? {
        guard let configuration = hardware.qci(), configuration.hasFacilities || !release.has(.needsFacilities) else {
            return nil
        }
        return configuration
    }

    // MARK: - Drivers

    /// Registers a driver. It gets the devices without a driver that it wants and may have, oldest first; scans tell it when the
    /// configuration changes.
    ///
    /// Locks: of each such device; below it the masks, and what the driver's `probe` takes.
    ///
    /// Kernel: drivers/s390/crypto/ap_bus.c, ap_driver_register.
    public func register<Outer: OutsideDevice>(_ driver: any APDriver, after held: borrowing Held<Outer>) {
        drivers.withLock { $0.append(driver) }
        bus.register(APDriverOnBus(driver, bus: self), after: held)
        settleRandomNumbers()
        if kernel.release.has(.tellsBindingsOnce) { tellBindingsComplete() }
    }

    /// Takes a driver away: its devices lose it, the one first that it got last, and get no other one.
    ///
    /// Locks: of each device; below it what the driver's `remove` takes.
    ///
    /// Kernel: drivers/s390/crypto/ap_bus.c, ap_driver_unregister.
    public func unregister<Outer: OutsideDevice>(_ driver: any APDriver, after held: borrowing Held<Outer>) {
        bus.unregister(APDriverOnBus(driver, bus: self), after: held)
        drivers.withLock { drivers in drivers.removeAll { $0 === driver } }
    }

    /// The queue that the bus has for an APQN; nil where the last scan has found none.
    public func queue(_ apqn: APQN) -> APQueue? { index.withLock { $0.queues[apqn] } }

    func card(_ adapter: AdapterID) -> APCard? { index.withLock { $0.cards[adapter] } }

    /// The driver that has a queue, nil where it has none.
    func driver(of queue: APQueue) -> (any APDriver)? {
        guard let name = queue.device.driver else { return nil }
        return drivers.withLock { drivers in drivers.first { $0.name == name } }
    }

    // MARK: - Bindings

    /// How many queues there are, and how many of them have a driver.
    var bindings: (bound: Int, all: Int) {
        let queues = bus.devices.compactMap(\.queue)
        return (queues.count { $0.device.driver != nil }, queues.count)
    }

    /// A driver is about to be given a device, whether it takes it or not: "complete" may be told again.
    func probeBegins() {
        state.withLock { $0.bindingsTold = false }
    }

    /// A driver has taken a device.
    func deviceProbed() {
        if !kernel.release.has(.tellsBindingsOnce) { tellBindingsComplete() }
    }

    /// Tells once that every queue has a driver; 6.1 tells it every time.
    ///
    /// Kernel: drivers/s390/crypto/ap_bus.c, ap_check_bindings_complete.
    func tellBindingsComplete() {
        // queues are counted only where that matters: a boot of 6.1 would count them all for each
        func mayBeTold(_ state: State) -> Bool {
            state.scans >= 1 && (!state.bindingsTold || !kernel.release.has(.tellsBindingsOnce))
        }
        guard state.withLock({ mayBeTold($0) }) else { return }
        let (bound, all) = bindings
        let count: UInt64? = state.withLock { state in
            guard mayBeTold(state), bound == all else { return nil }
            state.bindingsTold = true
            state.bindingsCompleteCount += 1
            return state.bindingsCompleteCount
        }
        guard let count else { return }
        root.sendUevent(.change, [UeventVariable("BINDINGS", "complete"), UeventVariable("COMPLETECOUNT", "\(count)")])
    }
}
