internal import DriverCore
internal import Glibc
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
/// The pattern is compared with as many of the last names of the path as it has itself; `*`, `?` and `[…]` do not match a slash.
struct Fault: Sendable {
    let access: Access
    let pattern: String
    var errno: Errno?
    var delay: Duration?
    /// The first access that it happens to, counted from 1; and, with `nth=`, the last one too.
    private var first = 1
    private var last = Int.max
    /// As it is written.
    private let options: [String]
    private var accesses = 0

    init(_ line: String) throws(ControlError) {
        let words = line.split(separator: " ").map(String.init)
        guard words.count >= 3, let access = Access(rawValue: words[0]) else {
            throw ControlError(.EINVAL, "a fault is 'read|write PATTERN [errno=NAME] [delay=2s] [nth=N|times=N]'; 'clear' removes all")
        }
        self.access = access
        pattern = words[1]
        options = Array(words[2...])
        for option in options { try take(option) }
        guard errno != nil || delay != nil else { throw ControlError(.EINVAL, "a fault has an errno, a delay, or both") }
    }

    private mutating func take(_ option: String) throws(ControlError) {
        let parts = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        switch (parts[0], parts.count == 2 ? parts[1] : "") {
        case ("errno", let name):
            guard let errno = Errno(name: name) else { throw ControlError(.EINVAL, "'\(name)' is no errno; EIO is one") }
            self.errno = errno
        case ("delay", let text):
            guard let delay = Fault.duration(text) else { throw ControlError(.EINVAL, "'\(text)' is no delay; 2s and 50ms are") }
            self.delay = delay
        case ("nth", let text):
            guard let number = Int(text), number > 0 else { throw ControlError(.EINVAL, "nth= takes a number from 1 on, not '\(text)'") }
            (first, last) = (number, number)
        case ("times", let text):
            guard let number = Int(text), number > 0 else { throw ControlError(.EINVAL, "times= takes a number from 1 on, not '\(text)'") }
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

    var line: String { ([access.rawValue, pattern] + options).joined(separator: " ") + "\n" }

    /// Counts an access that it may be meant for.
    ///
    /// - Returns: whether it happens to this one.
    mutating func strikes(_ access: Access, _ path: String) -> Bool {
        guard access == self.access, matches(path) else { return false }
        accesses += 1
        return (first...last).contains(accesses)
    }

    /// Whether it happens to nothing any more.
    var isSpent: Bool { accesses >= last }

    private func matches(_ path: String) -> Bool {
        let length = pattern.split(separator: "/").count
        let tail = path.split(separator: "/").suffix(length).joined(separator: "/")
        return fnmatch(pattern, tail, FNM_PATHNAME) == 0
    }
}

extension Computer {
    /// Lets happen what the fault plan says of an access. Waits, if it says so.
    func meetFaults(_ access: Access, _ path: String) throws(Errno) {
        // whoever has asked for a fault must be able to take it back
        guard !path.hasPrefix("/kernel/debug/") else { return }
        let struck = faults.withLock { faults in
            let struck = faults.indices.first { faults[$0].strikes(access, path) }.map { faults[$0] }
            faults.removeAll(where: \.isSpent)
            return struck
        }
        guard let struck else { return }
        if let delay = struck.delay { kernel.clock.sleep(delay) }
        if let errno = struck.errno { throw errno }
    }

    /// A line of `faults`: a fault, or `clear`.
    func plan(_ line: String) throws(ControlError) {
        if line == "clear" {
            faults.withLock { $0 = [] }
        } else {
            let fault = try Fault(line)
            faults.withLock { $0.append(fault) }
        }
        guard faults.withLock({ !$0.isEmpty }) else { return tree.setInterceptor(nil) }
        tree.setInterceptor { [weak self] (access, path) throws(Errno) -> Void in
            guard let self else { return }
            try meetFaults(access, path)
        }
    }
}
