internal import AdjunctProcessor
internal import DriverCore
internal import Hexadecimal
internal import KernelLocks
internal import Kernels
internal import LockOrder
internal import SystemAdditions
internal import SystemPackage
internal import Sysfs

extension APBus {
    /// A queue and the bus that it is on: what the rows below speak of.
    struct QueueView: Sendable {
        unowned let bus: APBus
        let queue: APQueue

        /// /sys/devices/ap/cardXX/XX.YYYY, without what its driver adds
        static var attributes: [Attribute<QueueView>] {
            [
                .readWrite("request_count") { queue in
                    queue.queue.state.withLock { $0.machine.device == .uninitiated ? "-\n" : "\($0.requests)\n" }
                } store: { queue, _, _ in
                    queue.queue.state.withLock { $0.requests = 0 }
                },
                .readOnly("requestq_count") { queue in queue.bus.loadText({ [queue.queue] }) { _ in 1 } },
                .readOnly("pendingq_count") { _ in "0\n" }.fixed(APBus.answeredAtOnce),
                .readWrite("reset") {
                    $0.resetText
                } store: { queue, _, _ in
                    queue.bus.flush(queue.queue)
                    queue.bus.kick(queue.queue) { $0.machine.restart() }
                },
                .readOnly("interrupt") { $0.interruptText },
                .readOnly("config") { $0.queue.state.withLock { $0.isConfigured } ? "1\n" : "0\n" },
                .readOnly("chkstop") { $0.queue.state.withLock { $0.isCheckstopped } ? "1\n" : "0\n" },
                Attribute("ap_functions", .readOnly, since: .v6_12) { queue, page, _ throws(Errno) in
                    let (status, info) = queue.bus.hardware.tapq(queue.queue.apqn)
                    guard status.responseCode.rawValue <= ResponseCode.busy.rawValue else { throw .EIO }
                    page.emit("0x\(info.facilities.hex(8, uppercase: true))\n")
                },
                Attribute("driver_override", .readWrite, since: .v7_2) { queue, page, _ in
                    // under the lock of the device's own data, not that of the masks
                    page.emit((queue.queue.driverOverride ?? []) + [UInt8(ascii: "\n")])
                } store: { queue, input, held throws(Errno) in
                    try queue.bus.storeOverride(input, of: queue.queue, after: held)
                },
            ]
        }

        private var resetText: String {
            switch queue.state.withLock({ $0.machine.state }) {
            case .resetStart, .resetWait: "Reset in progress.\n"
            case .full: "Reset Timer armed.\n"
            case .setInterruptWait, .idle, .associationWait: "No Reset Timer set.\n"
            }
        }

        /// What the hardware says; Linux 6.1 shows what it has seen last.
        private var interruptText: String {
            let (state, sawInterrupts) = queue.state.withLock { ($0.machine.state, $0.machine.sawInterrupts) }
            if state == .setInterruptWait { return "Enable Interrupt pending.\n" }
            let isOn =
                bus.kernel.release.has(.asksWhetherInterruptsAreOn)
                ? bus.hardware.tapq(queue.apqn).0.interruptsEnabled : sawInterrupts
            return isOn ? "Interrupts enabled.\n" : "Interrupts disabled.\n"
        }
    }
}
