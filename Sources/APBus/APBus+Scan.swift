internal import AdjunctProcessor
internal import DriverCore
internal import KernelLocks
internal import Kernels
public import LockOrder
internal import SystemPackage

extension APBus {
    /// Does the first scan, and from then on one every `config_time` seconds. When this returns the queues are at rest, as if
    /// the machine had been up for a while.
    public func start(after held: borrowing Held<Unlocked>) {
        scan.withLock(after: held) { (hasChanged, held) in hasChanged = scanBus(held) }
        comeToRest()
    }

    /// Ends the periodic scans.
    public func stop() {
        state.withLock { state in
            state.isStopped = true
            state.scanTimer?.cancel()
            state.scanTimer = nil
        }
    }

    /// Scans now. If a scan runs already, waits for its end and (from 6.12 on) does no other. Ignored before the first scan.
    ///
    /// - Returns: whether the machine's configuration has been found changed.
    ///
    /// Kernel: drivers/s390/crypto/ap_bus.c, ap_bus_force_rescan.
    @discardableResult
    public func forceScan(after held: borrowing Held<Unlocked>) -> Bool {
        guard state.withLock({ $0.scans > 0 }) else { return false }
        // this scan is as good as the one that the timer would make while it waits
        if !kernel.release.has(.joinsRunningScan) { state.withLock { $0.scanTimer?.cancel() } }
        Blocking.willBlock()
        func scanAndNote(_ hasChanged: inout Bool, _ held: borrowing Held<ScanRank>) -> Bool {
            hasChanged = scanBus(held)
            return hasChanged
        }
        if let hasChanged = scan.withLockIfAvailable(after: held, { scanAndNote(&$0, $1) }) { return hasChanged }
        return scan.withLock(after: held) { (hasChanged, held) in
            kernel.release.has(.joinsRunningScan) ? hasChanged : scanAndNote(&hasChanged, held)
        }
    }

    /// Arms the timer of the next scan anew.
    func armScanTimer() {
        let seconds = state.withLock { $0.configTime }
        let timer = kernel.schedule(after: .seconds(Int64(seconds))) { [weak self] held in
            self?.scanPeriodically(after: held)
        }
        state.withLock { state in
            state.scanTimer?.cancel()
            state.scanTimer = state.isStopped ? nil : timer
            if state.isStopped { timer.cancel() }
        }
    }

    /// Scans, unless a scan runs (6.1: when that has ended): at its end the timer begins anew.
    ///
    /// Kernel: drivers/s390/crypto/ap_bus.c, ap_scan_bus_wq_callback.
    private func scanPeriodically(after held: borrowing Held<Unlocked>) {
        guard kernel.release.has(.joinsRunningScan) else {
            return scan.withLock(after: held) { (hasChanged, held) in hasChanged = scanBus(held) }
        }
        _ = scan.withLockIfAvailable(after: held) { (hasChanged, held) in hasChanged = scanBus(held) }
    }

    /// One scan, from the configuration to the bindings.
    ///
    /// - Returns: whether the configuration is not the one of the last scan.
    ///
    /// Kernel: drivers/s390/crypto/ap_bus.c, ap_scan_bus.
    private func scanBus(_ held: borrowing Held<ScanRank>) -> Bool {
        let old = configuration ?? .empty
        let new = readConfiguration()
        state.withLock { $0.configuration = new }
        let hasChanged = new != nil && new != old
        let listeners = drivers.withLock { $0 }
        if hasChanged, let new {
            if !new.adapters.isSubset(of: old.adapters) || !new.usageDomains.isSubset(of: old.usageDomains) {
                state.withLock { $0.bindingsTold = false }
            }
            for driver in listeners { driver.configurationChanged(from: old, to: new, after: held) }
        }
        let reach = Reach(configuration: new)
        selectDomain(reach)
        for adapter in 0...maxAdapter { scanAdapter(AdapterID(adapter), reach, held) }
        if hasChanged, let new {
            for driver in listeners { driver.scanCompleted(from: old, to: new, after: held) }
        }
        let isFirst = state.withLock { state in
            state.scans += 1
            return state.scans == 1
        }
        if isFirst { root.sendUevent(.change, [UeventVariable("INITSCAN", "done")]) }
        if isFirst || kernel.release.has(.tellsBindingsOnce) { tellBindingsComplete() }
        settleRandomNumbers()
        armScanTimer()
        return hasChanged
    }

    /// Selects the default domain while there is none: the lowest one that is the host's and answers.
    private func selectDomain(_ reach: Reach) {
        let (domain, masks) = state.withLock { ($0.domain, $0.masks) }
        guard domain < 0 else { return }
        for domain in 0...maxDomain where reach.hasUsage(DomainID(domain)) && masks.domains.contains(domain) {
            for adapter in 0...maxAdapter where reach.hasAdapter(AdapterID(adapter)) && masks.adapters.contains(adapter) {
                let (status, _) = hardware.tapq(APQN(adapter: AdapterID(adapter), domain: DomainID(domain)))
                if status.responseCode == .normal {
                    state.withLock { $0.domain = Int32(domain) }
                    return
                }
            }
        }
    }

    /// What a scan looks at. Without QCI everything is tried.
    private struct Reach {
        let configuration: ConfigurationInfo?

        func hasAdapter(_ adapter: AdapterID) -> Bool { configuration?.adapters.contains(adapter) ?? true }
        func hasUsage(_ domain: DomainID) -> Bool { configuration?.usageDomains.contains(domain) ?? true }
    }

    // MARK: - One adapter

    /// Kernel: drivers/s390/crypto/ap_bus.c, ap_scan_adapter.
    private func scanAdapter(_ adapter: AdapterID, _ reach: Reach, _ held: borrowing Held<ScanRank>) {
        var card = card(adapter)
        guard reach.hasAdapter(adapter), let (status, info) = firstAnswer(of: adapter, reach), info.type != 0 else {
            if let card { remove(card, held) }
            return
        }
        if let known = card, known.info.type != info.type || known.functions != APCard.functions(info, kernel.release) {
            remove(known, held)
            card = nil
        }
        let isConfigured = status.responseCode != .deconfigured
        let isCheckstopped = status.responseCode == .checkstopped
        if let card {
            update(card, isConfigured: isConfigured, isCheckstopped: isCheckstopped)
        } else {
            card = makeCard(adapter, info, reach, isConfigured: isConfigured, isCheckstopped: isCheckstopped, held)
        }
        guard let card else { return }
        for domain in 0...maxDomain { scanDomain(DomainID(domain), of: card, reach, held) }
    }

    /// The answer of the first usage domain in which the adapter has a queue; nil where it has none.
    private func firstAnswer(of adapter: AdapterID, _ reach: Reach) -> (QueueStatus, QueueInfo)? {
        for domain in 0...maxDomain where reach.hasUsage(DomainID(domain)) {
            let answer = hardware.tapq(APQN(adapter: adapter, domain: DomainID(domain)))
            if answer.0.responseCode.keepsQueue { return answer }
        }
        return nil
    }

    private func makeCard(
        _ adapter: AdapterID, _ info: QueueInfo, _ reach: Reach, isConfigured: Bool, isCheckstopped: Bool,
        _ held: borrowing Held<ScanRank>
    ) -> APCard? {
        guard let type = compatibleType(of: adapter, info, reach),
            let card = try? APCard(
                adapter, type: type, info: info, isConfigured: isConfigured, isCheckstopped: isCheckstopped, bus: self)
        else { return nil }
        index.withLock { $0.cards[adapter] = card }
        bus.add(.card(card), after: held)
        return card
    }

    /// The type as which the card is driven: 10 to 14 as it is, newer ones as the machine says, older ones with 6.1 only.
    ///
    /// Kernel: drivers/s390/crypto/ap_bus.c, ap_get_compatible_type.
    private func compatibleType(of adapter: AdapterID, _ info: QueueInfo, _ reach: Reach) -> UInt8? {
        switch info.type {
        case 10...14: return info.type
        case 15...:
            guard let domain = (0...maxDomain).first(where: { reach.hasUsage(DomainID($0)) }) else { return nil }
            let type = hardware.qact(APQN(adapter: adapter, domain: DomainID(domain)), type: info.type)
            return type.flatMap { (10...14).contains($0) ? $0 : nil }
        case 6...9: return kernel.release.has(.showsOldCards) ? info.type : nil
        default: return nil
        }
    }

    private func update(_ card: APCard, isConfigured: Bool, isCheckstopped: Bool) {
        let changed = card.state.withLock { state in
            state.isCheckstopped = isCheckstopped
            defer { state.isConfigured = isConfigured }
            return state.isConfigured != isConfigured
        }
        if changed { card.device.sendConfig(isConfigured) }
    }

    /// Removes the queues in the order in which they came, then the card.
    private func remove(_ card: APCard, _ held: borrowing Held<ScanRank>) {
        for case .queue(let queue) in bus.devices where queue.card === card { remove(queue, held) }
        index.withLock { $0.cards[card.adapter] = nil }
        bus.remove(.card(card), after: held)
    }

    private func remove(_ queue: APQueue, _ held: borrowing Held<ScanRank>) {
        index.withLock { $0.queues[queue.apqn] = nil }
        bus.remove(.queue(queue), after: held)
    }

    // MARK: - One queue

    /// Kernel: drivers/s390/crypto/ap_bus.c, ap_scan_domains.
    private func scanDomain(
        _ domain: DomainID, of card: APCard, _ reach: Reach, _ held: borrowing Held<ScanRank>
    ) {
        let apqn = APQN(adapter: card.adapter, domain: domain)
        let known = queue(apqn)
        guard reach.hasUsage(domain) else {
            if let known { remove(known, held) }
            return
        }
        let (status, _) = hardware.tapq(apqn)
        guard status.responseCode.keepsQueue || (status.asyncError && kernel.release.has(.keepsQueuesWithAsyncErrors)) else {
            if let known { remove(known, held) }
            return
        }
        let isConfigured = status.responseCode != .deconfigured
        let isCheckstopped = status.responseCode == .checkstopped
        if let known {
            update(known, isConfigured: isConfigured, isCheckstopped: isCheckstopped)
        } else if let queue = try? APQueue(
            apqn, card: card, isConfigured: isConfigured, isCheckstopped: isCheckstopped, bus: self)
        {
            index.withLock { $0.queues[apqn] = queue }
            bus.add(.queue(queue), after: held)
            if isConfigured, !isCheckstopped, kernel.release.has(.scanStartsQueues) { startQueue(queue) }
        }
    }

    /// One change a scan: checkstop, else configuration, else what an error needs. A checkstop is an error, too: the next scan
    /// starts the queue, which does nothing until the checkstop ends.
    private func update(_ queue: APQueue, isConfigured: Bool, isCheckstopped: Bool) {
        enum Change { case none, checkstop, configuration, error }
        let change: Change = queue.state.withLock { state in
            if isCheckstopped != state.isCheckstopped {
                state.isCheckstopped = isCheckstopped
                if isCheckstopped { state.machine.fail() } else { state.machine.recover() }
                return .checkstop
            }
            if isConfigured != state.isConfigured {
                state.isConfigured = isConfigured
                if isConfigured { state.machine.recover() } else { state.machine.fail() }
                return .configuration
            }
            return state.machine.device == .error && isConfigured ? .error : .none
        }
        let isLost = change == .checkstop && isCheckstopped || change == .configuration && !isConfigured
        switch change {
        case .none: return
        case .error:
            // in order again before its requests look for a queue: it may be the only one
            flush(queue) { $0.machine.recover() }
            kick(queue)
        case .checkstop, .configuration:
            if isLost {
                flush(queue)
            } else if kernel.release.has(.scanRestartsQueues) {
                kick(queue)
            } else {
                watch(queue)
            }
        }
        if change == .configuration { queue.device.sendConfig(isConfigured) }
    }
}

extension ResponseCode {
    /// Whether a queue that answers so is there.
    fileprivate var keepsQueue: Bool {
        switch self {
        case .normal, .resetInProgress, .deconfigured, .checkstopped, .busy: true
        default: false
        }
    }
}

extension ConfigurationInfo {
    /// Nothing at all: before the first scan, and without QCI.
    static let empty = ConfigurationInfo(maxAdapter: 0, maxDomain: 0)
}

extension Device {
    func sendConfig(_ isConfigured: Bool) {
        sendUevent(.change, [UeventVariable("CONFIG", isConfigured ? "1" : "0")])
    }
}
