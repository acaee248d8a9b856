internal import LockOrder

/// The locks of a run as the scheduler sees them, numbered in the order in which they appeared: the same numbers in every run
/// that begins with the same choices.
struct LockTable {
    private var indices: [LockIdentity: Int] = [:]
    private var all: [LockView] = [LockView(name: "the posted work", isReaderWriter: false, isLeaf: true)]
    private var appeared: [String: Int] = [:]
    private var acquisitions = 0

    /// Stands for the queue of posted work.
    let queue = 0

    subscript(_ index: Int) -> LockView {
        get { all[index] }
        set { all[index] = newValue }
    }

    mutating func index(of lock: LockIdentity) -> Int {
        if let known = indices[lock] { return known }
        appeared[lock.name, default: 0] += 1
        all.append(
            LockView(
                name: "\(lock.name) #\(appeared[lock.name] ?? 0)", isReaderWriter: lock.rank.isReaderWriter,
                isLeaf: lock.rank == .leaf))
        indices[lock] = all.count - 1
        return all.count - 1
    }

    mutating func acquire(_ index: Int, _ mode: LockMode, _ thread: Int) {
        acquisitions += 1
        all[index].acquire(mode, thread, acquisitions)
    }

    func name(_ index: Int, _ mode: LockMode) -> String {
        all[index].name + (mode == .shared ? " for reading" : all[index].isReaderWriter ? " for writing" : "")
    }

    /// What a thread holds, in the order in which it was taken.
    func heldBy(_ thread: Int) -> [String] {
        all.indices.flatMap { index in
            all[index].holders.filter { $0.thread == thread }.map { (since: $0.since, name: name(index, $0.mode)) }
        }.sorted { $0.since < $1.since }.map(\.name)
    }
}

/// One lock: who holds it, who has announced to write.
struct LockView {
    let name: String
    /// Known by its rank, or by having been taken for reading.
    private(set) var isReaderWriter: Bool
    let isLeaf: Bool
    private(set) var holders: [(thread: Int, mode: LockMode, since: Int)] = []
    private(set) var writers: [Int] = []

    init(name: String, isReaderWriter: Bool, isLeaf: Bool) {
        self.name = name
        self.isReaderWriter = isReaderWriter
        self.isLeaf = isLeaf
    }

    /// Whether a writer that announces itself changes what others can do.
    var keepsReadersOut: Bool { isReaderWriter && !holders.isEmpty }

    /// - Parameter announced: the thread is one of the waiting writers.
    func isAvailable(_ mode: LockMode, announced: Bool) -> Bool {
        switch mode {
        case .exclusive: holders.isEmpty && (announced || isLeaf || writers.isEmpty)
        case .shared: writers.isEmpty && !holders.contains { $0.mode == .exclusive }
        }
    }

    fileprivate mutating func acquire(_ mode: LockMode, _ thread: Int, _ since: Int) {
        if mode == .exclusive { writers.removeAll { $0 == thread } }
        if mode == .shared { isReaderWriter = true }
        holders.append((thread, mode, since))
    }

    mutating func release(_ mode: LockMode, _ thread: Int) {
        if let at = holders.lastIndex(where: { $0.thread == thread && $0.mode == mode }) { holders.remove(at: at) }
    }

    /// - Returns: whether it is news.
    mutating func announce(_ thread: Int) -> Bool {
        guard !writers.contains(thread) else { return false }
        writers.append(thread)
        return true
    }
}
