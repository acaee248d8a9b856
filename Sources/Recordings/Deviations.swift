public import Kernels

/// Answers that are accepted though they are not the kernel's.
///
/// A line names one: `RECORDING:REQUEST` or `RELEASE/RECORDING:REQUEST`, and the reason behind it. Requests count from 1.
/// Empty lines and those that start with `#` say nothing.
public struct Deviations: Hashable, Sendable {
    private let reasons: [String: String]

    /// Accepts nothing but the kernel's answers.
    public static let none = Deviations("")

    /// Reads the lines. Of two with the same place the later counts; that there is such a place is not checked.
    public init(_ text: String) {
        var reasons: [String: String] = [:]
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            guard let place = line.words.first else { continue }
            reasons[String(place)] = line.words.dropFirst().joined(separator: " ")
        }
        self.reasons = reasons
    }

    /// Why the answer to a request is accepted; nil where it is not.
    public func reason(release: KernelRelease, recording: String, request number: Int) -> String? {
        reasons["\(release.rawValue)/\(recording):\(number)"] ?? reasons["\(recording):\(number)"]
    }
}
