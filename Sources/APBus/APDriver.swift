public import AdjunctProcessor
public import DriverCore
public import KernelLocks
public import LockOrder
public import SystemPackage

/// A driver of the AP bus.
///
/// Kernel: drivers/s390/crypto/ap_bus.h, struct ap_driver.
public protocol APDriver: AnyObject, Sendable {
    /// The name of its directory in /sys/bus/ap/drivers, which a `driver_override` names too.
    var name: String { get }
    /// The module of the link `module`; nil for a driver that is built in.
    var module: Module? { get }
    /// Whether it is a driver of the host: one that has the queues whose bits are set in apmask and aqmask.
    var isDefault: Bool { get }

    /// Whether it is a driver for such devices at all; asked first, before masks and overrides.
    func matches(_ device: APDevice) -> Bool

    /// Takes a device. Held: the device's lock.
    ///
    /// - Throws: `ENODEV` where the driver does not want it after all.
    func probe(_ device: APDevice, _ held: borrowing Held<DeviceRank>) throws(Errno)

    /// Lets go of a device; the bus resets a queue afterwards. Held: the device's lock.
    func remove(_ device: APDevice, _ held: borrowing Held<DeviceRank>)

    /// Whether the driver uses a queue of these adapters and domains, so that it cannot be given to the host's drivers.
    /// Held: the lock of the bus's masks.
    func isUsing(adapters: APMask, domains: APMask, after held: borrowing Held<APAttributesRank>) -> Bool

    /// The host's configuration has changed; devices have neither come nor gone yet. Held: the scan's lock.
    func configurationChanged(from old: ConfigurationInfo, to new: ConfigurationInfo, after held: borrowing Held<ScanRank>)

    /// The scan that noticed a change of the configuration has finished. Held: the scan's lock.
    func scanCompleted(from old: ConfigurationInfo, to new: ConfigurationInfo, after held: borrowing Held<ScanRank>)
}

extension APDriver {
    /// False: a driver that lends its queues to nobody can give them back at any time.
    public func isUsing(adapters: APMask, domains: APMask, after held: borrowing Held<APAttributesRank>) -> Bool { false }
    /// Does nothing.
    public func configurationChanged(
        from old: ConfigurationInfo, to new: ConfigurationInfo, after held: borrowing Held<ScanRank>
    ) {}
    /// Does nothing.
    public func scanCompleted(
        from old: ConfigurationInfo, to new: ConfigurationInfo, after held: borrowing Held<ScanRank>
    ) {}
}

/// An AP driver as the driver core sees it: what the bus does around each driver.
final class APDriverOnBus: BusDriver {
    let driver: any APDriver
    /// The bus outlives its drivers.
    unowned let bus: APBus

    init(_ driver: any APDriver, bus: APBus) {
        self.driver = driver
        self.bus = bus
    }

    var name: String { driver.name }
    var module: Module? { driver.module }
    var bindsByHand: Bool { true }

    /// Cards older than CEX4 have drivers of their own, which are not here.
    func matches(_ device: APDevice) -> Bool {
        device.type >= APCard.oldestDrivenType && driver.matches(device)
    }

    /// Cards are anybody's. A queue is its override's, else the host's drivers' where both masks have its bits, else the others'.
    ///
    /// Kernel: drivers/s390/crypto/ap_bus.c, ap_device_probe.
    func mayHave(_ device: APDevice, _ held: borrowing Held<DeviceRank>) -> Bool {
        guard let queue = device.queue else { return true }
        return bus.masks.withLock(after: held) { (masks, _) in
            if let override = queue.driverOverride { return override.elementsEqual(driver.name.utf8) }
            return masks.reservesForHost(queue.apqn) == driver.isDefault
        }
    }

    /// Lets the driver take the device. A queue is looked at while its state machine waits, from now on.
    ///
    /// - Throws: what the driver's `probe` throws.
    func probe(_ device: APDevice, _ held: borrowing Held<DeviceRank>) throws(Errno) {
        bus.probeBegins()
        if let queue = device.queue { bus.bind(queue) }
        do throws(Errno) {
            try driver.probe(device, held)
        } catch {
            device.queue?.state.withLock { $0.isBound = false }
            throw error
        }
        bus.deviceProbed()
    }

    /// What waits in the queue is thrown away, and it is zeroized.
    ///
    /// Kernel: drivers/s390/crypto/ap_bus.c, ap_device_remove.
    func remove(_ device: APDevice, _ held: borrowing Held<DeviceRank>) {
        if let queue = device.queue {
            queue.prepareRemove()
            bus.flush(queue)
        }
        driver.remove(device, held)
        device.queue?.finishRemove(bus.hardware)
    }
}
