internal import DriverCore
internal import Kernels
internal import LockOrder
internal import Sysfs
internal import SystemAdditions
internal import SystemPackage

/// What happens to reads or writes of a file instead of, or before, what should happen: a line of the control plane's `faults`.
///
///     write assign_domain errno=EIO nth=3       the third write of any file of that name answers EIO, once
///     read */status delay=2s                    every read of a `status` waits for two seconds first
///     write bus/ap/apmask errno=EINTR times=2   the first two writes
///
/// `*`, `?` and `[…]` of the pattern do not match a slash.
struct Fault: Sendable {
    let access: Access
    private(set) var pattern: FaultPattern
    private(set) var errno: Errno?
    private(set) var delay: Duration?
    /// The first access that it happens to, counted from 1; and, with `nth=`, the last one too.
    private var first = 1
    private var last: Int?
    /// As it is written.
    private let options: [String]
    private var accesses = 0

    /// - Parameter release: whose files it can be for.
    /// - Throws: `EINVAL` for what is no fault, and what `FaultPattern.checkPossible` throws.
    init(_ line: String, on release: KernelRelease) throws(ControlError) {
        let words = line.split(separator: " ").map(String.init)
        guard words.count >= 3, let access = Access(rawValue: words[0]) else {
            throw ControlError(
                .EINVAL, "a fault is 'read|write PATTERN [errno=NAME] [delay=2s] [nth=N|times=N]'; 'clear' removes all")
        }
        self.access = access
        pattern = try FaultPattern(words[1])
        options = Array(words[2...])
        let keys = options.map { $0.prefix { $0 != "=" } }
        if let twice = keys.indices.first(where: { keys[..<$0].contains(keys[$0]) }) {
            throw ControlError(.EINVAL, "'\(keys[twice])=' is given twice; once will do")
        }
        if keys.contains("nth"), keys.contains("times") {
            throw ControlError(.EINVAL, "nth= and times= exclude each other: one access, or the first so many")
        }
        for option in options { try take(option) }
        guard errno != nil || delay != nil else { throw ControlError(.EINVAL, "a fault has an errno, a delay, or both") }
        try pattern.checkPossible(access, on: release)
    }

    private mutating func take(_ option: String) throws(ControlError) {
        let parts = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        switch (parts[0], parts.count == 2 ? parts[1] : "") {
        case ("errno", let name):
            guard let errno = Errno(name: name) else { throw ControlError(.EINVAL, "'\(name)' is no errno; EIO is one") }
            self.errno = errno
        case ("delay", let text):
            guard let delay = Fault.duration(text) else {
                throw ControlError(.EINVAL, "'\(text)' is no delay; 2s and 50ms are, up to an hour")
            }
            self.delay = delay
        case ("nth", let text):
            guard let number = Int(text), number > 0 else {
                throw ControlError(.EINVAL, "nth= takes a number from 1 on, not '\(text)'")
            }
            (first, last) = (number, number)
        case ("times", let text):
            guard let number = Int(text), number > 0 else {
                throw ControlError(.EINVAL, "times= takes a number from 1 on, not '\(text)'")
            }
            (first, last) = (1, number)
        default:
            throw ControlError(.EINVAL, "'\(option)' means nothing here; errno=, delay=, nth= and times= do")
        }
    }

    /// Up to an hour.
    private static func duration(_ text: String) -> Duration? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int(digits), number <= 3_600_000 else { return nil }
        switch text.dropFirst(digits.count) {
        case "ms": return .milliseconds(number)
        case "s" where number <= 3600: return .seconds(number)
        default: return nil
        }
    }

    var line: String { ([access.rawValue, pattern.text] + options).joined(separator: " ") }

    /// Whether a delay is as if a card took its time to answer: Linux lets a signal end that, and shows what it knows without the answer.
    static func standsForACard(_ path: String) -> Bool {
        let asking: Set<Substring> = ["mkvps", "serialnr", "op_modes", "API_ordinalnr", "FW_version"]
        return path.split(separator: "/").last.map(asking.contains) ?? false
    }

    /// Counts an access, if it is one that the fault is for.
    ///
    /// - Returns: whether the fault happens to this one.
    mutating func count(_ access: Access, at path: String) -> Bool {
        guard access == self.access, pattern.matches(path) else { return false }
        accesses += 1
        return accesses >= first && accesses <= last ?? .max
    }

    /// Whether it happens to nothing any more.
    var isSpent: Bool { last.map { accesses >= $0 } ?? false }

    /// Whether each access that the other is for fails already by this one, which comes first.
    func preempts(_ other: Fault, on release: KernelRelease) -> Bool {
        errno != nil && last == nil && access == other.access && pattern.covers(other.pattern, access, on: release)
    }
}

/// The faults that are still to come, the oldest first.
struct FaultPlan: Sendable {
    private var faults: [Fault] = []
    /// The delays in which somebody is. They end with the plan.
    var delays: [Sleep] = []
    /// Every access looks at all of them.
    private static let most = 1024

    var isEmpty: Bool { faults.isEmpty }
    /// A line for each.
    var text: String { faults.map { $0.line + "\n" }.joined() }

    /// - Throws: `EEXIST` for a fault that nobody would ever notice, `ENOSPC` where there are 1024.
    mutating func add(_ fault: Fault, on release: KernelRelease) throws(ControlError) {
        guard faults.count < FaultPlan.most else {
            throw ControlError(.ENOSPC, "\(FaultPlan.most) faults are to come, and more cannot; 'clear' removes all")
        }
        // a delay alone is noticed: delays add up
        if fault.errno != nil, let earlier = faults.first(where: { $0.preempts(fault, on: release) }) {
            throw ControlError(.EEXIST, "'\(earlier.line)' comes first, always; 'clear' removes all")
        }
        faults.append(fault)
    }

    /// Also ends the delays that have begun: who waits goes on at once, to what he would have come to later.
    mutating func removeAll() {
        faults = []
        for delay in delays { delay.end() }
    }

    /// What happens to an access. Every fault that is for it counts it: their delays add up, and the first errno is the answer.
    mutating func outcome(of access: Access, at path: String) -> (delay: Duration, errno: Errno?) {
        var delay = Duration.zero
        var errno: Errno?
        for index in faults.indices where faults[index].count(access, at: path) {
            delay += faults[index].delay ?? .zero
            errno = errno ?? faults[index].errno
        }
        faults.removeAll(where: \.isSpent)
        return (delay, errno)
    }
}

extension Computer {
    /// Lets the planned faults happen to an access: waits for their delays first, but not longer than until `clear`, the end of
    /// the machine or that of the caller.
    ///
    /// - Throws: the errno of the first fault that has one; `EINTR` where the caller has gone while it waited.
    private func applyFaults(to access: Access, at path: String) throws(Errno) {
        // you must always be able to take a fault back
        guard !path.hasPrefix("/kernel/debug/") else { return }
        let sleep = Sleep()
        let (delay, errno) = faults.withLock { faults in
            let outcome = faults.outcome(of: access, at: path)
            if outcome.delay > .zero { faults.delays.append(sleep) }
            return outcome
        }
        if delay > .zero {
            let caller = Caller.current
            kernel.sleep(delay, sleep, endingWith: caller, endsBySignals: Fault.standsForACard(path))
            faults.withLock { faults in faults.delays.removeAll { $0 === sleep } }
            // nobody is there any more who could want it
            if caller?.hasEnded == true { throw .EINTR }
        }
        if let errno { throw errno }
    }

    /// Executes a line of `faults`: a fault, or `clear`.
    ///
    /// - Throws: `EINVAL` for what is no fault, `EEXIST` for one that nobody would ever notice, `ENOSPC` for one too many, and what
    ///   `FaultPattern.checkPossible` throws.
    func changeFaults(_ line: String) throws(ControlError) {
        if line == "clear" {
            faults.withLock { $0.removeAll() }
        } else {
            let fault = try Fault(line, on: kernel.release)
            try faults.withLock { faults throws(ControlError) in try faults.add(fault, on: kernel.release) }
        }
        var isEmpty: Bool
        repeat {
            isEmpty = faults.withLock { $0.isEmpty }
            watchAccesses(!isEmpty)
            // somebody else may have changed it in between
        } while faults.withLock({ $0.isEmpty }) != isEmpty
    }

    private func watchAccesses(_ watches: Bool) {
        guard watches else { return tree.setInterceptor(nil) }
        tree.setInterceptor { [weak self] (access, path) throws(Errno) -> Void in
            guard let self else { return }
            try applyFaults(to: access, at: path)
        }
    }
}
