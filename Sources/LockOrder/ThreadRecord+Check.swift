extension ThreadRecord {
    /// Compares what the thread is about to take with what it holds. What is in order is entered into the graph.
    ///
    /// - Parameter mayWait: Whether the thread will sleep until it has the lock.
    func check(_ wanted: HeldLock, mayWait: Bool) {
        guard !held.isEmpty else { return }
        if let kind = violation(of: wanted) {
            let violation = LockViolation(kind, wanted, chain: held)
            LockChecker.report(violation, by: self)
            // Going on would be to wait for oneself for ever, and silently.
            if kind == .recursion, mayWait, isWaitForItself(wanted) { LockChecker.trap(violation) }
            return
        }
        for outer in held where knownOrders.insert(OrderGraph.Pair(outer.lock, wanted.lock)).inserted {
            OrderGraph.record(ObservedOrder(outer: outer.lock, inner: wanted.lock, outerSite: outer.site, innerSite: wanted.site))
        }
    }

    /// The rule: a thread goes down the ladder. A chain that obeys it is sorted, but one that went on after a violation is not;
    /// so all of it is looked at.
    private func violation(of wanted: HeldLock) -> LockViolation.Kind? {
        let rank = wanted.lock.rank
        if held.contains(where: { $0.lock == wanted.lock }) { return .recursion }
        if held.contains(where: { $0.lock.rank.isLeaf }) { return .underLeaf }
        if held.contains(where: { $0.lock.rank == rank }) { return .twoOfOneRank }
        if held.contains(where: { $0.lock.rank > rank }) { return .wrongOrder }
        return nil
    }

    private func isWaitForItself(_ wanted: HeldLock) -> Bool {
        wanted.mode == .exclusive || held.contains { $0.lock == wanted.lock && $0.mode == .exclusive }
    }

    /// To be called where the thread says that it holds nothing.
    @usableFromInline
    func expectNothingHeld(_ site: LockSite) {
        guard Instrumentation.isChecking, !held.isEmpty else { return }
        LockChecker.report(LockViolation(notUnlockedAt: site, chain: held), by: self)
    }

    /// Enters what is held while the thread goes to sleep on a leaf.
    func recordWait(on leaf: LockIdentity, _ site: LockSite) {
        for outer in held {
            OrderGraph.recordWait(ObservedOrder(outer: outer.lock, inner: leaf, outerSite: outer.site, innerSite: site))
        }
    }
}
