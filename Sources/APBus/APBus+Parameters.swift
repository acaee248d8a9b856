internal import AdjunctProcessor
internal import DriverCore
internal import KernelLocks
internal import Kernels
public import LockOrder
internal import SystemAdditions

extension APBus {
    /// The parameters of the module ap: what Linux is told at boot.
    public struct Parameters: Hashable, Sendable {
        /// The default domain; -1: the bus chooses.
        public var domain: Int32 = -1
        /// Not 0: a thread polls the queues, where there are no interrupts.
        public var pollThread: Int32 = 0
        /// 0: AP interrupts are not used.
        public var useInterrupts: Int32 = 1
        /// The text of apmask as it was given, a character for each byte; nil: all ones.
        public var adapters: String?
        /// The text of aqmask, as `adapters`.
        public var domains: String?
        /// How many messages are kept for requests of the kernel.
        public var leastPooledMessages: UInt32 = 8

        /// What holds where nothing is said.
        public init() {}
    }

    /// Takes what Linux is told at boot, before the first scan. A mask that is malformed is empty, and one of signs begins at the empty
    /// one; nobody is told. A default domain that cannot be is none, and the log says so.
    ///
    /// Kernel: drivers/s390/crypto/ap_bus.c, ap_module_init, ap_perms_init.
    public func take(_ parameters: Parameters, after held: borrowing Held<Unlocked>) {
        let overflow: NumberOverflow = kernel.release.has(.maskNumbersSaturate) ? .saturates : .wraps
        func mask(_ text: String?) -> APMask {
            text.map { APMask.parse($0.latin1, current: .none, overflow: overflow) ?? .none } ?? .all
        }
        let domains = mask(parameters.domains)
        masks.withLock(after: held) { (masks, _) in
            masks.adapters = mask(parameters.adapters)
            masks.domains = domains
            state.withLock { [masks] in $0.masks = masks }
        }
        var domain = parameters.domain
        if domain < -1 || domain > maxDomain || domain >= 0 && !domains.contains(DomainID(UInt8(clamping: domain))) {
            kernel.log.print("ap: \(domain) is not a valid cryptographic domain")
            domain = -1
        }
        state.withLock { state in
            state.domain = domain
            state.pollThread = parameters.pollThread != 0 && !hardware.hasInterrupts
        }
    }
}
