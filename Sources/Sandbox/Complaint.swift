internal import CLinux
internal import Glibc
internal import SystemAdditions
internal import SystemPackage

/// The line that says why a machine cannot be made. The processes of a sandbox have it in common: who comes first is heard, since what
/// goes wrong elsewhere after that comes of it.
struct Complaint: Sendable {
    // Unsafe: a word that processes share. It is changed by an atomic exchange only.
    private nonisolated(unsafe) let isMade: UnsafeMutablePointer<Int32>

    /// To be made before the processes are.
    ///
    /// - Throws: `ENOMEM`.
    init() throws(Errno) {
        let size = MemoryLayout<Int32>.size
        guard let memory = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0), memory != MAP_FAILED else {
            throw Errno(rawValue: errno)
        }
        isMade = memory.bindMemory(to: Int32.self, capacity: 1)
    }

    private static let (begun, made): (Int32, Int32) = (1, 2)

    /// Tells a person what is wrong, if that has not been told. Returns when it has: the end of this process may be that of the other.
    func make(_ error: any Error) {
        var before = linux_exchange(isMade, Self.begun)
        for _ in 0..<1000 where before == Self.begun {
            usleep(1000)
            before = linux_exchange(isMade, Self.begun)
        }
        defer { _ = linux_exchange(isMade, Self.made) }
        guard before == 0 else { return }
        _ = try? FileDescriptor.standardError.writeAll("Error: \(Sandbox.explain(error))\n".losslessBytes)
    }
}
