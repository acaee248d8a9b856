import AdjunctProcessor
import APBus
import DriverCore
import KernelTesting
import KVM
import Kernels
import LockOrder
import Machine
import Mdev
import Sysfs
import SystemPackage
import Testing
@testable import VFIOAP

/// A host with vfio_ap and two mediated devices, A and B: cards 03, 05, 06, 0a and domains 04, 47, ab, ff. Adapters 05 and 06 are
/// vfio_ap's.
final class MatrixHost: Sendable {
    static let a = "aaaaaaaa-0000-4000-8000-000000000001"
    static let b = "bbbbbbbb-0000-4000-8000-000000000002"
    static let type = "devices/vfio_ap/matrix/mdev_supported_types/vfio_ap-passthrough"

    let machine: Machine
    let clock = StepClock()
    let kernel: Kernel
    let bus: APBus
    let module: VFIOAPModule
    private let drivers: [any APDriver]

    init(_ description: MachineDescription = .default, release: KernelRelease = .v7_2, apmask: String = "-5,-6") throws {
        let machine = Machine(description)
        self.machine = machine
        clock.giveUp.withLock {
            $0 = {
                for apqn in machine.description.queues.keys { _ = try? machine.execute("queue \(apqn) reset-busy=0 reset-rc=0") }
            }
        }
        kernel = Kernel(release: release, clock: clock)
        bus = try APBus(kernel: kernel, hardware: machine)
        let (core, vfio) = try (MdevCore(kernel: kernel), VFIOCore(kernel: kernel))
        let cex4 = try Module(loading: "zcrypt_cex4", kernel: kernel)
        drivers = [CEX4CardDriver(bus: bus, module: cex4), CEX4QueueDriver(bus: bus, module: cex4)]
        module = try withNoLocksHeld { [bus, drivers] (held) throws(Errno) in
            for driver in drivers { bus.register(driver, after: held) }
            bus.start(after: held)
            return try VFIOAPModule(bus: bus, mdevCore: core, vfio: vfio, using: [], after: held)
        }
        bus.stop()
        kernel.write("bus/ap/apmask", apmask)
        for uuid in [Self.a, Self.b] { kernel.write("\(Self.type)/create", uuid) }
    }

    // MARK: - Files

    /// Writes to a file of A.
    @discardableResult
    func a(_ file: String, _ text: String) -> String { kernel.write("devices/vfio_ap/matrix/\(Self.a)/\(file)", text) }

    /// Writes to a file of B.
    @discardableResult
    func b(_ file: String, _ text: String) -> String { kernel.write("devices/vfio_ap/matrix/\(Self.b)/\(file)", text) }

    /// Assigns adapters and domains to A.
    func assign(adapters: [String] = [], domains: [String] = [], controlDomains: [String] = []) {
        for adapter in adapters { a("assign_adapter", adapter) }
        for domain in domains { a("assign_domain", domain) }
        for domain in controlDomains { a("assign_control_domain", domain) }
    }

    /// What a file of A shows, in one line.
    func a(_ file: String) -> String {
        kernel.read("devices/vfio_ap/matrix/\(Self.a)/\(file)").split(separator: "\n").joined(separator: " ")
    }

    func status(_ queue: String) -> String {
        kernel.read("devices/ap/card\(queue.prefix(2))/\(queue)/status").split(separator: "\n").joined()
    }

    func bind(_ queue: String) { kernel.write("bus/ap/drivers/vfio_ap/bind", queue) }
    func unbind(_ queue: String) { kernel.write("bus/ap/drivers/vfio_ap/unbind", queue) }

    // MARK: - The machine

    /// Changes the machine and lets the bus look.
    func change(_ commands: String...) throws {
        for command in commands { try machine.execute(command) }
        kernel.write("bus/ap/scans", "1")
    }

    /// The queues that something zeroizes, as `05.0004`; with their answers where these are not 00.
    func zeroized(during body: () throws -> Void) rethrows -> [String] {
        let before = machine.journal.count
        try body()
        return machine.journal.text(from: before).split(separator: "\n").filter { $0.hasPrefix("ZAPQ ") }.map {
            String($0.dropFirst(5).replacing(" rc=00", with: ""))
        }
    }

    // MARK: - Guests

    func mdev(_ uuid: String = a) throws -> MatrixMdev {
        let uuid = try #require(MdevUUID(uuid))
        return try #require(module.mdev(uuid))
    }

    /// Gives a device to a guest.
    func attach(_ guest: Guest, to uuid: String = a) throws {
        let mdev = try mdev(uuid)
        try withNoLocksHeld { (held) throws(Errno) in try mdev.setKVM(guest, after: held) }
    }

    func detach(_ uuid: String = a) throws {
        let mdev = try mdev(uuid)
        withNoLocksHeld { held in mdev.unsetKVM(after: held) }
    }

    /// VFIO_DEVICE_RESET of A.
    func reset() throws {
        let mdev = try mdev()
        try withNoLocksHeld { (held) throws(Errno) in try mdev.reset(after: held) }
    }

    /// Checks everything that must hold whenever nobody works.
    func defects() -> [String] {
        let bound = Set(bus.bus.devices.compactMap { $0.queue?.device.driver == "vfio_ap" ? $0.queue?.apqn : nil })
        return withNoLocksHeld { held in module.matrixDevice.inspect(bound: bound, isAsked: { _ in false }, after: held) }
    }
}

/// Virtual time, in which something may be done at every sleep.
final class StepClock: KernelClock {
    private let time = VirtualClock()
    /// Is told how many sleeps there were.
    let atSleep = Leaf<(@Sendable (Int) -> Void)?>("at sleep", nil)
    private let sleeps = Leaf("sleeps", 0)
    /// Ends what is waited for, when it has been for too long.
    let giveUp = Leaf<(@Sendable () -> Void)?>("give up", nil)
    /// How many sleeps no test needs.
    private static let patience = 10_000

    var now: Duration { time.now }
    var wallTime: Timestamp { time.wallTime }

    func sleep(_ duration: Duration) {
        time.sleep(duration)
        let count = sleeps.withLock { sleeps in
            sleeps += 1
            return sleeps
        }
        if count == StepClock.patience {
            Issue.record("somebody waits for ever: has slept \(count) times, until \(time.now)")
            giveUp.withLock { $0 }?()
        }
        atSleep.withLock { $0 }?(count)
    }

    func wait<State, Result>(on leaf: Leaf<State>, until condition: (inout State) -> Result?) -> Result {
        time.wait(on: leaf, until: condition)
    }

    func schedule(after delay: Duration, _ work: @escaping @Sendable () -> Void) -> any ScheduledWork {
        time.schedule(after: delay, work)
    }
}

/// What a guest's virtual machine monitor hears.
final class Monitor: GuestEvents {
    private let counts = Leaf("monitor", (changes: 0, requests: 0))
    private let listens: Bool

    /// - Parameter listens: whether it has registered for requests.
    init(listens: Bool = true) {
        self.listens = listens
    }

    func configurationChanged() { counts.withLock { $0.changes += 1 } }

    func releaseRequested(_ device: String) -> Bool {
        counts.withLock { $0.requests += 1 }
        return listens
    }

    var changes: Int { counts.withLock { $0.changes } }
    var requests: Int { counts.withLock { $0.requests } }
}

extension Guest {
    /// The queues and the control domains that it runs with: `05.0004 06.0004 | 10`.
    var runsWith: String {
        let matrix = APMatrix(adapters: apcb.adapters, domains: apcb.domains)
        let queues = matrix.queues.map(\.description).joined(separator: " ")
        let control = apcb.controlDomains.map { String($0, radix: 16) }.joined(separator: " ")
        return control.isEmpty ? queues : "\(queues) | \(control)"
    }
}
