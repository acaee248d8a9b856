internal import AdjunctProcessor
internal import DriverCore
internal import Kernels
internal import LockOrder

// The host's random number generator asks a CCA queue when it comes, which counts as a request. (It asks again every ten seconds;
// those requests are left out.)
//
// Kernel: drivers/s390/crypto/zcrypt_api.c, zcrypt_rng_device_add, zcrypt_rng.
extension APBus {
    /// The first CCA queue has been taken. With 6.1 the generator asks twice, the second time when there is another queue, or nothing
    /// more comes. Where nobody can be asked the bus is scanned (`failedRequestsScan`).
    func beginRandomNumbers() {
        let isAsked = countRandomNumberRequest()
        let isOver = isAsked || !kernel.release.has(.randomNumbersAreAskedForAgain)
        let asksTwice = !kernel.release.has(.asksOneQueueForRandomNumbers)
        // with 6.1 the first request is not repeated
        state.withLock { $0.randomNumberRequests = asksTwice || !isOver ? 1 : 0 }
        guard !isAsked, kernel.release.has(.failedRequestsScan) else { return }
        if isOver { scanForRandomNumbers() } else { state.withLock { $0.owesRandomNumberScan = true } }
    }

    /// All queues that came together have been taken: who is still to be asked, and cannot be, has the bus scanned, once.
    func settleRandomNumbers() {
        askForRandomNumbers()
        let scans = state.withLock { state in
            defer { state.owesRandomNumberScan = false }
            return state.owesRandomNumberScan && state.randomNumberRequests > 0
        }
        if scans { scanForRandomNumbers() }
    }

    /// Who registers the generator does not wait for what that asks, on a thread of its own.
    private func scanForRandomNumbers() {
        state.withLock { $0.randomNumberScanIsDue = true }
        _ = kernel.schedule(after: .zero) { [weak self] held in self?.finishRandomNumberScan(after: held) }
    }

    /// Makes the scan that is due, or waits for who does. In Linux it is mostly over before whoever has written a mask can go on: so
    /// the write does this, too.
    ///
    /// Locks: the bus's scan. Call it with no lock held.
    func finishRandomNumberScan(after held: borrowing Held<Unlocked>) {
        randomNumberScan.withTurn { _ in
            guard state.withLock({ exchange(&$0.randomNumberScanIsDue, with: false) }) else { return }
            forceScan(after: held)
        }
    }

    /// Another CCA queue has been taken.
    func continueRandomNumbers(_ queue: APQueue) {
        guard state.withLock({ $0.randomNumberRequests > 0 }), queue.demand != nil else { return }
        askForRandomNumbers()
    }

    /// Asks for what is still to be asked, if a queue can be asked.
    private func askForRandomNumbers() {
        guard state.withLock({ $0.randomNumberRequests > 0 }), countRandomNumberRequest() else { return }
        state.withLock { $0.randomNumberRequests = 0 }
    }

    /// The last CCA queue has gone.
    func endRandomNumbers() {
        state.withLock { $0.randomNumberRequests = 0 }
    }

    /// Counts a request for the CCA queue that has had the fewest, of the card that has.
    ///
    /// - Returns: whether there is one that can be asked.
    private func countRandomNumberRequest() -> Bool {
        let cards = index.withLock { $0.cards.values.sorted { $0.adapter < $1.adapter } }
        let usable = cards.compactMap { card in usableQueue(of: card, .coprocessor, nil).map { (card, $0) } }
        let idlest = usable.min { one, other in
            one.0.state.withLock { $0.requests } < other.0.state.withLock { $0.requests }
        }
        guard let (card, queue) = idlest else { return false }
        queue.state.withLock { $0.requests += 1 }
        card.countRequest()
        return true
    }
}
