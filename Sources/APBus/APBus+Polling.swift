internal import AdjunctProcessor
internal import DriverCore
internal import Kernels
internal import LockOrder

// Queues are looked at while one of them waits for its hardware: then all that a driver has and that are not at rest. A queue
// without a driver is never looked at, and one in error is tried again each time.
//
// Kernel: drivers/s390/crypto/ap_bus.c, ap_tasklet_fn, ap_wait.
extension APBus {
    /// Between two looks at a queue that resets or turns its interrupts on.
    ///
    /// Kernel: drivers/s390/crypto/ap_bus.c, AP_SM_WAIT_LOW_TIMEOUT.
    private var pollInterval: Duration {
        kernel.release.queuePollInterval ?? .nanoseconds(Int64(clamping: state.withLock { $0.pollTimeout }))
    }

    /// The longest that a reader sleeps at a time while its request waits in a queue; the queue ends the sleep earlier.
    var longestLook: Duration { max(pollInterval, .milliseconds(40)) }

    /// Starts a queue and its state machine.
    ///
    /// Kernel: drivers/s390/crypto/ap_queue.c, ap_queue_init_state.
    func startQueue(_ queue: APQueue) {
        kick(queue) { $0.machine.start() }
    }

    /// Lets a queue's state machine go on; if it waits then, queues are looked at until none waits.
    ///
    /// - Parameter change: of its state, just before.
    func kick(_ queue: APQueue, _ change: (inout APQueue.State) -> Void = { _ in }) {
        let look = look(at: queue, change)
        guard look.isUnfinished || look.waits else { return }
        let starts = state.withLock { state in
            if look.isUnfinished { state.polled.append(queue) }
            return look.waits && state.beginsPolling()
        }
        if starts { schedulePoll() }
    }

    /// Has a queue looked at when any is, for as long as it has a driver and is not at rest.
    func watch(_ queue: APQueue) {
        guard queue.state.withLock({ $0.isUnfinished }) else { return }
        state.withLock { $0.polled.append(queue) }
    }

    /// Says that a queue has a driver, or is about to.
    func bind(_ queue: APQueue) {
        let isUnfinished = queue.state.withLock { state in
            state.isBound = true
            return state.isUnfinished
        }
        if isUnfinished { state.withLock { $0.polled.append(queue) } }
    }

    /// No queue waits to be looked at.
    public var queuesAreAtRest: Bool { state.withLock { !$0.isPolling } }

    /// Looks at the queues that are not at rest, as an interrupt does.
    func pollWaitingQueues() {
        guard state.withLock({ !$0.polled.isEmpty }), stepPolledQueues() else { return }
        if state.withLock({ $0.beginsPolling() }) { schedulePoll() }
    }

    /// What has become of a queue's state machine.
    private struct Look {
        /// It has to be looked at again in a while.
        var waits = false
        /// It is to be looked at when any queue is.
        var isUnfinished = false
    }

    /// Lets a queue's state machine go on.
    ///
    /// - Parameters:
    ///   - onlyIfBound: leaves a queue without a driver as it is.
    ///   - change: of its state, just before.
    private func look(at queue: APQueue, onlyIfBound: Bool = false, _ change: (inout APQueue.State) -> Void) -> Look {
        var look = Look()
        var wait = QueueStateMachine.Wait.nothing
        var ended: APQueue.State.Ended = []
        queue.state.withLock { state in
            guard state.isBound || !onlyIfBound else { return }
            change(&state)
            if state.isConfigured, !state.isCheckstopped { (wait, ended) = state.step(queue.apqn, hardware) }
            look.isUnfinished = state.isUnfinished
        }
        for (request, outcome) in ended { request.end(outcome) }
        switch wait {
        case .nothing: break
        case .poll: look.waits = true
        case .associated(let secret):
            if kernel.release.has(.tellsSecureBinding) {
                queue.device.sendUevent(.change, [UeventVariable("SE_ASSOC", "\(secret)")])
            }
        }
        return look
    }

    private func schedulePoll() {
        _ = kernel.clock.schedule(after: pollInterval) { [weak self] in self?.poll() }
    }

    private func poll() {
        // who begins to wait from now on may be too late for this look
        state.withLock { $0.pollsAgain = false }
        let waits = stepPolledQueues()
        let goesOn = state.withLock { state in
            state.isPolling = waits || state.pollsAgain
            return state.isPolling
        }
        if goesOn { schedulePoll() }
    }

    /// - Returns: whether any of them has to be looked at again.
    private func stepPolledQueues() -> Bool {
        var waits = false
        let unfinished = state.withLock { $0.polled.takeAll() }.filter { queue in
            let look = look(at: queue, onlyIfBound: true) { _ in }
            waits = waits || look.waits
            return look.isUnfinished
        }
        state.withLock { state in
            for queue in unfinished { state.polled.append(queue) }
        }
        return waits
    }

    /// Lets queues come to rest without waiting for it: nobody has seen the machine boot.
    public func comeToRest() {
        // a reset, its end, interrupts; a queue that resets slowly goes on with the time
        for _ in 0..<3 { _ = stepPolledQueues() }
    }
}

extension APBus.State {
    /// Says that a queue waits to be looked at.
    ///
    /// - Returns: whether nobody looks yet.
    fileprivate mutating func beginsPolling() -> Bool {
        pollsAgain = true
        defer { isPolling = true }
        return !isPolling
    }
}
