public import AdjunctProcessor

/// The AP control block of a guest: the masks that it runs with.
///
/// Kernel: arch/s390/include/asm/kvm_host.h, struct kvm_s390_apcb1.
public struct APCB: Hashable, Sendable {
    /// The adapters (apm). The guest has the queues of these in `domains`.
    public var adapters: APMask
    /// The usage domains (aqm).
    public var domains: APMask
    /// The domains that it may control (adm); it need not be able to use them.
    public var controlDomains: APMask

    /// By default a guest without AP devices.
    public init(adapters: APMask = .none, domains: APMask = .none, controlDomains: APMask = .none) {
        self.adapters = adapters
        self.domains = domains
        self.controlDomains = controlDomains
    }

    /// A guest without AP devices.
    public static let none = APCB()

    /// Whether the guest has the queue: both of its bits are set. Whether the host has it, is not asked.
    public func contains(_ apqn: APQN) -> Bool {
        adapters.contains(apqn.adapter) && domains.contains(apqn.domain)
    }
}
