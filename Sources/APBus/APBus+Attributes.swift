internal import AdjunctProcessor
internal import DriverCore
internal import KernelLocks
internal import Kernels
internal import LockOrder
internal import SystemAdditions
internal import SystemPackage
internal import Sysfs

extension APBus {
    /// The tables of the bus and of what is on it, for one release.
    struct Tables {
        let bus: AttributeTable<APBus>
        let card: AttributeTable<CardView>
        let queue: AttributeTable<QueueView>
        /// What a queue of a secure-execution guest has besides.
        let secureQueue: AttributeTable<QueueView>

        init(release: KernelRelease) {
            bus = AttributeTable(APBus.attributes(release), release: release)
            card = AttributeTable(CardView.attributes, release: release)
            queue = AttributeTable(QueueView.attributes, release: release)
            secureQueue = AttributeTable(QueueView.secureAttributes, release: release)
        }
    }

    /// /sys/bus/ap
    private static func attributes(_ release: KernelRelease) -> [Attribute<APBus>] {
        [
            .readWrite("ap_domain") {
                "\($0.state.withLock { $0.domain })\n"
            } store: { bus, input, _ throws(Errno) in
                try bus.storeDomain(input)
            },
            .readOnly("ap_control_domain_mask") { $0.configurationMask(\.controlDomains) },
            .readOnly("ap_usage_domain_mask") { $0.configurationMask(\.usageDomains) },
            .readOnly("ap_adapter_mask") { $0.configurationMask(\.adapters) },
            .readOnly("ap_max_domain_id") { "\($0.maxDomain)\n" },
            .readOnly("ap_max_adapter_id") { "\($0.maxAdapter)\n" },
            .readOnly("ap_interrupts") { $0.hardware.hasInterrupts ? "1\n" : "0\n" },
            mask("apmask", .adapters),
            mask("aqmask", .domains),
            .readWrite("config_time") {
                "\($0.state.withLock { $0.configTime })\n"
            } store: { bus, input, _ throws(Errno) in
                let seconds = try KernelText.scannedInteger(input.text, .decimal, release: release)
                guard (5...120).contains(seconds) else { throw .EINVAL }
                bus.state.withLock { $0.configTime = seconds }
                bus.armScanTimer()
            },
            // with AP interrupts there is nothing to poll: the thread is never started
            .readWrite("poll_thread") {
                $0.state.withLock { $0.pollThread } ? "1\n" : "0\n"
            } store: {
                bus, input, _ throws(Errno) in
                let isOn =
                    release.has(.pollThreadIsABoolean)
                    ? try KernelText.boolean(input.text, release: release)
                    : try KernelText.scannedInteger(input.text, .decimal, release: release) != 0
                bus.state.withLock { $0.pollThread = isOn && !bus.hardware.hasInterrupts }
            },
            .readWrite("poll_timeout") {
                "\($0.state.withLock { $0.pollTimeout })\n"
            } store: { bus, input, _ throws(Errno) in
                let nanoseconds =
                    release.has(.pollTimeoutIsOneNumber)
                    ? try KernelText.unsignedLong(input.text)
                    : try KernelText.scannedLong(input.text, .decimal, release: release)
                guard nanoseconds <= 120_000_000_000, nanoseconds > 0 || release.has(.pollTimeoutIsOneNumber) else {
                    throw .EINVAL
                }
                bus.state.withLock { $0.pollTimeout = nanoseconds }
            },
            .readWrite("scans") {
                "\($0.state.withLock { $0.scans })\n"
            } store: { bus, _, held in
                bus.forceScan(after: held)
            },
            .readOnly("bindings") { bus in
                let (bound, all) = bus.bindings
                let isComplete = bound == all && bus.state.withLock { $0.scans > 0 }
                return "\(bound)/\(all)\(isComplete ? " (complete)" : "")\n"
            },
            .readOnly("bindings_complete_count", since: .v7_2) { "\($0.state.withLock { $0.bindingsCompleteCount })\n" },
            .readOnly("features", since: .v6_12) { $0.features },
        ]
    }

    private static func mask(_ name: String, _ mask: Mask) -> Attribute<APBus> {
        Attribute(name, .readWrite) { bus, page, held throws(Errno) in
            let shown = try bus.masks.withLockInterruptibly(after: held) { (masks, _) in masks[keyPath: mask.path] }
            page.emit("\(shown)\n")
        } store: { bus, input, held throws(Errno) in
            try bus.store(mask, input, after: held)
        }
    }

    /// A mask of the configuration as last scanned.
    private func configurationMask(_ mask: KeyPath<ConfigurationInfo, APMask>) -> String {
        configuration.map { "\($0[keyPath: mask])\n" } ?? "not supported\n"
    }

    /// The names of the facilities; nothing at all where there are some but none that has a name.
    private var features: String {
        guard let configuration else { return "-\n" }
        let text = configuration.featuresText
        return text.isEmpty ? "" : text + "\n"
    }

    /// Takes no lock but a leaf: it waits for nobody who waits with the masks.
    ///
    /// - Throws: `EINVAL` for what is no domain of the machine, or none that the host's drivers have.
    ///
    /// Kernel: drivers/s390/crypto/ap_bus.c, ap_domain_store.
    private func storeDomain(_ input: Input) throws(Errno) {
        let domain = try KernelText.scannedInteger(input.text, .prefixed, release: kernel.release)
        guard domain >= 0, domain <= Int32(maxDomain) else { throw .EINVAL }
        try state.withLock { state throws(Errno) in
            guard state.masks.domains.contains(UInt8(domain)) else { throw .EINVAL }
            state.domain = domain
        }
    }
}

extension APBus {
    /// The default domain, -1 while there is none.
    public var defaultDomain: Int32 { state.withLock { $0.domain } }
}
