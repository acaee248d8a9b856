internal import AdjunctProcessor
internal import DriverCore
internal import KernelLocks
internal import Kernels
internal import LockOrder
internal import Synchronization
internal import Sysfs

/// What became of a request.
enum RequestResult<Answer> {
    case answered(Answer)
    /// It was sent, but nothing came that says anything, or nobody waits for it any more.
    case unanswered
    /// No queue could be asked (ENODEV).
    case noQueue

    var answer: Answer? {
        if case .answered(let answer) = self { answer } else { nil }
    }
}

/// For whom a request is sent: a file of a card or of one of its queues, while it is read.
struct Requester {
    let card: APCard
    /// nil: any queue of the card may be asked.
    let queue: APQueue?
    let file: RunningFile

    /// A file of a card.
    init(_ card: APCard, file: String) {
        self.card = card
        queue = nil
        self.file = card.device.directory.runningFile(file)
    }

    /// A file of a queue.
    init(_ queue: APQueue, file: String) {
        card = queue.card
        self.queue = queue
        self.file = queue.device.directory.runningFile(file)
    }
}

extension APBus {
    /// How often a request is sent that a queue has thrown away.
    private static let attempts = 10

    /// Sends a request, and waits until it has got to a queue. Where none can be asked the bus is scanned (`failedRequestsScan`), and
    /// the request is sent once more if that has found another configuration.
    ///
    /// While it waits, or scans, no removal of the file waits for the requester: with Linux both can wait for each other for ever.
    ///
    /// Locks: the scan's and all below, where no queue can be asked.
    ///
    /// - Parameter ask: asks the queue; nil: it does not answer.
    ///
    /// Kernel: drivers/s390/crypto/zcrypt_api.c, zcrypt_send_cprb, zcrypt_send_ep11_cprb.
    func request<Answer>(
        _ mode: CardMode, by requester: Requester, after held: borrowing Held<Unlocked>, _ ask: (APQN) -> Answer?
    ) -> RequestResult<Answer> {
        let result = send(mode, by: requester, ask)
        guard case .noQueue = result, kernel.release.has(.failedRequestsScan) else { return result }
        let hasChanged = requester.file.lettingGo { forceScan(after: held) }
        kernel.changesAreVisible()
        return hasChanged ? send(mode, by: requester, ask) : result
    }

    private func send<Answer>(_ mode: CardMode, by requester: Requester, _ ask: (APQN) -> Answer?) -> RequestResult<Answer> {
        var last: APQN?
        for _ in 0..<APBus.attempts {
            let domain = requester.queue?.apqn.domain
            guard let queue = usableQueue(of: requester.card, mode, domain, after: last) else { return .noQueue }
            last = queue.apqn
            switch pass(to: queue, requester) {
            case .sent:
                // who was interrupted does not wait for the answer
                let answer = Caller.current?.hasSignal == true ? nil : ask(queue.apqn)
                // the answer interrupts
                pollWaitingQueues()
                return answer.map { .answered($0) } ?? .unanswered
            case .flushed: continue
            case .refused, .waits: return .unanswered
            }
        }
        return .unanswered
    }

    // MARK: - Who is asked

    /// Counts as load of a queue that has thrown the request away: as much as 125 requests of a CEX8 that wait.
    private static let penalty = 10_000

    /// The queue that a request goes to: of those that can work the one with the least load, then the fewest requests, then the
    /// oldest.
    ///
    /// - Parameters:
    ///   - domain: nil for any.
    ///   - last: the queue that has thrown the request away: another one is asked if it can.
    ///
    /// Kernel: drivers/s390/crypto/zcrypt_api.c, zcrypt_queue_compare; ap_queue.c, ap_queue_usable.
    func usableQueue(of card: APCard, _ mode: CardMode, _ domain: DomainID?, after last: APQN? = nil) -> APQueue? {
        // a card that works as an accelerator takes none of these
        guard card.info.mode == mode, let zcrypt = card.zcryptInOperation else { return nil }
        var best: (queue: APQueue, load: Int, requests: UInt64)?
        for queue in zcrypt.queues where domain == nil || domain == queue.apqn.domain {
            guard let (waiting, requests) = queue.demand, !hardware.isSecureGuest || isBound(queue) else { continue }
            let load = waiting + (queue.apqn == last ? APBus.penalty : 0)
            if best.map({ (load, requests) < ($0.load, $0.requests) }) ?? true { best = (queue, load, requests) }
        }
        return best?.queue
    }

    /// Whether a secure guest may use a queue: CCA is of no use there, whatever the queue says; the others must be bound.
    private func isBound(_ queue: APQueue) -> Bool {
        guard queue.card.info.mode != .coprocessor else { return false }
        let (status, info) = hardware.tapq(queue.apqn)
        return status.responseCode.rawValue <= ResponseCode.busy.rawValue
            && [.usable, .boundNotAssociated].contains(info.bindState)
    }

    // MARK: - The queue's list

    /// Counts a request, puts it into a queue's list, and waits until the queue has been sent it, or has refused it.
    ///
    /// - Returns: `waits` where nobody waits for it any more.
    private func pass(to queue: APQueue, _ requester: Requester) -> WaitingRequest.Outcome {
        let request = WaitingRequest(weight: queue.card.requestWeight)
        var isTaken = false
        kick(queue) { state in
            guard state.machine.device == .operating else { return }
            isTaken = true
            state.requests += 1
            state.waiting.append(request)
        }
        guard isTaken else { return .flushed }
        queue.card.countRequest()
        guard request.outcome == .waits else { return request.outcome }
        waitingRequests.add(1, ordering: .relaxed)
        defer { waitingRequests.subtract(1, ordering: .relaxed) }
        requester.file.lettingGo {
            // a sleep ends with the request; it ends early with who waits, or by a signal, and with the machine
            let caller = Caller.current
            while request.outcome == .waits, kernel.sleep(longestLook, request.sleep, endingWith: caller, endsBySignals: true) {}
        }
        queue.state.withLock { state in state.waiting.removeAll { $0 === request } }
        return request.outcome
    }

    /// Throws away what waits in a queue's list.
    ///
    /// - Parameter change: of its state, before anybody learns of it.
    ///
    /// Kernel: drivers/s390/crypto/ap_queue.c, ap_flush_queue.
    func flush(_ queue: APQueue, _ change: (inout APQueue.State) -> Void = { _ in }) {
        let waiting = queue.state.withLock { state in
            change(&state)
            return state.takeWaiting()
        }
        for request in waiting { request.end(.flushed) }
    }

    // MARK: - What is counted

    /// The texts of `load` and `requestq_count`, zero unless somebody waits.
    func loadText(_ queues: () -> [APQueue], _ count: (WaitingRequest) -> Int) -> String {
        guard waitingRequests.load(ordering: .relaxed) > 0 else { return "0\n" }
        let waiting = queues().flatMap { queue in queue.state.withLock { $0.waiting } }
        return "\(waiting.reduce(0) { $0 + count($1) })\n"
    }
}

extension APQueue {
    /// Load and count of requests of a queue that takes requests now; nil for any other.
    var demand: (load: Int, requests: UInt64)? {
        state.withLock { state in
            guard state.isOnline, state.isConfigured, !state.isCheckstopped, state.machine.device == .operating else {
                return nil
            }
            return (state.waiting.reduce(0) { $0 + $1.weight }, state.requests)
        }
    }
}

extension APCard {
    /// As zcrypt has it, where it can work and its user wants it.
    var zcryptInOperation: ZcryptCard? {
        guard let zcrypt = state.withLock({ $0.isConfigured && !$0.isCheckstopped ? $0.zcrypt : nil }), zcrypt.isOnline else {
            return nil
        }
        return zcrypt
    }

    /// How much a question about the card adds to its load while it waits.
    ///
    /// Kernel: drivers/s390/crypto/zcrypt_cex4.c, the speed ratings.
    fileprivate var requestWeight: Int {
        let rating =
            switch (type, info.mode) {
            case (10, .ep11): 50
            case (10, _): 40
            case (11, _): 10
            case (12, _): 9
            default: 8
            }
        return 10 * rating
    }

    func countRequest() {
        state.withLock { $0.requests += 1 }
    }
}
