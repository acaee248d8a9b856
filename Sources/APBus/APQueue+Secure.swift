internal import AdjunctProcessor
internal import DriverCore
internal import Kernels
internal import LockOrder
internal import Sysfs
internal import SystemAdditions
internal import SystemPackage

// What a secure-execution guest does before it can use a queue: it binds the queue to itself, and a queue of an EP11 card to a
// secret.
extension APBus.QueueView {
    /// /sys/devices/ap/cardXX/XX.YYYY, in a secure-execution guest
    static var secureAttributes: [Attribute<APBus.QueueView>] {
        [
            Attribute("se_bind", .readWrite, since: .v6_12) { queue, page, _ throws(Errno) in
                page.emit(try queue.bindText())
            } store: { queue, input, _ throws(Errno) in
                try queue.storeBind(input)
            },
            Attribute("se_associate", .readWrite, since: .v6_12) { queue, page, _ throws(Errno) in
                page.emit(try queue.associationText())
            } store: { queue, input, _ throws(Errno) in
                try queue.storeAssociation(input)
            },
        ]
    }

    private var canBind: Bool { bus.configuration?.apsb == true }
    private var canAssociate: Bool { canBind && queue.card.info.mode == .ep11 }

    /// - Throws: `EIO` where the queue does not say.
    private func bindState() throws(Errno) -> QueueInfo.BindState {
        let (status, info) = bus.hardware.tapq(queue.apqn)
        guard status.responseCode.rawValue <= ResponseCode.busy.rawValue else { throw .EIO }
        return info.bindState
    }

    /// The bind state of a queue that can be worked with.
    ///
    /// - Throws: `EIO` for any other.
    private func readyBindState() throws(Errno) -> QueueInfo.BindState {
        let (status, info) = bus.hardware.tapq(queue.apqn)
        guard status.responseCode == .normal else { throw .EIO }
        return info.bindState
    }

    /// Whether it neither resets nor is being associated; whether it has a driver does not matter.
    private var isIdle: Bool { queue.state.withLock { $0.machine.state == .idle } }

    // MARK: - Binding

    /// - Throws: `EIO` where the queue does not say how it is.
    ///
    /// Kernel: drivers/s390/crypto/ap_queue.c, se_bind_show.
    private func bindText() throws(Errno) -> String {
        guard canBind else { return "-\n" }
        switch try bindState() {
        case .usable, .boundNotAssociated: return "bound\n"
        case .unbound, .unusable: return "unbound\n"
        }
    }

    /// Binds the queue, or resets it so that it is not bound any more.
    ///
    /// - Throws: `EINVAL` for what is no yes or no, for a queue that is bound, and where nothing can be; `EBUSY` while the queue
    ///   resets; `EIO` where it does not answer, or is not bound afterwards.
    ///
    /// Kernel: drivers/s390/crypto/ap_queue.c, se_bind_store.
    private func storeBind(_ input: Input) throws(Errno) {
        guard canBind else { throw .EINVAL }
        guard try KernelText.boolean(input.text, release: bus.kernel.release) else {
            bus.flush(queue)
            bus.kick(queue) { $0.machine.unbind() }
            return
        }
        guard try readyBindState() == .unbound else { throw .EINVAL }
        guard isIdle else { throw .EBUSY }
        guard bus.hardware.bapq(queue.apqn).responseCode == .normal else { throw .EIO }
        guard [.usable, .boundNotAssociated].contains(try readyBindState()) else { throw .EIO }
        if bus.kernel.release.has(.tellsSecureBinding) { queue.device.sendUevent(.change, [UeventVariable("SE_BIND", "1")]) }
    }

    // MARK: - Association

    /// - Throws: `EIO` where the queue does not say how it is, and where it is associated with a secret that nobody has
    ///   written here.
    ///
    /// Kernel: drivers/s390/crypto/ap_queue.c, se_associate_show.
    private func associationText() throws(Errno) -> String {
        guard canAssociate else { return "-\n" }
        let secret = queue.state.withLock { $0.machine.secret }
        switch try bindState() {
        case .usable:
            guard let secret else { throw .EIO }
            return "associated \(secret)\n"
        case .boundNotAssociated: return secret == nil ? "unassociated\n" : "association pending\n"
        case .unbound, .unusable: return "unassociated\n"
        }
    }

    /// Begins the association with the secret of that number; its end is told by a uevent.
    ///
    /// - Throws: `EINVAL`, `ERANGE` for what is no number from 0 to 65535, `EINVAL` for a queue that is not bound or has been
    ///   associated; `EBUSY` while the queue resets or is being associated; `EIO` where it does not answer or refuses.
    ///
    /// Kernel: drivers/s390/crypto/ap_queue.c, se_associate_store.
    private func storeAssociation(_ input: Input) throws(Errno) {
        guard canAssociate else { throw .EINVAL }
        let number = try KernelText.unsignedLong(input.text)
        guard number <= UInt32.max else { throw .ERANGE }
        guard let secret = UInt16(exactly: number) else { throw .EINVAL }
        guard try readyBindState() == .boundNotAssociated else { throw .EINVAL }
        guard isIdle else { throw .EBUSY }
        guard bus.hardware.aapq(queue.apqn, secret: secret).responseCode == .normal else { throw .EIO }
        bus.kick(queue) { $0.machine.awaitAssociation(with: secret) }
    }
}
