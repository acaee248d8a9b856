internal import AdjunctProcessor
internal import DriverCore
internal import Hexadecimal
internal import Kernels
internal import LockOrder
internal import SystemAdditions
internal import SystemPackage
internal import Sysfs

extension APBus {
    /// Why the counts of requests that wait for an answer are always 0.
    static let answeredAtOnce = "a card answers at once, so no request ever waits for its answer"

    /// A card and the bus that it is on: what the rows below speak of.
    struct CardView: Sendable {
        unowned let bus: APBus
        let card: APCard

        /// /sys/devices/ap/cardXX, without what its driver adds
        static var attributes: [Attribute<CardView>] {
            [
                .readOnly("hwtype") { "\($0.card.type)\n" },
                .readOnly("raw_hwtype") { "\($0.card.info.type)\n" },
                .readOnly("depth") { card in
                    "\(card.bus.kernel.release.has(.depthCountsFromOne) ? card.card.info.capacity : Int(card.card.info.depth))\n"
                },
                .readOnly("ap_functions") { "0x\($0.card.functions.hex(8, uppercase: true))\n" },
                .readWrite("request_count") {
                    "\($0.card.state.withLock { $0.requests })\n"
                } store: { card, _, _ in
                    card.clearRequests()
                },
                .readOnly("requestq_count") { card in card.bus.loadText({ card.bus.queues(of: card.card) }) { _ in 1 } },
                .readOnly("pendingq_count") { _ in "0\n" }.fixed(APBus.answeredAtOnce),
                .readOnly("modalias") { "ap:t\($0.card.type.hex(2, uppercase: true))\n" },
                .readWrite("config") {
                    $0.card.state.withLock { $0.isConfigured } ? "1\n" : "0\n"
                } store: {
                    card, input, _ throws(Errno) in
                    try card.storeConfig(input)
                },
                .readOnly("chkstop") { $0.card.state.withLock { $0.isCheckstopped } ? "1\n" : "0\n" },
                .readOnly("max_msg_size") { "\($0.card.info.maximumMessageSize)\n" },
            ]
        }

        /// The card's, and those of its queues that have a driver.
        private func clearRequests() {
            for queue in bus.queues(of: card) {
                queue.state.withLock { state in
                    if state.isBound { state.requests = 0 }
                }
            }
            card.state.withLock { $0.requests = 0 }
        }

        /// Asks the machine to configure the adapter or to take it out of the configuration; the queues follow at the next scan.
        ///
        /// - Throws: `EINVAL` unless 0 or 1, `EOPNOTSUPP` where the machine cannot, `EIO` where it does not.
        ///
        /// Kernel: drivers/s390/crypto/ap_card.c, config_store.
        private func storeConfig(_ input: Input) throws(Errno) {
            let isOn = try KernelText.zeroOrOne(input.text, release: bus.kernel.release)
            if isOn != card.state.withLock({ $0.isConfigured }) {
                switch bus.hardware.configure(card.adapter, isOn) {
                case .ok: break
                case .notSupported: throw .EOPNOTSUPP
                case .refused(let code):
                    logRefusal(isOn, code)
                    throw .EIO
                }
            }
            card.state.withLock { $0.isConfigured = isOn }
            card.device.sendConfig(isOn)
        }

        /// Kernel: drivers/s390/char/sclp_ap.c, do_ap_configure.
        private func logRefusal(_ isOn: Bool, _ code: UInt16) {
            let command: UInt32 = (isOn ? 0x001f_0001 : 0x001e_0001) | UInt32(card.adapter.rawValue) << 8
            bus.kernel.log.print(
                "sclp_cmd: configure AP adapter \(card.adapter.rawValue) failed: cmd=0x\(command.hex(8)) response=0x\(code.hex(4))"
            )
        }
    }

    /// The queues of a card, by their domains.
    func queues(of card: APCard) -> [APQueue] {
        index.withLock { index in
            (0...maxDomain).compactMap { index.queues[APQN(adapter: card.adapter, domain: DomainID($0))] }
        }.filter { $0.card === card }
    }
}
