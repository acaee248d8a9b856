internal import Glibc

/// The requests of a session that wait, or take long: those that have a worker each, and those that wait for a worker.
///
/// Each file may have a number of workers, and all files together. What exceeds that is held back, as the bytes of the request
/// alone, so that any number of clients may wait. A file that has workers of its own is not counted with the others: it is
/// answered however many wait for something else.
struct WaitingRequests {
    /// The most workers that wait for one file.
    static let maximumOfFile = 128
    /// The most workers that wait, those of files that have their own not counted.
    static let maximum = 512
    /// The most requests that are held back, and the most bytes of them; what is beyond is answered with `ENOMEM`.
    static let maximumPostponed = 65_536
    static let maximumBytes = 64 << 20

    /// Who is to be told of the end of a request.
    struct Asker {
        let node: NodeID
        let thread: pid_t
        var hasOwnWorkers: Bool
        /// Who executes it; nil while it is held back.
        var worker: Worker?
    }

    /// A request that waits for a worker.
    struct Postponed {
        let header: RequestHeader
        let asker: Asker
        let bytes: [UInt8]
    }

    /// Those that have a worker, by their numbers.
    private var underWay: [UInt64: Asker] = [:]
    private var ofFile: [NodeID: Int] = [:]
    private var shared = 0
    private var postponed = PostponedRequests()
    /// Those that have been interrupted and not ended, with who asks.
    private(set) var interrupted: [UInt64: pid_t] = [:]

    /// Nothing waits.
    var isEmpty: Bool { underWay.isEmpty && postponed.isEmpty }
    /// The next request may have to be held back.
    var isCrowded: Bool { !postponed.isEmpty || shared >= Self.maximum || fullFiles > 0 }
    private var fullFiles = 0

    /// Whether one more request may wait.
    func hasRoom(for asker: Asker) -> Bool {
        ofFile[asker.node, default: 0] < Self.maximumOfFile && (asker.hasOwnWorkers || shared < Self.maximum)
    }

    /// A request waits, with a worker.
    mutating func begin(_ unique: UInt64, _ asker: Asker) {
        underWay[unique] = asker
        let count = ofFile[asker.node, default: 0] + 1
        ofFile[asker.node] = count
        if count == Self.maximumOfFile { fullFiles += 1 }
        if !asker.hasOwnWorkers { shared += 1 }
    }

    /// A request that has waited is answered.
    mutating func end(_ unique: UInt64) {
        guard let asker = underWay.removeValue(forKey: unique) else { return }
        interrupted[unique] = nil
        let count = ofFile[asker.node, default: 1] - 1
        ofFile[asker.node] = count == 0 ? nil : count
        if count == Self.maximumOfFile - 1 {
            fullFiles -= 1
            postponed.fileHasRoom(asker.node)
        }
        if !asker.hasOwnWorkers { shared -= 1 }
    }

    /// The file of a request that waits has workers of its own: it is not counted with the others any more.
    mutating func countApart(_ unique: UInt64) {
        guard underWay[unique]?.hasOwnWorkers == false else { return }
        underWay[unique]?.hasOwnWorkers = true
        shared -= 1
    }

    /// Holds a request back until a worker takes it; false where too many are held back.
    mutating func postpone(_ request: Postponed) -> Bool {
        guard postponed.count < Self.maximumPostponed, postponed.bytes + request.bytes.count <= Self.maximumBytes else {
            return false
        }
        postponed.append(request)
        return true
    }

    /// The first request held back that may wait now. It has begun then.
    mutating func takePostponed(by worker: Worker? = nil) -> Postponed? {
        guard let request = postponed.takeFirst(onlyOwn: shared >= Self.maximum, workers: ofFile) else { return nil }
        var asker = request.asker
        asker.worker = worker
        begin(request.header.unique, asker)
        return request
    }

    // MARK: - Interrupts

    /// A signal has reached who asks.
    ///
    /// - Returns: whether it waits; and for what, where it has not begun.
    mutating func interrupt(_ unique: UInt64) -> (asker: pid_t, isPostponed: Bool)? {
        if let asker = underWay[unique] {
            interrupted[unique] = asker.thread
            return (asker.thread, false)
        }
        guard let request = postponed[unique] else { return nil }
        interrupted[unique] = request.asker.thread
        return (request.asker.thread, true)
    }

    /// Who executes a request that waits.
    func worker(of unique: UInt64) -> Worker? { underWay[unique]?.worker }

    /// Who asked is dead, and has its answer. A read that has not begun is not executed any more; a write is.
    ///
    /// - Returns: who executes it.
    mutating func abandon(_ unique: UInt64) -> Worker? {
        interrupted[unique] = nil
        if postponed[unique]?.header.isRead == true { postponed.remove(unique) }
        return underWay[unique]?.worker
    }
}
