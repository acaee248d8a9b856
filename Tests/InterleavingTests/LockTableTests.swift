import DriverCore
import Glibc
import LockOrder
import Testing
import Waiting

/// The table of docs/LOCKING.md that says which locks each operation has really taken.
@Suite(.bounded) struct LockTableTests {
    private static let begin = "<!-- observed: `make locking` writes it, a test compares it -->\n"
    private static let end = "<!-- end -->\n"

    /// What has to be done for an operation to succeed.
    private static let before: [HostOperation: HostOperation] = [.unload: .stop, .stopTheOther: .start]

    @Test func theDocumentSaysWhatIsTaken() throws {
        var table = "| operation | answer | locks |\n|---|---|---|\n"
        for operation in HostOperation.allCases {
            let host = try SmallHost(clock: VirtualClock())
            let before = Self.before[operation]
            if let before { #expect(before.perform(host) == "ok") }
            let recorder = Recorder()
            let outcome = recorder.observing { operation.perform(host) }
            #expect(recorder.held.isEmpty)
            #expect(host.finish() == [])
            let name = operation.words + (before.map { " after \($0.words)" } ?? "")
            let answer = outcome.hasPrefix("E") ? outcome : "ok"
            table += "| \(name) | \(answer) | \(recorder.chains.joined(separator: "<br>")) |\n"
        }

        let document = try Self.document()
        let start = try #require(document.firstRange(of: Self.begin)).upperBound
        let stop = try #require(document[start...].firstRange(of: Self.end)).lowerBound
        if getenv("UPDATE_DOCS") != nil {
            try Self.write(document[..<start] + table + document[stop...])
        } else {
            #expect(document[start..<stop] == table, "docs/LOCKING.md is not up to date; make locking")
        }
    }

    // MARK: - The document

    private static let path = Repository.root + "/docs/LOCKING.md"

    private static func document() throws -> String {
        let file = try #require(fopen(path, "r"))
        defer { fclose(file) }
        var bytes: [UInt8] = []
        while case let byte = getc(file), byte != EOF { bytes.append(UInt8(byte)) }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func write(_ text: String) throws {
        let file = try #require(fopen(path, "w"))
        fputs(text, file)
        fclose(file)
    }
}

/// Writes down which ranked locks the thread takes, and what it holds then.
private final class Recorder: SchedulingObserver {
    private(set) var held: [LockIdentity] = []
    /// Each lock with those that were held when it was taken, where nothing was taken inside of it; in the order of their first times.
    private(set) var chains: [String] = []
    private var path: [String] = []
    private var isInnermost = false

    func didAcquire(_ lock: LockIdentity, _ mode: LockMode) {
        guard lock.rank != .leaf else { return }
        held.append(lock)
        path.append("`\(lock.name)`" + (lock.rank.isReaderWriter ? mode == .shared ? " R" : " W" : ""))
        isInnermost = true
    }

    func didRelease(_ lock: LockIdentity, _ mode: LockMode) {
        guard lock.rank != .leaf, let index = held.lastIndex(of: lock) else { return }
        let chain = path.joined(separator: " → ")
        if isInnermost, !chains.contains(chain) { chains.append(chain) }
        isInnermost = false
        held.remove(at: index)
        path.remove(at: index)
    }

    func willAcquire(_ lock: LockIdentity, _ mode: LockMode) {}

    func willWait(_ lock: LockIdentity, for event: SchedulingWait) { sched_yield() }

    func didNotify(_ lock: LockIdentity) {}
}
