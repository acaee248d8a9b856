import Glibc
import Kernels
import Sysfs

/// What is being done, where a signal's handler finds it: a walk on which the process dies is told in its last words.
enum Trace {
    private static let capacity = 1 << 20
    /// Unsafe: a handler of a signal must not wait for a lock. It only reads; the thread of the walk writes, one walk at a time.
    private nonisolated(unsafe) static let buffer = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
    /// Unsafe: as `buffer`.
    private nonisolated(unsafe) static var length = 0

    /// One walk at a time.
    static func begin(_ release: KernelRelease) {
        _ = handler
        length = 0
        add("\n# the process dies on this walk, Linux \(release.rawValue)\n")
    }

    static func add(_ step: Step) { add([step].script) }

    private static func add(_ text: String) {
        for byte in text.utf8 where length < capacity {
            buffer[length] = byte
            length += 1
        }
    }

    private static let handler: Void = {
        for number in [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGABRT] {
            signal(number) { number in
                _ = write(2, Trace.buffer, Trace.length)
                signal(number, SIG_DFL)
                raise(number)
            }
        }
    }()
}
