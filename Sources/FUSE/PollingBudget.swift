/// How long a session may poll for its next request before it sleeps for it: adaptive busy polling.
///
/// Who sleeps has to be woken, and on another processor that takes longer than most requests; who polls is there when the request comes.
/// Whether a request comes in time is learnt from those before, by a budget: each poll costs its length, and one that has found a
/// request earns about what a wakeup would have cost. So requests that follow each other closely are polled for; where they do not, all
/// that is spent is what comes in by itself, a small share of the time.
///
/// All times are nanoseconds of one clock that never goes back.
struct PollingBudget {
    /// The longest poll.
    static let window = 50_000
    /// What a poll earns that has found a request.
    static let reward = 30_000
    /// One nanosecond comes in for so many that go by.
    static let period = 32
    /// The most that is kept: so much is spent on requests that do not come before it is learnt.
    static let limit = 8 * window
    /// The most that is owed, some seconds without polls: while the process was stopped nobody was kept from anything.
    static let maximumDebt = 100_000_000

    private var balance = limit
    private var countedUntil: Int

    init(at now: Int) {
        countedUntil = now
    }

    /// Whether to poll now; if not, the worker sleeps at once.
    mutating func allowsPoll(at now: Int) -> Bool {
        balance = min(Self.limit, balance + (now - countedUntil) / Self.period)
        countedUntil = now
        return balance >= Self.window
    }

    /// Pays for a poll. It may have been longer than ``window``: others may have had the processor meanwhile.
    mutating func pay(for duration: Int, hasFound: Bool) {
        balance = max(-Self.maximumDebt, min(Self.limit, balance - duration + (hasFound ? Self.reward : 0)))
    }
}
