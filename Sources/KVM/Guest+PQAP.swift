public import AdjunctProcessor
internal import KernelLocks
public import LockOrder

extension Guest {
    /// PQAP(AQIC) of one of the guest's virtual CPUs: asks for the interrupts of a queue, or gives them up.
    ///
    /// Locks: the guest's hook for reading; below it the matrix device's, by the hook.
    ///
    /// - Returns: the status word; 01 where no matrix device is attached. The condition code is 3 unless it is 00.
    ///
    /// Kernel: arch/s390/kvm/priv.c, handle_pqap.
    public func pqap(_ apqn: APQN, _ request: InterruptRequest, after held: borrowing Held<Unlocked>) -> QueueStatus {
        pqapHook.withReadLock(after: held) { (hook, held) in
            hook?.aqic(apqn, request, after: held) ?? QueueStatus(.queueNotAvailable)
        }
    }
}
