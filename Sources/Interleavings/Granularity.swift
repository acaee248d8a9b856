/// At which locks a schedule may change threads, and which order of accesses makes a difference.
///
/// Every ranked lock is a point. Of the leaves those are points whose names are not listed here. A leaf is never held at a point,
/// so leaving one out hides no deadlock; it hides what another thread could do just before it is taken.
public struct Granularity: Sendable {
    /// Leaves before which threads do not change; that two of them touch the same one still counts as a difference.
    public var quiet: Set<String>
    /// Leaves of which it makes no difference who comes first: ledgers, pools of numbers.
    public var ignored: Set<String>

    /// Leaves by their names, as `Leaf.init` was given them; without any, every lock is a point.
    public init(quiet: Set<String> = [], ignored: Set<String> = []) {
        self.quiet = quiet
        self.ignored = ignored
    }
}
