internal import AdjunctProcessor
internal import DriverCore
internal import KernelLocks
internal import LockOrder

extension APBus {
    /// Whether no scan runs, and nobody has the masks.
    package var isAtRest: Bool { !scan.isInUse && !masks.isInUse }

    /// Queues that have another driver than the masks or their override say, a line each. At rest there are none.
    ///
    /// Locks: the masks.
    package var bindingDefects: [String] {
        let drivers = drivers.withLock { $0 }
        return withNoLocksHeld { held in
            masks.withLock(after: held) { (masks, _) in
                bus.devices.compactMap(\.queue).compactMap { queue in
                    guard let name = queue.device.driver else { return nil }
                    guard let driver = drivers.first(where: { $0.name == name }) else {
                        return "\(queue.apqn) has \(name), which is no driver"
                    }
                    guard queue.driverOverride == nil, masks.reservesForHost(queue.apqn) != driver.isDefault else { return nil }
                    return "\(queue.apqn) has \(name), which the masks do not give it to"
                }
            }
        }
    }
}
