internal import AdjunctProcessor
internal import APBus
internal import KernelLocks
internal import LockOrder
internal import SystemAdditions
internal import SystemPackage
internal import Sysfs

/// What a number means that is written to a file of a device.
enum Assignable: Sendable {
    case adapter, domain, controlDomain

    var path: WritableKeyPath<APMatrix, APMask> {
        switch self {
        case .adapter: \.adapters
        case .domain: \.domains
        case .controlDomain: \.controlDomains
        }
    }
}

extension MatrixMdev {
    /// Reads a number; it is checked with the locks held, so a bad one waits for them too.
    ///
    /// - Throws: `EINVAL` or `ERANGE` for what is no number, `ENODEV` for one over the largest.
    private func number(_ input: Input, _ what: Assignable, _ mdev: MdevState) throws(Errno) -> UInt8 {
        let number = try KernelText.unsignedLong(input.text)
        let limit = what == .adapter ? mdev.limits.adapter : mdev.limits.domain
        guard number <= UInt64(limit) else { throw .ENODEV }
        return UInt8(number)
    }

    // MARK: - Adapters and domains

    /// Assigns an adapter or a domain; what is assigned already is left alone.
    ///
    /// Locks: the bus's masks, the active guests for reading, the guest's, the matrix device's.
    ///
    /// - Throws: `EINVAL`, `ERANGE` or `ENODEV` for the number; `EADDRNOTAVAIL` where any queue of the whole matrix is the
    ///   host's; `EADDRINUSE` where one is another device's; `ENODEV` where this device is not there any more.
    ///
    /// Kernel: drivers/s390/crypto/vfio_ap_ops.c, assign_adapter_store, assign_domain_store.
    func assign(_ what: Assignable, _ input: Input, after held: borrowing Held<Unlocked>) throws(Errno) {
        try matrixDevice.bus.masks.withLock(after: held) { (masks, held) throws(Errno) in
            try withPlugLocks(after: held) { (state, mdev, plug, held) throws(Errno) in
                let id = try number(input, what, mdev)
                guard !mdev.matrix[keyPath: what.path].contains(id) else { return }
                var new = mdev.matrix
                new[keyPath: what.path][id] = true
                let isHosts = matrixDevice.bus.isHosts(adapters: new.adapters, domains: new.domains, masks)
                guard !isHosts else { throw .EADDRNOTAVAIL }
                let one = APMask(CollectionOfOne(id))
                try checkSharing(
                    adapters: what == .adapter ? one : new.adapters, domains: what == .domain ? one : new.domains, state)
                state.setMatrix(of: mdev, number, to: new)
                matrixDevice.refilter(mdev, state, plug, held)
            }
        }
    }

    /// - Throws: `EADDRINUSE` where another device has one of these queues. The log says which ones the newest of them has.
    ///
    /// Kernel: drivers/s390/crypto/vfio_ap_ops.c, vfio_ap_mdev_verify_no_sharing.
    private func checkSharing(adapters: APMask, domains: APMask, _ state: borrowing MatrixState) throws(Errno) {
        guard let owner = state.newestOwner(adapters: adapters, domains: domains, except: number),
            let other = state.mdevs[owner]
        else { return }
        for apqn in APMatrix(adapters: adapters, domains: domains).queues where state.owner(apqn) == owner {
            print("Userspace may not assign queue \(apqn) to mdev: already assigned to \(other.uuid)")
        }
        throw .EADDRINUSE
    }

    /// Takes an adapter or a domain away, from the guest too; what is not assigned is left alone.
    ///
    /// Locks: the active guests for reading, the guest's, the matrix device's.
    ///
    /// - Throws: `EINVAL`, `ERANGE` or `ENODEV` for the number; `ENODEV` where the device is not there any more.
    ///
    /// Kernel: drivers/s390/crypto/vfio_ap_ops.c, unassign_adapter_store, unassign_domain_store.
    func unassign(_ what: Assignable, _ input: Input, after held: borrowing Held<Unlocked>) throws(Errno) {
        try withPlugLocks(after: held) { (state, mdev, plug, held) throws(Errno) in
            let id = try number(input, what, mdev)
            guard mdev.matrix[keyPath: what.path].contains(id) else { return }
            let one = APMask(CollectionOfOne(id))
            var new = mdev.matrix
            new[keyPath: what.path][id] = false
            state.setMatrix(of: mdev, number, to: new)
            matrixDevice.hotUnplug(
                adapters: what == .adapter ? one : .none, domains: what == .domain ? one : .none, mdev, state, plug, held)
        }
    }

    // MARK: - Control domains

    /// Assigns a control domain, and gives it to the guest if the host has it; what is assigned already is left alone.
    ///
    /// Locks: as `unassign`. Whether another device has the domain does not matter.
    ///
    /// - Throws: `EINVAL`, `ERANGE` or `ENODEV` for the number; `ENODEV` where the device is not there any more.
    ///
    /// Kernel: drivers/s390/crypto/vfio_ap_ops.c, assign_control_domain_store.
    func assignControlDomain(_ input: Input, after held: borrowing Held<Unlocked>) throws(Errno) {
        try withPlugLocks(after: held) { (state, mdev, plug, _) throws(Errno) in
            let id = try number(input, .controlDomain, mdev)
            guard !mdev.matrix.controlDomains.contains(id) else { return }
            var new = mdev.matrix
            new.controlDomains[id] = true
            state.setMatrix(of: mdev, number, to: new)
            if state.filterControlDomains(of: mdev) { plug.give(mdev.shadow) }
        }
    }

    /// Takes a control domain away, from the guest too; what is not assigned is left alone.
    ///
    /// Locks: as `unassign`.
    ///
    /// - Throws: `EINVAL`, `ERANGE` or `ENODEV` for the number; `ENODEV` where the device is not there any more.
    ///
    /// Kernel: drivers/s390/crypto/vfio_ap_ops.c, unassign_control_domain_store.
    func unassignControlDomain(_ input: Input, after held: borrowing Held<Unlocked>) throws(Errno) {
        try withPlugLocks(after: held) { (state, mdev, plug, _) throws(Errno) in
            let id = try number(input, .controlDomain, mdev)
            guard mdev.matrix.controlDomains.contains(id) else { return }
            var new = mdev.matrix
            new.controlDomains[id] = false
            state.setMatrix(of: mdev, number, to: new)
            guard mdev.shadow.controlDomains.contains(id) else { return }
            mdev.shadow.controlDomains[id] = false
            plug.give(mdev.shadow)
        }
    }

    // MARK: - All at once

    /// Replaces the whole matrix; on any error it stays as it was. `ap_config`, which is read without a lock, is the old one as
    /// long as queues are reset that the guest loses.
    ///
    /// Locks: as `assign`.
    ///
    /// - Throws: `EINVAL` for a text that is not three masks, `EADDRNOTAVAIL` and `EADDRINUSE` as `assign`, `ENODEV` for a number
    ///   over the largest, and where the device is not there any more.
    ///
    /// Kernel: drivers/s390/crypto/vfio_ap_ops.c, ap_config_store.
    func storeConfig(_ input: Input, after held: borrowing Held<Unlocked>) throws(Errno) {
        try matrixDevice.bus.masks.withLock(after: held) { (masks, held) throws(Errno) in
            try withPlugLocks(after: held) { (state, mdev, plug, held) throws(Errno) in
                guard let new = APMatrix.parseConfig(input.text) else { throw .EINVAL }
                let isHosts = matrixDevice.bus.isHosts(adapters: new.adapters, domains: new.domains, masks)
                guard !isHosts else { throw .EADDRNOTAVAIL }
                try checkSharing(adapters: new.adapters, domains: new.domains, state)
                guard mdev.limits.permit(new) else { throw .ENODEV }
                let old = mdev.matrix
                matrixDevice.hotUnplug(
                    adapters: old.adapters.subtracting(new.adapters), domains: old.domains.subtracting(new.domains), mdev,
                    state, plug, held)
                state.setMatrix(of: mdev, number, to: new)
                let controlDomainsChanged = state.filterControlDomains(of: mdev)
                matrixDevice.refilter(mdev, alsoChanged: controlDomainsChanged, state, plug, held)
            }
        }
    }
}
