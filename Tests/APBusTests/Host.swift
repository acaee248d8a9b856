@testable import APBus
import AdjunctProcessor
import DriverCore
import KernelLocks
import KernelTesting
import Kernels
import LockOrder
import Machine
import Sysfs
import SystemPackage

/// A host with its own drivers and one that is not its own, `other`: two cards and two domains, so four queues.
final class Host: Sendable {
    let machine: Machine
    let clock: VirtualClock
    let kernel: Kernel
    let bus: APBus
    let other: OtherDriver
    private let drivers: [any APDriver]

    /// Cards 05 (CEX8C) and 06 (CEX8P), domains 04 and 47.
    static var description: MachineDescription {
        var description = MachineDescription.default
        description.adapters = description.adapters.filter { [5, 6].contains($0.key.rawValue) }
        description.usageDomains = APMask([4, 0x47])
        description.controlDomains = APMask([4, 0x47])
        return description
    }

    /// - Parameters:
    ///   - hardware: what the bus finds instead of the machine itself.
    ///   - starts: whether the first scan is done.
    ///   - drivesOthers: whether the driver `other` is there.
    ///   - realClock: in which it lives instead of `clock`.
    init(
        _ description: MachineDescription = description, release: KernelRelease = .v7_2, starts: Bool = true,
        drivesOthers: Bool = true,
        clock realClock: RealClock? = nil, hardware: (Machine) -> any APInstructions = { $0 }
    ) throws {
        machine = Machine(description)
        clock = VirtualClock()
        kernel = Kernel(release: release, clock: realClock ?? clock)
        bus = try APBus(kernel: kernel, hardware: hardware(machine))
        other = OtherDriver(kernel: kernel)
        let module = try Module(loading: "zcrypt_cex4", kernel: kernel)
        drivers = [CEX4CardDriver(bus: bus, module: module), CEX4QueueDriver(bus: bus, module: module)]
        withNoLocksHeld { held in
            for driver in drivers { bus.register(driver, after: held) }
        }
        if drivesOthers { registerOther() }
        if starts { start() }
    }

    func registerOther() {
        withNoLocksHeld { held in bus.register(other, after: held) }
    }

    /// Does the first scan.
    func start() {
        withNoLocksHeld { held in bus.start(after: held) }
    }

    /// Changes the machine and lets the bus look.
    func change(_ commands: String...) throws {
        for command in commands { try machine.execute(command) }
        scan()
    }

    func scan() {
        kernel.write("bus/ap/scans", "1")
    }

    /// Who has a queue, or nobody.
    func driver(_ queue: String) -> String {
        guard let apqn = APQN(queue), let queue = bus.queue(apqn) else { return "no queue" }
        return queue.device.driver ?? "nobody"
    }

    var queues: [String] { bus.bus.devices.compactMap { $0.queue?.apqn.description } }
}

/// A driver of queues that is not the host's, and says which it uses.
final class OtherDriver: APDriver {
    let name = "other"
    let module: Module? = nil
    let isDefault = false
    let used = Leaf<Set<APQN>>("used queues", [])
    /// What it has heard, and what the last uevent was then.
    let heard = Leaf<[String]>("heard", [])
    /// Run when the configuration has changed, in the scan.
    let during = Leaf<(@Sendable () -> Void)?>("during", nil)
    private let kernel: Kernel

    init(kernel: Kernel) {
        self.kernel = kernel
    }

    func matches(_ device: APDevice) -> Bool { device.queue != nil }
    func probe(_ device: APDevice, _ held: borrowing Held<DeviceRank>) throws(Errno) {}
    func remove(_ device: APDevice, _ held: borrowing Held<DeviceRank>) {}

    func isUsing(adapters: APMask, domains: APMask, after held: borrowing Held<APAttributesRank>) -> Bool {
        used.withLock { $0.contains { adapters.contains($0.adapter) && domains.contains($0.domain) } }
    }

    func configurationChanged(from old: ConfigurationInfo, to new: ConfigurationInfo, after held: borrowing Held<ScanRank>) {
        during.withLock { $0 }?()
        note("changed from \(old.adapters.count) to \(new.adapters.count) adapters")
    }

    func scanCompleted(from old: ConfigurationInfo, to new: ConfigurationInfo, after held: borrowing Held<ScanRank>) {
        note("completed")
    }

    private func note(_ what: String) {
        let last = kernel.ueventLines.last?.prefix { $0 != " " } ?? ""
        heard.withLock { $0.append("\(what), last \(last)") }
    }

    func takeHeard() -> [String] {
        heard.withLock { heard in
            defer { heard = [] }
            return heard
        }
    }
}
