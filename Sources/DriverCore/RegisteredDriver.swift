internal import Kernels
internal import LockOrder
internal import SystemAdditions
internal import SystemPackage
internal import Sysfs

/// A driver on a bus, with its directory.
final class RegisteredDriver<Element: BusDevice>: Sendable {
    let driver: any BusDriver<Element>
    let directory: Directory
    let kobject: Kobject
    /// The bus outlives its drivers.
    unowned let bus: Bus<Element>
    private let leaving = Leaf("leaving driver", false)

    /// It is being unregistered, and gets no device any more. Asked with the device's lock held: a device that it has got before
    /// is taken from it.
    var isLeaving: Bool { leaving.withLock { $0 } }

    var name: String { driver.name }

    init(bus: Bus<Element>, driver: any BusDriver<Element>, directory: Directory) {
        self.bus = bus
        self.driver = driver
        self.directory = directory
        kobject = Kobject(kernel: bus.kernel, directory: directory, subsystem: "drivers")
    }

    /// The link to the module and from it, and the files. In the module the link is named BUS:DRIVER.
    ///
    /// Kernel: drivers/base/bus.c, bus_add_driver; drivers/base/module.c, module_add_driver.
    func addFiles() {
        kobject.addUeventFile()
        if driver.bindsByHand {
            directory.addAttributes(RegisteredDriver.attributes(bus.kernel.release), of: self, by: .driver)
        }
        if let module = driver.module {
            directory.addLink("module", to: module.directory)
            module.directory(of: "drivers").addLink("\(bus.name):\(name)", to: directory)
        }
    }

    /// Takes no device any more, and takes its files away; waits for the writes to them that are under way.
    func leave() {
        leaving.withLock { $0 = true }
        directory.removeAttributes(by: .driver)
        guard let module = driver.module else { return }
        module.directory(of: "drivers").removeLink("\(bus.name):\(name)")
    }

    /// The files of a driver that can be bound by hand.
    private static func attributes(_ release: KernelRelease) -> AttributeTable<RegisteredDriver> {
        AttributeTable(
            [
                // ENODEV: no such device, or one that the driver does not match or want
                .writeOnly("bind") { driver, input, held throws(Errno) in
                    guard let element = driver.bus.device(named: input.text), driver.driver.matches(element) else {
                        throw .ENODEV
                    }
                    try driver.bus.attach(element, to: driver, after: held)
                },
                .writeOnly("unbind") { driver, input, held throws(Errno) in
                    guard let element = driver.bus.device(named: input.text),
                        driver.bus.detach(element, from: driver.name, after: held)
                    else { throw .ENODEV }
                },
            ], release: release)
    }
}
