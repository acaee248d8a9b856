public import AdjunctProcessor
internal import KernelLocks

/// Which queues the host's own drivers get, under the lock of the bus's attributes (rank `APAttributesRank`).
public struct BusMasks: Sendable {
    /// apmask
    public internal(set) var adapters = APMask.all
    /// aqmask
    public internal(set) var domains = APMask.all
    /// Queues whose driver_override is set; a queue that goes away with one stays counted, as it does in Linux.
    var overrides = 0
    /// A mask has been changed by a user, and they are not both all ones.
    var areInUse = false

    /// Whether a queue is the host's drivers': both bits are set.
    public func reservesForHost(_ apqn: APQN) -> Bool {
        adapters.contains(apqn.adapter) && domains.contains(apqn.domain)
    }

    /// Whether any queue of these adapters and domains is the host's drivers'.
    public func reservesForHost(adapters: APMask, domains: APMask) -> Bool {
        self.adapters.intersects(adapters) && self.domains.intersects(domains)
    }
}
