internal import CLinux
internal import Glibc
internal import SystemAdditions
public import SystemPackage

/// A socket for the uevents of the network namespace that it was made in.
///
/// Kernel: lib/kobject_uevent.c; `netlink(7)`, NETLINK_KOBJECT_UEVENT.
public struct UeventSocket: ~Copyable, Sendable {
    /// Who gets a message.
    public enum Group: UInt32, Sendable {
        /// Listeners of the kernel.
        case kernel = 1
        /// Listeners of udev, which passes on what the kernel says when it has dealt with it.
        case udev = 2
    }

    private let descriptor: Int32
    /// The largest message that the kernel passes on, its header included.
    static let largest = 2048

    /// A socket in the network namespace of the calling thread, where it stays when the thread enters another one.
    ///
    /// - Parameter group: what to listen to; nil to send only.
    /// - Throws: `EMFILE` and `ENFILE` where there can be no more descriptors, `ENOMEM` and `ENOBUFS` where memory is short,
    ///   `EAFNOSUPPORT` and `EPROTONOSUPPORT` where the kernel has no such sockets.
    public init(listeningTo group: Group? = nil) throws(Errno) {
        descriptor = socket(AF_NETLINK, Int32(SOCK_RAW.rawValue | SOCK_CLOEXEC.rawValue), NETLINK_KOBJECT_UEVENT)
        guard descriptor >= 0 else { throw Errno(rawValue: errno) }
        guard let group else { return }
        // many at once when a machine loses a card; root may have more than the system's limit
        var size: Int32 = 16 << 20
        if setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &size, socklen_t(MemoryLayout<Int32>.size)) != 0 {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        }
        let address = Self.address(group.rawValue)
        let result = withUnsafePointer(to: address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_nl>.size))
            }
        }
        guard result == 0 else { throw Errno(rawValue: errno) }
    }

    deinit {
        close(descriptor)
    }

    private static func address(_ groups: UInt32) -> sockaddr_nl {
        sockaddr_nl(nl_family: sa_family_t(AF_NETLINK), nl_pad: 0, nl_pid: 0, nl_groups: groups)
    }

    /// Has the kernel send a message to its listeners: for them it comes from the kernel. The kernel adds `SEQNUM`, and each
    /// listener has the message when this returns.
    ///
    /// - Parameter message: `ACTION@DEVPATH` and the variables, each ended by a NUL.
    /// - Throws: `EPERM` without `CAP_SYS_ADMIN` over the network namespace, `EINVAL` for a message that comes to more than 2048
    ///   bytes with the header and `SEQNUM`; what else `sendto(2)` answers.
    ///
    /// Kernel: lib/kobject_uevent.c, uevent_net_rcv_skb.
    public func sendAsKernel(_ message: some Collection<UInt8>) throws(Errno) {
        let length = MemoryLayout<nlmsghdr>.size + message.count
        // any type that is not netlink's own
        let header = nlmsghdr(
            nlmsg_len: UInt32(length), nlmsg_type: UInt16(NLMSG_MIN_TYPE), nlmsg_flags: UInt16(NLM_F_REQUEST), nlmsg_seq: 0,
            nlmsg_pid: 0)
        var packet = withUnsafeBytes(of: header) { [UInt8]($0) }
        packet += message
        try send(packet, to: 0)
        // the kernel answers where it refuses, and has done so by now
        var answer = [UInt8](repeating: 0, count: Self.largest * 2)
        let count = recv(descriptor, &answer, answer.count, Int32(MSG_DONTWAIT))
        guard count >= MemoryLayout<nlmsghdr>.size + MemoryLayout<Int32>.size else { return }
        let error = answer.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: MemoryLayout<nlmsghdr>.size, as: Int32.self) }
        guard error == 0 else { throw Errno(rawValue: -error) }
    }

    /// Sends a message to the listeners of a group. Nobody need listen.
    ///
    /// - Throws: `EPERM` without `CAP_NET_ADMIN` over the network namespace, `EMSGSIZE` for a message that is too long to be
    ///   sent; what else `sendto(2)` answers, but for `ECONNREFUSED`.
    public func send(_ message: [UInt8], to group: Group) throws(Errno) {
        do throws(Errno) {
            try send(message, to: group.rawValue)
        } catch .ECONNREFUSED {
            // nobody listens
        }
    }

    private func send(_ packet: [UInt8], to groups: UInt32) throws(Errno) {
        let count = withUnsafePointer(to: Self.address(groups)) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(descriptor, packet, packet.count, 0, $0, socklen_t(MemoryLayout<sockaddr_nl>.size))
            }
        }
        guard count >= 0 else { throw Errno(rawValue: errno) }
    }

    /// Waits for the next message.
    ///
    /// - Returns: nil for one that did not come from the kernel, where some were lost because they came too fast (`ENOBUFS`), and
    ///   where a signal ended the wait (`EINTR`).
    /// - Throws: what else `recvfrom(2)` answers.
    public func receive() throws(Errno) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: Self.largest * 4)
        var address = sockaddr_nl()
        var size = socklen_t(MemoryLayout<sockaddr_nl>.size)
        let count = withUnsafeMutablePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                recvfrom(descriptor, &buffer, buffer.count, 0, $0, &size)
            }
        }
        guard count >= 0 else {
            guard errno == ENOBUFS || errno == EINTR else { throw Errno(rawValue: errno) }
            return nil
        }
        return address.nl_pid == 0 ? Array(buffer[..<count]) : nil
    }
}
