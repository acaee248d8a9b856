internal import AdjunctProcessor
internal import APBus
internal import DriverCore
internal import KVM
internal import KernelLocks
internal import LockOrder
internal import Mdev
internal import VFIOAP

extension Computer {
    /// Looks at everything while nobody works on it, and says what should not be, a line each. For tests: at rest, whatever has
    /// been done to it, nothing is wrong.
    ///
    /// Locks: the list of active guests for writing, the matrix device's, hooks.
    package func inspect() -> [String] {
        let machines = guests.withLock { $0 }
        let opened = machines.flatMap { machine in machine.opened.map { (machine, $0) } }
        var defects = bus?.bindingDefects ?? []
        if bus?.isAtRest == false { defects.append("a lock of the bus is held") }
        for machine in machines where machine.guest.lock.isInUse || machine.guest.pqapHook.isInUse {
            defects.append("a lock of guest \(machine.name) is held")
        }
        guard let module = vfioAP.withLock({ $0 }) else {
            return opened.isEmpty ? defects : defects + ["a guest has a device of a module that is not loaded"]
        }
        let device = module.matrixDevice
        guard device.isAtRest else { return defects + ["a lock of the matrix device is held"] }
        let active = withNoLocksHeld { held in device.guestsLock.withReadLock(after: held) { guests, _ in guests.map(\.guest) } }
        for guest in active where !machines.contains(where: { $0.guest === guest }) {
            defects.append("guest \(guest.name) is active but does not run")
        }
        for (machine, mdev) in opened {
            if !active.contains(where: { $0 === machine.guest }) { defects.append("guest \(machine.name) is not active") }
            if !mdev.vfio.isOpen { defects.append("\(mdev.uuid) is not open for guest \(machine.name)") }
            if module.mdev(mdev.uuid) !== mdev { defects.append("guest \(machine.name) has a device that is gone") }
        }
        if active.count != opened.count { defects.append("\(active.count) guests are active, \(opened.count) devices are open") }
        for machine in machines where machine.opened.isEmpty && machine.guest.apcb != .none {
            defects.append("guest \(machine.name) has no device, and runs with masks")
        }
        if module.module.referenceCount != opened.count {
            defects.append("vfio_ap is used \(module.module.referenceCount) times, for \(opened.count) devices")
        }
        let queues = (bus?.bus.devices ?? []).compactMap(\.queue).filter { $0.device.driver == "vfio_ap" }
        let asked = machines.filter(\.wasAsked).map(\.guest)
        return defects
            + withNoLocksHeld { held in
                device.inspect(bound: Set(queues.map(\.apqn)), isAsked: { guest in asked.contains { $0 === guest } }, after: held)
            }
    }
}
