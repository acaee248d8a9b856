package import AdjunctProcessor
package import KVM
internal import KernelLocks
internal import Kernels
package import LockOrder
internal import Sysfs

extension MatrixDevice {
    /// Looks at everything while nobody works on it, and says what should not be, a line each: a queue that two devices have, a
    /// guest that runs with what it must not have, a list of active guests that is not that of the guests attached.
    ///
    /// Locks: the list of active guests for writing, the hook of one guest after the other for reading, the matrix device's.
    ///
    /// - Parameters:
    ///   - bound: the queues that the bus has given to the driver.
    ///   - isAsked: whether a guest was asked to let go of its device, and so may run with less than it has.
    package func inspect(
        bound: Set<APQN>, isAsked: (Guest) -> Bool, after held: borrowing Held<Unlocked>
    ) -> [String] {
        guestsLock.withWriteLock(after: held) { guests, held in
            var defects = hookDefects(guests, held)
            lock.withLock(after: held) { state, _ in
                defects += state.defects
                if Set(state.queues.keys) != bound { defects.append("the driver has other queues than the bus has given to it") }
                for active in guests {
                    guard let mdev = state.mdevs[active.mdev] else {
                        defects.append("guest \(active.guest.name) is active with a device that is gone")
                        continue
                    }
                    if mdev.guest !== active.guest { defects.append("guest \(active.guest.name) is active but not attached") }
                    // of 6.12 a guest keeps what the host has lost
                    guard !release.has(.lastOfAKindStays) else { continue }
                    defects += state.defects(of: active.guest, with: mdev, isAsked: isAsked(active.guest))
                }
                for (number, mdev) in state.mdevs where mdev.guest != nil && guests.guest(of: number) == nil {
                    defects.append("\(mdev.uuid) has a guest that is not active")
                }
            }
            return defects
        }
    }

    /// Whether its locks are all free.
    package var isAtRest: Bool { !guestsLock.isInUse && !lock.isInUse }

    private func hookDefects(_ guests: [ActiveGuest], _ held: borrowing Held<GuestsRank>) -> [String] {
        var defects: [String] = []
        for active in guests {
            let hook = active.guest.pqapHook.withReadLock(after: held) { hook, _ in hook as? MatrixMdev }
            if hook?.number != active.mdev { defects.append("the PQAP of guest \(active.guest.name) is not its device's") }
            if guests.count(where: { $0.guest === active.guest }) != 1 {
                defects.append("guest \(active.guest.name) is active twice")
            }
        }
        return defects
    }
}

extension MatrixState {
    /// What is wrong with the devices, whoever has them.
    fileprivate var defects: [String] {
        var defects: [String] = []
        let all = newestFirst
        for (index, (number, mdev)) in all.enumerated() {
            if mdev.added != APMatrix() { defects.append("\(mdev.uuid) still waits for the end of a scan") }
            if !mdev.isPublished { defects.append("ap_config of \(mdev.uuid) is not what is assigned") }
            for apqn in mdev.matrix.queues where owner(apqn) != number {
                defects.append("\(apqn) is not known as \(mdev.uuid)'s")
            }
            for (_, other) in all[..<index] where other.matrix.sharesQueue(with: mdev.matrix) {
                defects.append("\(other.uuid) and \(mdev.uuid) have a queue in common")
            }
        }
        let everything = APMatrix(adapters: .through(MatrixLimits(host).adapter), domains: .through(MatrixLimits(host).domain))
        for apqn in everything.queues {
            guard let number = owner(apqn) else { continue }
            if mdevs[number]?.matrix.contains(apqn) != true { defects.append("\(apqn) is known as the queue of who has it not") }
        }
        return defects
    }

    /// What a guest runs with: only queues that the driver has and the host had at the last scan, and what its device gives it.
    fileprivate func defects(of guest: Guest, with mdev: MdevState, isAsked: Bool) -> [String] {
        var defects: [String] = []
        let apcb = guest.apcb
        let runsWith = APMatrix(adapters: apcb.adapters, domains: apcb.domains, controlDomains: apcb.controlDomains)
        for apqn in runsWith.queues {
            if queues[apqn] == nil { defects.append("guest \(guest.name) has \(apqn), which the driver has not") }
            if !host.adapters.contains(apqn.adapter) || !host.usageDomains.contains(apqn.domain) {
                defects.append("guest \(guest.name) has \(apqn), which the host has not")
            }
        }
        if !apcb.controlDomains.isSubset(of: host.controlDomains) {
            defects.append("guest \(guest.name) controls a domain that the host does not control")
        }
        if runsWith != mdev.shadow, !isAsked {
            defects.append("guest \(guest.name) runs with other masks than its device gives it")
        }
        return defects
    }
}

extension APMatrix {
    fileprivate func sharesQueue(with other: APMatrix) -> Bool {
        adapters.intersects(other.adapters) && domains.intersects(other.domains)
    }
}
