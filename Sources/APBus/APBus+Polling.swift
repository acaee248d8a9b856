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

    /// How long one sleeps at a time who waits for a queue; the queue wakes him.
    var longestLook: Duration { max(pollInterval, .milliseconds(40)) }

    /// Starts a queue and its state machine.
    ///
    /// Kernel: drivers/s390/crypto/ap_queue.c, ap_queue_init_state.
    func startQueue(_ queue: APQueue) {
        queue.state.withLock { $0.machine.start() }
        kick(queue)
    }

    /// Lets a queue's state machine go on; if it waits then, queues are looked at until none waits.
    func kick(_ queue: APQueue) {
        let waits = step(queue)
        watch(queue)
        if waits { keepPolling() }
    }

    /// Has a queue looked at when any is, for as long as it has a driver and is not at rest.
    func watch(_ queue: APQueue) {
        guard queue.state.withLock({ $0.isBound && $0.machine.isUnfinished }) else { return }
        state.withLock { $0.polled.append(queue) }
    }

    /// No queue waits to be looked at.
    public var queuesAreAtRest: Bool { state.withLock { !$0.isPolling } }

    /// Looks at the queues that are not at rest, as an interrupt does.
    func pollWaitingQueues() {
        guard state.withLock({ !$0.polled.isEmpty }) else { return }
        if stepPolledQueues() { keepPolling() }
    }

    /// - Returns: whether the queue has to be looked at again.
    private func step(_ queue: APQueue) -> Bool {
        let (wait, sendable): (QueueStateMachine.Wait, [WaitingRequest]) = queue.state.withLock { state in
            guard state.isConfigured, !state.isCheckstopped else { return (.nothing, []) }
            return (state.machine.step(queue.apqn, hardware), state.takeSendable())
        }
        for request in sendable { request.end(.sent) }
        switch wait {
        case .nothing: return false
        case .poll: return true
        case .associated(let secret):
            if kernel.release.has(.tellsSecureBinding) {
                queue.device.sendUevent(.change, [UeventVariable("SE_ASSOC", "\(secret)")])
            }
            return false
        }
    }

    private func keepPolling() {
        let starts = state.withLock { state in
            state.pollsAgain = true
            defer { state.isPolling = true }
            return !state.isPolling
        }
        if starts { schedulePoll() }
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
        for queue in state.withLock({ $0.polled.takeAll() }) where queue.state.withLock({ $0.isBound }) {
            if step(queue) { waits = true }
            watch(queue)
        }
        return waits
    }

    /// Lets queues come to rest without waiting for it: nobody has seen the machine boot.
    public func comeToRest() {
        // a reset, its end, interrupts; a queue that resets slowly goes on with the time
        for _ in 0..<3 { _ = stepPolledQueues() }
    }
}
