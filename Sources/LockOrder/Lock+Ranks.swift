// After which ranks a mutex may be taken. One rung each, the same text: the constraint on `Outer` is all that matters.

extension Lock where R == ScanRank {
    /// Scans the bus: everything else may be taken inside, nothing may be held outside.
    ///
    /// May wait. Not interruptible.
    ///
    /// - Throws: what `body` throws.
    @inlinable
    public func withLock<Outer: OutsideScan, Result, Failure>(
        after held: borrowing Held<Outer>, fileID: StaticString = #fileID, line: UInt = #line,
        _ body: (inout State, borrowing Held<R>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try exclusively(LockSite(fileID, line), body)
    }

    /// The same where nobody has it; never waits.
    ///
    /// - Returns: `nil`, without having called `body`, where somebody else holds the lock.
    /// - Throws: what `body` throws.
    @inlinable
    public func withLockIfAvailable<Outer: OutsideScan, Result, Failure>(
        after held: borrowing Held<Outer>, fileID: StaticString = #fileID, line: UInt = #line,
        _ body: (inout State, borrowing Held<R>) throws(Failure) -> Result
    ) throws(Failure) -> Result? {
        try exclusivelyIfAvailable(LockSite(fileID, line), body)
    }
}

extension Lock where R == DeviceRank {
    /// Probe or remove: after the scan and an mdev parent, before everything of the driver.
    ///
    /// May wait. Not interruptible.
    ///
    /// - Throws: what `body` throws.
    @inlinable
    public func withLock<Outer: OutsideDevice, Result, Failure>(
        after held: borrowing Held<Outer>, fileID: StaticString = #fileID, line: UInt = #line,
        _ body: (inout State, borrowing Held<R>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try exclusively(LockSite(fileID, line), body)
    }
}

extension Lock where R == APAttributesRank {
    /// The masks of the bus: after a device, before the guests.
    ///
    /// May wait. Not interruptible.
    ///
    /// - Throws: what `body` throws.
    @inlinable
    public func withLock<Outer: OutsideAPAttributes, Result, Failure>(
        after held: borrowing Held<Outer>, fileID: StaticString = #fileID, line: UInt = #line,
        _ body: (inout State, borrowing Held<R>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try exclusively(LockSite(fileID, line), body)
    }
}

extension Lock where R == KVMRank {
    /// A guest: after the list of guests that says which; never with another guest's lock in hand.
    ///
    /// May wait. Not interruptible.
    ///
    /// - Throws: what `body` throws.
    @inlinable
    public func withLock<Outer: OutsideKVM, Result, Failure>(
        after held: borrowing Held<Outer>, fileID: StaticString = #fileID, line: UInt = #line,
        _ body: (inout State, borrowing Held<R>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try exclusively(LockSite(fileID, line), body)
    }
}

extension Lock where R == TurnRank {
    /// The turn of one who plugs: before the matrix device.
    ///
    /// May wait. Not interruptible.
    ///
    /// - Throws: what `body` throws.
    @inlinable
    public func withLock<Outer: OutsideTurn, Result, Failure>(
        after held: borrowing Held<Outer>, fileID: StaticString = #fileID, line: UInt = #line,
        _ body: (inout State, borrowing Held<R>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try exclusively(LockSite(fileID, line), body)
    }
}

extension Lock where R == MatrixRank {
    /// The matrix device: the innermost ranked lock.
    ///
    /// May wait. Not interruptible.
    ///
    /// - Throws: what `body` throws.
    @inlinable
    public func withLock<Outer: OutsideMatrix, Result, Failure>(
        after held: borrowing Held<Outer>, fileID: StaticString = #fileID, line: UInt = #line,
        _ body: (inout State, borrowing Held<R>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try exclusively(LockSite(fileID, line), body)
    }
}
