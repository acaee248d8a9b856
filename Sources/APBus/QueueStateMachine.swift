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
        case resetStart, resetWait, setInterruptWait, idle
    }
    private(set) var device: DeviceState = .uninitiated
    private(set) var state: State = .resetStart
    /// Interrupts were on when last looked at: what 6.1 shows.
    private(set) var sawInterrupts = false

    /// What a queue still waits for.
    enum Wait: Sendable {
        case nothing
        /// Look again in a while (`APBus.pollInterval`).
        case poll
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
                switch hardware.rapq(apqn).responseCode {
                case .normal, .resetInProgress:
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
            case .idle:
                return .nothing
            }
        }
        return .nothing
    }
}
