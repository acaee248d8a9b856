internal import Glibc
public import SystemPackage

/// Does for the listeners of udev what udev does for them: hears each uevent of the kernel and passes it on.
///
/// There are no rules, so it adds nothing but the time. Where a real udevd runs, each event is heard twice.
public struct UdevRelay: ~Copyable, Sendable {
    private let socket: UeventSocket

    /// Listens from now on.
    ///
    /// - Throws: what ``UeventSocket/init(listeningTo:)`` throws.
    public init() throws(Errno) {
        socket = try UeventSocket(listeningTo: .kernel)
    }

    /// Passes messages on, for as long as the process lives. Returns where the socket fails.
    public func run() {
        do throws(Errno) {
            while true {
                guard let message = try socket.receive(),
                    let relayed = UdevMessage(kernel: message, initialized: Self.microseconds)
                else { continue }
                // one that cannot be sent is lost, as it is where a listener is too slow
                try? socket.send(relayed.bytes, to: .udev)
            }
        } catch {}
    }

    private static var microseconds: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000 + UInt64(time.tv_nsec) / 1000
    }
}
