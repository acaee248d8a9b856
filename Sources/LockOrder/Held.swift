/// The proof that the calling thread holds a lock of rank `R`, or, as `Held<Unlocked>`, that it held none when the scope began.
///
/// It is lent to the closure that runs under the lock, weighs nothing, cannot be copied, cannot be kept, and cannot be made
/// outside of this module. A function that needs a lock held says so in its signature:
///
///     func filterMatrix(_ state: inout MatrixState, _ held: borrowing Held<MatrixRank>)
///
/// and one that will take a lock says after what it may be called:
///
///     func status<Outer: OutsideGuests>(of apqn: APQN, after held: borrowing Held<Outer>) -> String
///
/// Call the parameter `held` everywhere: the closure's token then shadows the outer one, which must not be used inside.
public struct Held<R>: ~Copyable, ~Escapable {
    @_lifetime(immortal)
    @usableFromInline init() {}
}

/// The outermost scope of everything that takes a ranked lock: the entry of a system call, of a timer, of a guest's instruction.
///
/// Nothing is taken here; it states that the thread holds nothing. Where the check is on (``LockChecker``), it is verified,
/// and a thread that does hold a lock, a leaf included, is a violation.
///
/// - Throws: what `body` throws.
@inlinable
public func withNoLocksHeld<Result, Failure>(
    fileID: StaticString = #fileID, line: UInt = #line,
    _ body: (borrowing Held<Unlocked>) throws(Failure) -> Result
) throws(Failure) -> Result {
    if Instrumentation.isOn { ThreadRecord.current.expectNothingHeld(LockSite(fileID, line)) }
    return try body(Held())
}
