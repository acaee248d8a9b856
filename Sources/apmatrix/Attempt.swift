internal import CLinux
internal import Glibc

/// Does what a server may have to answer that answers nothing any more, for two seconds at the most. A process of its own does it:
/// who waits for an answer may not be able to stop. To be called while the process has one thread.
///
/// - Parameter body: what is to be done; tells whether it was.
/// - Returns: whether it was done in time.
@discardableResult
func attempt(_ body: () -> Bool) -> Bool {
    let process = linux_fork()
    guard process != 0 else { _exit(body() ? 0 : 1) }
    guard process > 0 else { return false }
    var status: Int32 = 0
    for _ in 0..<200 {
        if waitpid(process, &status, WNOHANG) == process {
            return linux_ending_signal(status) == 0 && linux_exit_status(status) == 0
        }
        usleep(10_000)
    }
    // it ends when there is an answer, or nobody any more to give one
    kill(process, SIGKILL)
    return false
}
