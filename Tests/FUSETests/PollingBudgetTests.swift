import Testing

@testable import FUSE

/// When a worker polls for the next request before it sleeps.
struct PollingBudgetTests {
    /// A session that is asked something every `interval` nanoseconds, for a second.
    ///
    /// - Returns: how many requests came, how many of them were polled for in time, and for how long there was polling altogether.
    private func second(ofRequestsEvery interval: Int, _ budget: inout PollingBudget, from start: Int = 0)
        -> (requests: Int, found: Int, polled: Int)
    {
        var (requests, found, polled) = (0, 0, 0)
        for now in stride(from: start, to: start + 1_000_000_000, by: interval) {
            requests += 1
            guard budget.allowsPoll(at: now) else { continue }
            let duration = min(interval, PollingBudget.window)
            budget.pay(for: duration, hasFound: interval < PollingBudget.window)
            polled += duration
            if interval < PollingBudget.window { found += 1 }
        }
        return (requests, found, polled)
    }

    @Test func aSessionBeginsWithPolling() {
        var budget = PollingBudget(at: 1_000_000)
        let polls = budget.allowsPoll(at: 1_000_000)
        #expect(polls)
    }

    @Test(arguments: [500, 5_000, 20_000, PollingBudget.reward])
    func whatFollowsCloselyIsAlwaysPolledFor(interval: Int) {
        var budget = PollingBudget(at: 0)
        let (requests, found, _) = second(ofRequestsEvery: interval, &budget)
        #expect(found == requests)
    }

    @Test(arguments: [50_000, 60_000, 200_000, 1_000_000, 20_000_000])
    func whatComesTooLateCostsASmallShareOfTheTime(interval: Int) {
        var budget = PollingBudget(at: 0)
        let (_, _, polled) = second(ofRequestsEvery: interval, &budget)
        #expect(polled <= PollingBudget.limit + 1_000_000_000 / PollingBudget.period)
    }

    /// A wakeup would be cheaper: the rest of the poll is paid as one that finds nothing.
    @Test func whatComesLateIsNotWorthAPoll() {
        var budget = PollingBudget(at: 0)
        let (_, found, polled) = second(ofRequestsEvery: 45_000, &budget)
        #expect(polled - found * PollingBudget.reward <= PollingBudget.limit + 1_000_000_000 / PollingBudget.period)
        #expect(polled < 200_000_000)
    }

    @Test func whatFollowsCloselyAgainIsPolledForAgain() {
        var budget = PollingBudget(at: 0)
        _ = second(ofRequestsEvery: 60_000, &budget)
        let (requests, found, _) = second(ofRequestsEvery: 5_000, &budget, from: 1_000_000_000)
        #expect(found >= requests - 1_000)
    }

    /// As `cat` makes them: four requests, and then none for a while.
    @Test func theEndOfABurstIsForgiven() {
        var budget = PollingBudget(at: 0)
        var refusals = 0
        for burst in 0..<1_000 {
            for request in 0...4 {
                if !budget.allowsPoll(at: burst * 1_000_000 + request * 5_000) { refusals += 1 }
                budget.pay(for: request < 4 ? 5_000 : PollingBudget.window, hasFound: request < 4)
            }
        }
        #expect(refusals == 0)
    }

    @Test func aPollInWhichOthersHadTheProcessorIsPaidInFull() {
        var budget = PollingBudget(at: 0)
        let length = 3_000_000
        budget.pay(for: length, hasFound: true)
        // so much is missing for the next poll
        let debt = length - PollingBudget.limit - PollingBudget.reward + PollingBudget.window
        let early = budget.allowsPoll(at: (debt - 1) * PollingBudget.period)
        #expect(!early)
        let late = budget.allowsPoll(at: debt * PollingBudget.period)
        #expect(late)
    }

    /// An hour in which the process was stopped, in the middle of a poll.
    @Test func afterAnyPollThereAreOthersWithinSeconds() {
        var budget = PollingBudget(at: 0)
        let hour = 3_600_000_000_000
        budget.pay(for: hour, hasFound: true)
        let atOnce = budget.allowsPoll(at: hour)
        // the hour itself has come in by then, which is more than is owed
        #expect(atOnce)
        budget.pay(for: hour, hasFound: false)
        let soon = budget.allowsPoll(at: hour + 4_000_000_000)
        #expect(soon)
    }
}
