internal import AdjunctProcessor
internal import KVM
internal import LockOrder
internal import Mdev

/// What `matrixDevice.lock` guards: all mediated matrix devices, and all queues that vfio_ap has.
struct MatrixState {
    /// The host's configuration as the driver last heard of it; nothing at all without QCI.
    var host: ConfigurationInfo
    /// By their numbers, which grow: the newest has the largest.
    private(set) var mdevs: [MdevNumber: MdevState] = [:]
    /// The queues that vfio_ap has.
    var queues: [APQN: QueueState] = [:]
    private var nextNumber: MdevNumber = 1
    /// For each APQN the device whose matrix has it, 0 for none: so assigning costs the same however many devices there are.
    private var owners = [MdevNumber](repeating: 0, count: 1 << 16)

    init(host: ConfigurationInfo) {
        self.host = host
    }

    // MARK: - Mediated devices

    mutating func addMdev(_ uuid: MdevUUID, config: Leaf<APMatrix>) -> MdevNumber {
        defer { nextNumber += 1 }
        mdevs[nextNumber] = MdevState(uuid, limits: MatrixLimits(host), config: config)
        return nextNumber
    }

    mutating func removeMdev(_ number: MdevNumber) {
        guard let mdev = mdevs[number] else { return }
        setMatrix(of: mdev, number, to: APMatrix())
        mdevs[number] = nil
    }

    /// Newest first, which is the order in which the driver looks at them.
    var newestFirst: [(MdevNumber, MdevState)] {
        mdevs.sorted { $0.key > $1.key }.map { ($0.key, $0.value) }
    }

    /// Changes what is assigned to a device.
    mutating func setMatrix(of mdev: MdevState, _ number: MdevNumber, to matrix: APMatrix) {
        let old = mdev.matrix
        mdev.matrix = matrix
        mdev.config.withLock { $0 = matrix }
        for adapter in old.adapters.union(matrix.adapters).adapters {
            let had = old.adapters.contains(adapter) ? old.domains : .none
            let has = matrix.adapters.contains(adapter) ? matrix.domains : .none
            for domain in had.subtracting(has).domains { owners[index(adapter, domain)] = 0 }
            for domain in has.subtracting(had).domains { owners[index(adapter, domain)] = number }
        }
    }

    // MARK: - Who has what

    private func index(_ adapter: AdapterID, _ domain: DomainID) -> Int {
        Int(adapter.rawValue) << 8 | Int(domain.rawValue)
    }

    /// The device whose matrix has the queue, nil where there is none.
    func owner(_ apqn: APQN) -> MdevNumber? {
        let owner = owners[index(apqn.adapter, apqn.domain)]
        return owner == 0 ? nil : owner
    }

    /// The newest device but `except` that has any queue of these adapters and domains.
    func newestOwner(adapters: APMask, domains: APMask, except: MdevNumber = 0) -> MdevNumber? {
        var newest: MdevNumber = 0
        for adapter in adapters.adapters {
            for domain in domains.domains {
                let owner = owners[index(adapter, domain)]
                if owner != except { newest = max(newest, owner) }
            }
        }
        return newest == 0 ? nil : newest
    }

    /// Those queues of these adapters and domains that vfio_ap has.
    func boundQueues(adapters: APMask, domains: APMask) -> [QueueState] {
        APMatrix(adapters: adapters, domains: domains).queues.compactMap { queues[$0] }
    }
}

/// Counts mediated matrix devices; never 0, and never given twice.
typealias MdevNumber = UInt64

/// A mediated matrix device, as far as `matrixDevice.lock` guards it. Reachable only through that lock.
///
/// Kernel: drivers/s390/crypto/vfio_ap_private.h, struct ap_matrix_mdev.
final class MdevState {
    let uuid: MdevUUID
    /// What is assigned to it. Changed by `MatrixState.setMatrix` alone.
    fileprivate(set) var matrix = APMatrix()
    /// A copy of `matrix` for readers without the lock.
    fileprivate let config: Leaf<APMatrix>
    let limits: MatrixLimits
    /// What its guest has, or would have.
    var shadow = APMatrix()
    /// Its guest. Also changed under the guests' lock for writing and the guest's own.
    var guest: Guest?
    /// What the host has got since the last scan began, of what is assigned; empty outside of scans.
    var added = APMatrix()

    /// Whether readers without the lock see what is assigned.
    var isPublished: Bool { config.withLock { $0 } == matrix }

    init(_ uuid: MdevUUID, limits: MatrixLimits, config: Leaf<APMatrix>) {
        self.uuid = uuid
        self.limits = limits
        self.config = config
    }
}

/// A queue that vfio_ap has. Reachable only through `matrixDevice.lock`.
///
/// Kernel: drivers/s390/crypto/vfio_ap_private.h, struct vfio_ap_queue.
final class QueueState {
    let apqn: APQN
    /// What its last reset was answered with.
    var resetStatus = ResponseCode.normal

    init(_ apqn: APQN) {
        self.apqn = apqn
    }
}
