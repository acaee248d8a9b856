import Synchronization

/// Whether anybody looks at what the locks do: the check, or the observer of some thread.
///
/// One relaxed load for every acquisition when nobody does; nothing of a thread is touched then.
@usableFromInline
enum Instrumentation {
    /// 1 for the check, 2 for each observer. A literal, so that it is there from the start, with no test for a first use.
    #if DEBUG
        private static let reasons = Atomic<Int>(1)
    #else
        private static let reasons = Atomic<Int>(0)
    #endif

    @usableFromInline
    static var isOn: Bool { reasons.load(ordering: .relaxed) != 0 }

    static var isChecking: Bool {
        get { reasons.load(ordering: .relaxed) & 1 != 0 }
        set {
            if newValue {
                reasons.bitwiseOr(1, ordering: .relaxed)
            } else {
                reasons.bitwiseAnd(~1, ordering: .relaxed)
            }
        }
    }

    static func addObserver() { reasons.wrappingAdd(2, ordering: .relaxed) }
    static func removeObserver() { reasons.wrappingSubtract(2, ordering: .relaxed) }
}
