internal import AdjunctProcessor

/// The life of a queue between resets.
///
/// It goes on when somebody looks (`step`), also where the device is in error; only who looks knows whether the queue can be
/// reached at all.
///
/// Kernel: drivers/s390/crypto/ap_queue.c, the jumptable of ap_sm_event.
struct QueueStateMachine: Sendable {
    enum DeviceState: Sendable {
        /// Nobody has started it since its last driver has gone.
        case uninitiated
        /// It takes requests.
        case operating
        /// A driver lets go of it.
        case shutdown
        /// It takes no requests until a scan or a driver starts it.
        case error
    }
    enum State: Sendable {
        case resetStart, resetWait, setInterruptWait, idle
        /// It has said that it takes no further request.
        case full
        case associationWait
    }
    private(set) var device: DeviceState = .uninitiated
    private(set) var state: State = .resetStart
    /// Interrupts were on when last looked at: what 6.1 shows.
    private(set) var sawInterrupts = false
    /// The secret that the queue is associated with, or is about to be; a start forgets it.
    private(set) var secret: UInt16?
    /// The next reset unbinds the queue.
    private var unbinds = false

    /// What a queue still waits for.
    enum Wait: Hashable, Sendable {
        case nothing
        /// Look again in a while (`APBus.pollInterval`).
        case poll
        /// For nothing: it has just been associated with the secret of that number.
        case associated(UInt16)
    }

    /// Whether it goes on when it is looked at.
    var isUnfinished: Bool { device != .uninitiated && state != .idle }

    mutating func prepareRemove() {
        device = .shutdown
    }

    mutating func finishRemove() {
        device = .uninitiated
    }

    /// Starts the queue, whatever it was; the next step resets it.
    mutating func start() {
        device = .operating
        state = .resetStart
        secret = nil
    }

    /// Resets the queue at the next step; one that nobody has started is not started by it, and one in error stays there.
    mutating func restart() {
        state = .resetStart
    }

    /// Starts the queue; the reset unbinds it.
    mutating func unbind() {
        unbinds = true
        start()
    }

    /// Waits for the end of an association that has begun.
    mutating func awaitAssociation(with secret: UInt16) {
        self.secret = secret
        state = .associationWait
    }

    /// Starts the queue again unless nobody has started it before.
    mutating func recover() {
        if device != .uninitiated { start() }
    }

    mutating func fail() {
        if device != .uninitiated { device = .error }
    }

    /// Does what can be done without waiting.
    mutating func step(_ apqn: APQN, _ hardware: any APInstructions) -> Wait {
        guard device != .uninitiated else { return .nothing }
        switch state {
        case .resetStart: return reset(apqn, hardware)
        case .resetWait: return awaitReset(apqn, hardware)
        case .setInterruptWait: return awaitInterrupts(apqn, hardware)
        case .associationWait: return awaitAssociation(apqn, hardware)
        case .full:
            // replies are looked for; there are none, so what waits is sent again at the next step
            state = .idle
            return .nothing
        case .idle: return .nothing
        }
    }

    /// What became of a request.
    enum Sending: Equatable, Sendable {
        case sent
        /// The card cannot execute it (EINVAL).
        case refused
        /// It stays in the queue's list.
        case stays(Wait)
    }

    /// Sends a request to a queue that is idle, also to one in error.
    ///
    /// Kernel: drivers/s390/crypto/ap_queue.c, ap_sm_write.
    mutating func send(_ apqn: APQN, _ hardware: any APInstructions) -> Sending {
        let status = hardware.nqap(apqn)
        switch status.responseCode {
        case .normal: return .sent
        case .queueFull:
            // an interrupt tells of a reply, and so of room; there is none where nothing is in the queue
            state = .full
            return .stays(status.interruptsEnabled ? .nothing : .poll)
        case .resetInProgress:
            state = .resetWait
            return .stays(.poll)
        case .messageTooBig, .requiredFacilityNotInstalled, .invalidDomain: return .refused
        default:
            device = .error
            return .stays(.nothing)
        }
    }

    private mutating func reset(_ apqn: APQN, _ hardware: any APInstructions) -> Wait {
        switch hardware.rapq(apqn, unbinding: unbinds).responseCode {
        case .normal, .resetInProgress:
            unbinds = false
            sawInterrupts = false
            state = .resetWait
            return .poll
        default:
            device = .error
            return .nothing
        }
    }

    private mutating func awaitReset(_ apqn: APQN, _ hardware: any APInstructions) -> Wait {
        switch hardware.tapq(apqn).0.responseCode {
        case .normal:
            guard hardware.hasInterrupts, canInterrupt(apqn, hardware) else {
                state = .idle
                return .nothing
            }
            state = .setInterruptWait
            return .poll
        case .resetInProgress, .busy:
            return .poll
        default:
            device = .error
            return .nothing
        }
    }

    /// Asks for interrupts; without them the queue is polled.
    private func canInterrupt(_ apqn: APQN, _ hardware: any APInstructions) -> Bool {
        [.normal, .otherwiseChanged].contains(hardware.aqic(apqn, enable: true).responseCode)
    }

    private mutating func awaitInterrupts(_ apqn: APQN, _ hardware: any APInstructions) -> Wait {
        let (status, _) = hardware.tapq(apqn)
        switch status.responseCode {
        case .normal where status.interruptsEnabled:
            sawInterrupts = true
            state = .idle
            return .nothing
        case .normal, .resetInProgress, .busy:
            return .poll
        default:
            device = .error
            return .nothing
        }
    }

    private mutating func awaitAssociation(_ apqn: APQN, _ hardware: any APInstructions) -> Wait {
        let (status, info) = hardware.tapq(apqn)
        switch (status.responseCode, info.bindState) {
        case (.normal, .usable):
            state = .idle
            return secret.map { .associated($0) } ?? .nothing
        case (.normal, .boundNotAssociated), (.resetInProgress, _), (.busy, _):
            return .poll
        default:
            secret = nil
            device = .error
            return .nothing
        }
    }
}
