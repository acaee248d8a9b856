public import AdjunctProcessor

/// The AP control block of a guest: the masks that it runs with.
///
/// Kernel: arch/s390/include/asm/kvm_host.h, struct kvm_s390_apcb1.
public struct APCB: Hashable, Sendable {
    public var adapters: APMask
    public var domains: APMask
    public var controlDomains: APMask

    public init(adapters: APMask = .none, domains: APMask = .none, controlDomains: APMask = .none) {
        self.adapters = adapters
        self.domains = domains
        self.controlDomains = controlDomains
    }

    /// A guest without AP devices.
    public static let none = APCB()

    public func contains(_ apqn: APQN) -> Bool {
        adapters.contains(apqn.adapter) && domains.contains(apqn.domain)
    }
}
