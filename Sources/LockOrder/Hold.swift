/// How a lock is held.
public enum LockMode: Sendable, Hashable {
    /// By one thread: mutexes, and writers.
    case exclusive
    /// Side by side with others: readers.
    case shared
}

/// Where in the source a lock is taken.
public struct LockSite: Sendable {
    @usableFromInline let fileID: StaticString
    @usableFromInline let line: UInt

    /// That file and line: `LockSite(#fileID, #line)`.
    @inlinable
    public init(_ fileID: StaticString, _ line: UInt) {
        self.fileID = fileID
        self.line = line
    }
}

extension LockSite: CustomStringConvertible {
    public var description: String { "\(fileID):\(line)" }
}

/// One hold of a lock, from taking to release: lives on the stack of the scope.
@usableFromInline
struct Hold {
    /// When it was taken; zero for a leaf.
    let since: Nanoseconds
    /// Whether thread and observer were told, and are to be told of the release.
    let isInstrumented: Bool
}
