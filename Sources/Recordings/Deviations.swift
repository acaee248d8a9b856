public import Kernels

/// Answers that are accepted though they are not the kernel's.
///
/// A line names one or several of a recording, and the reason behind it: `RECORDING:REQUEST` or `RELEASE/RECORDING:REQUEST`, where
/// REQUEST is a number, a range of numbers, or several with commas between them (`7-9,12`). Requests count from 1. In front of it may
/// stand who is excused: `process` (the machine is in the same process) or `mount` (it is mounted), else both are; or `chance`, where
/// both are, and the answer may be the kernel's all the same. Empty lines and those that start with `#` say nothing.
public struct Deviations: Hashable, Sendable {
    /// How a machine is reached.
    public enum Judge: String, Hashable, Sendable, CaseIterable {
        /// By `TreeCalls`, and by system calls.
        case process, mount
    }

    private struct Place: Hashable {
        let recording: String
        let request: Int
    }

    private struct Entry: Hashable {
        let judges: Set<Judge>
        let isChance: Bool
        let reason: String
    }

    private let entries: [Place: [Entry]]

    /// Accepts nothing but the kernel's answers.
    public static let none = Deviations("")

    /// Reads the lines; one that names no place says nothing.
    public init(_ text: String) {
        var entries: [Place: [Entry]] = [:]
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            var words = line.words[...]
            let first = String(words.first ?? "")
            let judge = Judge(rawValue: first)
            let isChance = first == "chance"
            if judge != nil || isChance { words = words.dropFirst() }
            guard let place = words.popFirst(), let colon = place.lastIndex(of: ":") else { continue }
            let entry = Entry(
                judges: judge.map { [$0] } ?? Set(Judge.allCases), isChance: isChance, reason: words.joined(separator: " "))
            for request in Self.numbers(place[place.index(after: colon)...]) {
                entries[Place(recording: String(place[..<colon]), request: request), default: []].append(entry)
            }
        }
        self.entries = entries
    }

    /// The numbers of `7-9,12`; what is no number is left out.
    private static func numbers(_ text: Substring) -> [Int] {
        text.split(separator: ",").flatMap { part -> [Int] in
            let ends = part.split(separator: "-").compactMap { Int($0) }
            guard let first = ends.first, let last = ends.last, first <= last, last - first < 100_000 else { return [] }
            return Array(first...last)
        }
    }

    /// Why the answer to a request is accepted; nil where it is not.
    public func reason(_ judge: Judge, release: KernelRelease, recording: String, request number: Int) -> String? {
        entries(release, recording, number).first { $0.judges.contains(judge) }?.reason
    }

    /// The requests of a recording for which this judge has an entry, and none of chance: the answer to each of them must differ.
    public func needed(_ judge: Judge, release: KernelRelease, recording: String) -> Set<Int> {
        let names = [recording, "\(release.rawValue)/\(recording)"]
        return Set(
            entries.filter { place, entries in
                names.contains(place.recording) && entries.contains { $0.judges.contains(judge) && !$0.isChance }
            }.map(\.key.request))
    }

    /// The recordings that are named, each as `RECORDING` or `RELEASE/RECORDING`.
    public var recordings: Set<String> { Set(entries.keys.map(\.recording)) }

    private func entries(_ release: KernelRelease, _ recording: String, _ number: Int) -> [Entry] {
        (entries[Place(recording: "\(release.rawValue)/\(recording)", request: number)] ?? [])
            + (entries[Place(recording: recording, request: number)] ?? [])
    }
}
