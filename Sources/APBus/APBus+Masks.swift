public import AdjunctProcessor
internal import DriverCore
public import KernelLocks
internal import Kernels
public import LockOrder
internal import SystemAdditions
public import SystemPackage
internal import Sysfs

/// apmask and aqmask under their lock, which is there without a bus, too: nodes of zcrypt are made and changed under it.
public typealias LockedMasks = Lock<APAttributesRank, BusMasks>

extension LockedMasks {
    /// Both masks all ones.
    public convenience init() {
        self.init("ap_attr_mutex", BusMasks())
    }

    /// Takes the lock for a user's request. Who waits for it gives up when a signal comes.
    ///
    /// - Throws: `EINTR` where a signal has ended the wait, and nothing was done; what `body` throws.
    ///
    /// Kernel: mutex_lock_interruptible, whose ERESTARTSYS becomes EINTR on the way through FUSE.
    public func withLockInterruptibly<Result>(
        after held: borrowing Held<Unlocked>,
        _ body: (inout BusMasks, borrowing Held<APAttributesRank>) throws(Errno) -> Result
    ) throws(Errno) -> Result {
        guard isInUse, let caller = Caller.current else { return try withLock(after: held, body) }
        return try caller.waiting { (hasGivenUp) throws(Errno) in
            try withLock(after: held) { (masks, held) throws(Errno) in
                guard !hasGivenUp() else { throw .EINTR }
                return try body(&masks, held)
            }
        }
    }
}

extension APBus {
    /// The two masks, and the name under which a change of one is told.
    enum Mask: String {
        case adapters = "APMASK"
        case domains = "AQMASK"

        var path: WritableKeyPath<BusMasks, APMask> {
            self == .adapters ? \.adapters : \.domains
        }
    }

    /// Changes a mask and gives every queue to the driver that it belongs to now. When this returns they all have it.
    ///
    /// - Throws: `EINVAL` for a text that is no mask, or while a queue has an override (7.2); `EBUSY` where a driver uses a
    ///   queue that would be the host's.
    ///
    /// Kernel: drivers/s390/crypto/ap_bus.c, apmask_store, apmask_commit, ap_bus_revise_bindings.
    func store(_ mask: Mask, _ input: Input, after held: borrowing Held<Unlocked>) throws(Errno) {
        let path = mask.path
        let changed: APMask? = try masks.withLockInterruptibly(after: held) { (masks, held) throws(Errno) in
            guard masks.overrides == 0 else { throw .EINVAL }
            let old = masks[keyPath: path]
            let overflow: NumberOverflow = kernel.release.has(.maskNumbersSaturate) ? .saturates : .wraps
            guard let new = APMask.parse(input.text, current: old, overflow: overflow) else { throw .EINVAL }
            guard new != old else { return nil }
            try checkUse(newlyReserved: new.subtracting(old), mask, masks, held)
            masks[keyPath: path] = new
            masks.areInUse = masks.adapters != .all || masks.domains != .all
            state.withLock { [masks] in $0.masks = masks }
            return new
        }
        guard let changed else { return }
        reviseBindings(after: held)
        root.sendUevent(.change, [UeventVariable(mask.rawValue, "\(changed)\n")])
        finishRandomNumberScan(after: held)
    }

    /// - Throws: `EBUSY` where a driver says that it uses one of the queues. Only bits that are set anew count; against the
    ///   whole other mask from 7.2 on, against the bits that it has before.
    private func checkUse(
        newlyReserved: APMask, _ mask: Mask, _ masks: borrowing BusMasks, _ held: borrowing Held<APAttributesRank>
    ) throws(Errno) {
        guard !newlyReserved.isEmpty else { return }
        let all = kernel.release.has(.checksMasksAgainstAll)
        let adapters = mask == .adapters ? newlyReserved : all ? .all : masks.adapters
        let domains = mask == .domains ? newlyReserved : all ? .all : masks.domains
        for driver in drivers.withLock({ $0 }) where driver.isUsing(adapters: adapters, domains: domains, after: held) {
            throw .EBUSY
        }
    }

    /// Lets every queue that has the wrong driver look for another one. With 7.2 a queue without a driver counts as the host's,
    /// with the others as not: Linux reads it from where a null pointer leads on s390. See docs/kernel/ap-bus.md, "Masks".
    private func reviseBindings(after held: borrowing Held<Unlocked>) {
        for case .queue(let queue) in bus.devices {
            let isHosts = masks.withLock(after: held) { (masks, _) in masks.reservesForHost(queue.apqn) }
            guard isHosts != (driver(of: queue)?.isDefault ?? kernel.release.has(.driverlessQueuesAreTheHosts)) else { continue }
            bus.detach(.queue(queue), after: held)
            bus.attach(.queue(queue), after: held)
        }
        settleRandomNumbers()
    }

    /// Whether any queue of these adapters and domains is the host's drivers', so that no mediated device may have it: by its
    /// driver where a bound queue has an override, by the masks else.
    ///
    /// - Parameter masks: as lent by their lock, which is held until the answer has been acted upon.
    ///
    /// Kernel: drivers/s390/crypto/ap_bus.c, ap_apqn_in_matrix_owned_by_def_drv.
    public func isHosts(
        adapters: APMask, domains: APMask, _ masks: borrowing BusMasks
    ) -> Bool {
        guard masks.overrides > 0 else { return masks.reservesForHost(adapters: adapters, domains: domains) }
        for adapter in adapters.adapters {
            for domain in domains.domains where isHosts(APQN(adapter: adapter, domain: domain), masks) { return true }
        }
        return false
    }

    private func isHosts(_ apqn: APQN, _ masks: borrowing BusMasks) -> Bool {
        if let queue = queue(apqn), queue.driverOverride != nil, let driver = driver(of: queue) { return driver.isDefault }
        return masks.reservesForHost(apqn)
    }

    /// Sets or clears which driver alone may have a queue. Nothing is bound anew.
    ///
    /// - Throws: `EINVAL` while a mask is in use, and for a text as long as a page.
    ///
    /// Kernel: drivers/s390/crypto/ap_queue.c, driver_override_store.
    func storeOverride(_ input: Input, of queue: APQueue, after held: borrowing Held<Unlocked>) throws(Errno) {
        try masks.withLockInterruptibly(after: held) { (masks, _) throws(Errno) in
            guard !masks.areInUse, input.bytes.count < Page.size - 1 else { throw .EINVAL }
            let text = Array(input.text.prefix { $0 != UInt8(ascii: "\n") })
            let hadOne = queue.state.withLock { state in
                defer { state.driverOverride = text.isEmpty ? nil : text }
                return state.driverOverride != nil
            }
            masks.overrides += (text.isEmpty ? 0 : 1) - (hadOne ? 1 : 0)
        }
    }
}
