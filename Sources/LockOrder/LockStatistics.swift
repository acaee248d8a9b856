import Synchronization

/// How often the locks of one class were taken, waited for and held, since the start of the process.
public struct LockClassStatistics: Sendable, Hashable {
    /// The rung.
    public let rank: LockRank
    /// The name of the class.
    public let name: String
    /// How often a lock of the class was taken: for reading or writing, and again after each sleep in a wait.
    public let acquisitions: UInt64
    /// How many of them had to wait because somebody else held the lock.
    public let contentions: UInt64
    /// Nanoseconds spent so, all threads together. Waiting for a condition does not count.
    public let waitTime: UInt64
    /// Nanoseconds for which locks of the class were held; readers side by side count each. Not measured for leaves: zero.
    public let holdTime: UInt64
    /// The longest hold, in nanoseconds. Not measured for leaves: zero.
    public let longestHold: UInt64
}

/// The statistics of all lock classes. Always counted; reading them disturbs nobody.
public enum LockStatistics {
    /// Every class of which a lock was ever made, outer ranks first, then by name.
    public static func snapshot() -> [LockClassStatistics] {
        LockClass.everyone.map { lockClass in
            LockClassStatistics(
                rank: lockClass.rank, name: lockClass.name,
                acquisitions: lockClass.acquisitions.load(ordering: .relaxed),
                contentions: lockClass.contentions.load(ordering: .relaxed),
                waitTime: lockClass.waitTime.load(ordering: .relaxed),
                holdTime: lockClass.holdTime.load(ordering: .relaxed),
                longestHold: lockClass.longestHold.load(ordering: .relaxed))
        }
    }

    /// The text of a `locks` file, of now: ``table(of:)``.
    public static var table: String { table(of: snapshot()) }

    /// The text of a `locks` file: a line of titles, then a line per class. Columns are set apart by blanks:
    ///
    /// | column | |
    /// |---|---|
    /// | `rank` | the rung, one word |
    /// | `acquisitions` | how often taken |
    /// | `contentions` | how many of these had to wait |
    /// | `wait-ns` | for how long, in total |
    /// | `hold-ns` | held for how long, in total; `-` for leaves, which are not timed |
    /// | `hold-max-ns` | the longest hold |
    /// | `name` | the class: the rest of the line, may contain blanks |
    public static func table(of classes: [LockClassStatistics]) -> String {
        var rows = [["rank", "acquisitions", "contentions", "wait-ns", "hold-ns", "hold-max-ns", "name"]]
        for row in classes {
            let counts = [row.acquisitions, row.contentions, row.waitTime].map { "\($0)" }
            let holds = row.rank.isLeaf ? ["-", "-"] : ["\(row.holdTime)", "\(row.longestHold)"]
            rows.append(["\(row.rank)"] + counts + holds + [row.name])
        }
        let widths = rows[0].indices.map { column in rows.reduce(0) { max($0, $1[column].utf8.count) } }
        var text = ""
        for row in rows {
            for (column, cell) in row.enumerated() {
                let padding = String(repeating: " ", count: widths[column] - cell.utf8.count)
                switch column {
                case 0: text += cell + padding
                case row.count - 1: text += "  " + cell + "\n"
                default: text += "  " + padding + cell
                }
            }
        }
        return text
    }
}
