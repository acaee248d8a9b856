public import AdjunctProcessor
internal import KVM
internal import Sysfs

/// What an administrator assigns to a mediated device, or what a guest gets of it: adapters, usage domains, control domains.
///
/// Kernel: drivers/s390/crypto/vfio_ap_private.h, struct ap_matrix.
public struct APMatrix: Hashable, Sendable {
    /// With `domains` these form the queues: each adapter with each domain.
    public var adapters: APMask
    /// The usage domains.
    public var domains: APMask
    /// They form no queues, and devices may share them.
    public var controlDomains: APMask

    /// By default nothing.
    public init(adapters: APMask = .none, domains: APMask = .none, controlDomains: APMask = .none) {
        self.adapters = adapters
        self.domains = domains
        self.controlDomains = controlDomains
    }

    func contains(_ apqn: APQN) -> Bool {
        adapters.contains(apqn.adapter) && domains.contains(apqn.domain)
    }

    /// The guest's control block with these masks.
    var apcb: APCB {
        APCB(adapters: adapters, domains: domains, controlDomains: controlDomains)
    }

    /// Every queue, ascending.
    var queues: some Sequence<APQN> {
        adapters.adapters.lazy.flatMap { adapter in domains.domains.lazy.map { APQN(adapter: adapter, domain: $0) } }
    }

    // MARK: - Text

    /// `05.0004` for each queue, `05.` for each adapter without domains, `.0004` for each domain without adapters.
    ///
    /// Kernel: drivers/s390/crypto/vfio_ap_ops.c, vfio_ap_mdev_matrix_show.
    func emit(into page: inout Page) {
        if adapters.isEmpty {
            for domain in domains.domains { page.emit(".\(domain)\n") }
        } else if domains.isEmpty {
            for adapter in adapters.adapters { page.emit("\(adapter).\n") }
        } else {
            for apqn in queues where !page.isFull { page.emit("\(apqn)\n") }
        }
    }

    /// How long the text would be on a page without end.
    var textLength: Int {
        if adapters.isEmpty { return 6 * domains.count }
        return domains.isEmpty ? 4 * adapters.count : 8 * adapters.count * domains.count
    }

    /// The three masks as `ap_config` shows them.
    var configText: String { "\(adapters),\(domains),\(controlDomains)\n" }

    /// Reads what was written to `ap_config`: three hexadecimal masks with a comma or a newline between them; what is behind the
    /// third one, or behind 201 characters, does not matter.
    ///
    /// Kernel: drivers/s390/crypto/vfio_ap_ops.c, ap_matrix_length and parse_bitmaps of ap_config_store.
    static func parseConfig(_ text: ArraySlice<UInt8>) -> APMatrix? {
        let separators: Set = [UInt8(ascii: ","), UInt8(ascii: "\n")]
        let tokens = text.prefix(configLength).split(maxSplits: 3, omittingEmptySubsequences: false) { separators.contains($0) }
        guard tokens.count >= 3 else { return nil }
        let masks = tokens.prefix(3).compactMap { APMask.parseHex($0) }
        guard masks.count == 3 else { return nil }
        return APMatrix(adapters: masks[0], domains: masks[1], controlDomains: masks[2])
    }

    /// Three masks of 66 characters with a separator each.
    private static let configLength = 201
}

/// The largest numbers that a mediated device takes, fixed when it is made.
struct MatrixLimits: Hashable, Sendable {
    let adapter: UInt8
    let domain: UInt8

    /// Kernel: drivers/s390/crypto/vfio_ap_ops.c, vfio_ap_matrix_init.
    init(_ host: ConfigurationInfo) {
        adapter = host.apxa ? host.maxAdapter : 63
        domain = host.apxa ? host.maxDomain : 15
    }

    func permit(_ matrix: APMatrix) -> Bool {
        matrix.adapters.isSubset(of: .through(adapter)) && matrix.domains.isSubset(of: .through(domain))
            && matrix.controlDomains.isSubset(of: .through(domain))
    }
}
