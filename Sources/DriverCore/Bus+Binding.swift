public import KernelLocks
public import LockOrder
internal import OrderedCollections
internal import Sysfs
internal import SystemAdditions
public import SystemPackage

extension Bus {
    /// Lets the drivers try a device, in the order in which they were registered, until one takes it.
    ///
    /// A driver that refuses leaves no trace.
    ///
    /// Kernel: drivers/base/dd.c, device_attach.
    public func attach<Outer: OutsideDevice>(_ element: Element, after held: borrowing Held<Outer>) {
        let drivers = state.withLock { $0.drivers }
        element.device.lock.withLock(after: held) { (isGone, held) in
            for driver in drivers where !isGone && element.device.driver == nil && driver.driver.matches(element) {
                do throws(Errno) {
                    try probe(element, driver, held)
                } catch {
                    continue
                }
            }
        }
    }

    /// Gives a device to one driver.
    ///
    /// - Throws: `EBUSY` where the device has a driver, `ENODEV` where it has gone, and what the driver's probe throws.
    ///
    /// Kernel: drivers/base/dd.c, device_driver_attach.
    func attach<Outer: OutsideDevice>(
        _ element: Element, to driver: RegisteredDriver<Element>, after held: borrowing Held<Outer>
    ) throws(Errno) {
        try element.device.lock.withLock(after: held) { (isGone, held) throws(Errno) in
            guard element.device.driver == nil else { throw .EBUSY }
            guard !isGone else { throw .ENODEV }
            try probe(element, driver, held)
        }
    }

    /// Gives a device to the driver of that name, without asking whether it matches.
    ///
    /// - Throws: `ENODEV` where there is no such driver, `EBUSY` where the device has one, and what the driver's probe throws.
    public func attach<Outer: OutsideDevice>(
        _ element: Element, to driver: String, after held: borrowing Held<Outer>
    ) throws(Errno) {
        guard let registered = state.withLock({ $0.driver(named: driver) }) else { throw .ENODEV }
        try attach(element, to: registered, after: held)
    }

    /// Takes a device away from its driver.
    ///
    /// - Parameter driver: only from this one.
    /// - Returns: whether it had it.
    ///
    /// Kernel: drivers/base/dd.c, device_driver_detach.
    @discardableResult
    public func detach<Outer: OutsideDevice>(
        _ element: Element, from driver: String? = nil, after held: borrowing Held<Outer>
    ) -> Bool {
        element.device.lock.withLock(after: held) { (_, held) in
            let device = element.device
            guard let bound = device.driver, driver == nil || driver == bound,
                let registered = state.withLock({ $0.driver(named: bound) })
            else { return false }
            device.directory.removeLink("driver")
            registered.directory.removeLink(device.name)
            registered.driver.remove(element, held)
            device.setDriver(nil)
            device.sendUevent(.unbind)
            return true
        }
    }

    /// Kernel: drivers/base/dd.c, really_probe.
    private func probe(
        _ element: Element, _ registered: RegisteredDriver<Element>, _ held: borrowing Held<DeviceRank>
    ) throws(Errno) {
        let device = element.device
        // before the driver is asked: a thread that changes what the answer depends on looks afterwards which driver has it
        device.setDriver(registered.name)
        guard !registered.isLeaving, registered.driver.mayHave(element, held) else {
            device.setDriver(nil)
            throw .ENODEV
        }
        registered.directory.addLink(device.name, to: device.directory)
        device.directory.addLink("driver", to: registered.directory)
        do throws(Errno) {
            try registered.driver.probe(element, held)
        } catch {
            device.directory.removeLink("driver")
            registered.directory.removeLink(device.name)
            device.setDriver(nil)
            throw error
        }
        device.setBindOrder(
            state.withLock { state in
                state.bindings += 1
                return state.bindings
            })
        device.sendUevent(.bind)
    }

    // MARK: - Drivers

    /// Registers a driver: it gets every device that it wants and that has no driver, oldest first, then its `add` is sent. A bus
    /// that has been taken out of the tree gets no more drivers.
    ///
    /// Kernel: drivers/base/driver.c, driver_register.
    public func register<Outer: OutsideDevice>(_ driver: any BusDriver<Element>, after held: borrowing Held<Outer>) {
        guard let directory = try? driversDirectory.directory(driver.name) else { return }
        let registered = RegisteredDriver(bus: self, driver: driver, directory: directory)
        let (elements, autoprobe) = state.withLock { state in
            state.drivers.append(registered)
            return (Array(state.devices.values), state.autoprobe)
        }
        for element in elements where autoprobe && element.device.driver == nil && driver.matches(element) {
            do throws(Errno) {
                try attach(element, to: registered, after: held)
            } catch {
                continue
            }
        }
        registered.addFiles()
        registered.kobject.announce()
    }

    /// Takes a driver away: nobody can bind anything to it any more, and its devices are taken from it, the one first that it got last.
    ///
    /// Kernel: drivers/base/driver.c, driver_unregister; drivers/base/dd.c, driver_detach.
    public func unregister<Outer: OutsideDevice>(_ driver: any BusDriver<Element>, after held: borrowing Held<Outer>) {
        guard let registered = state.withLock({ $0.driver(named: driver.name) }) else { return }
        registered.leave()
        // a probe that is under way has set the driver's name already, and is waited for at the device's lock
        let taken = devices.map { (order: $0.device.bindOrder, element: $0) }.filter { $0.element.device.driver == driver.name }
        for (_, element) in taken.sorted(by: { $0.order > $1.order }) {
            detach(element, from: driver.name, after: held)
        }
        state.withLock { state in state.drivers.removeAll { $0.name == driver.name } }
        registered.kobject.announceEnd()
        registered.directory.remove()
    }
}
