internal import AdjunctProcessor
internal import DriverCore
internal import Kernels
internal import LockOrder

extension APBus {
    /// Between two looks at a queue that resets or turns its interrupts on.
    ///
    /// Kernel: drivers/s390/crypto/ap_bus.c, AP_SM_WAIT_LOW_TIMEOUT.
    private var pollInterval: Duration {
        kernel.release.queuePollInterval ?? .nanoseconds(Int64(clamping: state.withLock { $0.pollTimeout }))
    }

    /// Starts a queue and its state machine.
    ///
    /// Kernel: drivers/s390/crypto/ap_queue.c, ap_queue_init_state.
    func startQueue(_ queue: APQueue) {
        queue.state.withLock { $0.machine.start() }
        kick(queue)
    }

    /// Lets a queue's state machine go on, and polls for as long as it waits.
    func kick(_ queue: APQueue) {
        guard step(queue) else { return }
        let startsPolling = state.withLock { state in
            state.polled.append(queue)
            defer { state.isPolling = true }
            return !state.isPolling
        }
        if startsPolling { schedulePoll() }
    }

    /// No queue resets or turns its interrupts on.
    public var queuesAreAtRest: Bool { state.withLock { !$0.isPolling } }

    /// - Returns: whether the queue has to be polled.
    private func step(_ queue: APQueue) -> Bool {
        switch queue.state.withLock({ $0.machine.step(queue.apqn, hardware) }) {
        case .nothing: return false
        case .poll: return true
        case .associated(let secret):
            if kernel.release.has(.tellsSecureBinding) {
                queue.device.sendUevent(.change, [UeventVariable("SE_ASSOC", "\(secret)")])
            }
            return false
        }
    }

    private func schedulePoll() {
        _ = kernel.clock.schedule(after: pollInterval) { [weak self] in self?.poll() }
    }

    private func poll() {
        stepPolledQueues()
        let goesOn = state.withLock { state in
            state.isPolling = !state.polled.isEmpty
            return state.isPolling
        }
        if goesOn { schedulePoll() }
    }

    private func stepPolledQueues() {
        let waiting = state.withLock { $0.polled.takeAll() }.filter { step($0) }
        state.withLock { state in
            for queue in waiting { state.polled.append(queue) }
        }
    }

    /// Lets queues come to rest without waiting for it: nobody has seen the machine boot.
    func comeToRest() {
        // a reset, its end, interrupts; a queue that resets slowly goes on with the time
        for _ in 0..<3 { stepPolledQueues() }
    }
}
