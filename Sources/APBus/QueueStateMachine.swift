internal import AdjunctProcessor

/// The life of a queue between resets, as far as a queue without requests has one.
///
/// Kernel: drivers/s390/crypto/ap_queue.c, the jumptable of ap_sm_event.
struct QueueStateMachine: Sendable {
    enum DeviceState: Sendable {
        /// Nobody has started it since its last driver has gone.
        case uninitiated
        case operating
        /// A driver lets go of it.
        case shutdown
        case error
    }
    enum State: Sendable {
        case resetStart, resetWait, setInterruptWait, idle, associationWait
    }
    private(set) var device: DeviceState = .uninitiated
    private(set) var state: State = .resetStart
    /// Interrupts were on when last looked at: what 6.1 shows.
    private(set) var sawInterrupts = false
    /// The secret that the queue is associated with, or is about to be; a reset forgets it.
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
    }

    /// Resets the queue at the next step; one that nobody has started is not started by it.
    mutating func restart() {
        state = .resetStart
    }

    /// Resets the queue at the next step, and unbinds it.
    mutating func unbind() {
        unbinds = true
        restart()
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
        while device == .operating {
            switch state {
            case .resetStart:
                sawInterrupts = false
                switch hardware.rapq(apqn, unbinding: unbinds).responseCode {
                case .normal, .resetInProgress:
                    unbinds = false
                    secret = nil
                    state = .resetWait
                    return .poll
                default:
                    device = .error
                }
            case .resetWait:
                switch hardware.tapq(apqn).0.responseCode {
                case .normal where hardware.hasInterrupts:
                    _ = hardware.aqic(apqn, enable: true)
                    state = .setInterruptWait
                    return .poll
                case .normal:
                    state = .idle
                case .resetInProgress, .busy:
                    return .poll
                default:
                    device = .error
                }
            case .setInterruptWait:
                let (status, _) = hardware.tapq(apqn)
                switch status.responseCode {
                case .normal where status.interruptsEnabled:
                    sawInterrupts = true
                    state = .idle
                case .normal, .resetInProgress, .busy:
                    return .poll
                default:
                    device = .error
                }
            case .associationWait:
                let (status, info) = hardware.tapq(apqn)
                switch (status.responseCode, info.bindState) {
                case (.normal, .usable):
                    state = .idle
                    if let secret { return .associated(secret) }
                case (.normal, .boundNotAssociated), (.resetInProgress, _), (.busy, _):
                    return .poll
                default:
                    secret = nil
                    device = .error
                }
            case .idle:
                return .nothing
            }
        }
        return .nothing
    }
}
