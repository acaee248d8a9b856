extension Leaf {
    /// Waits until `condition`, asked with the lock held, answers something, and answers that.
    ///
    /// The lock is free while the thread sleeps. `condition` is asked at once, then after every ``notifyAll()``, and at other
    /// times too: it may change the state only when it answers. What it does and what it answers happen in one hold of the lock.
    ///
    /// Ranked locks stay held through the wait: that is what a remover does that waits for the last user. Whoever ends the wait
    /// must get there without them; the check writes down what was held (``LockChecker/observedWaits``).
    ///
    /// - Throws: what `condition` throws; it ends the wait.
    @inlinable
    public func wait<Result, Failure>(
        fileID: StaticString = #fileID, line: UInt = #line,
        _ condition: (inout State) throws(Failure) -> Result?
    ) throws(Failure) -> Result {
        let site = LockSite(fileID, line)
        while true {
            var seen: UInt32 = 0
            let result = try withLock(fileID: fileID, line: line) { state throws(Failure) -> Result? in
                if let result = try condition(&state) { return result }
                seen = core.expectNotification()
                return nil
            }
            if let result { return result }
            core.awaitNotification(after: seen, site)
        }
    }

    /// Has everybody who waits on this lock ask again. To be called after the change, with the lock held or not.
    @inlinable
    public func notifyAll() {
        core.notifyAll()
    }
}
