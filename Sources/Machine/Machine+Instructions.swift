public import AdjunctProcessor
internal import Synchronization

extension Machine {
    /// `interrupts` of the description.
    public var hasInterrupts: Bool {
        state.withLock { $0.description.interrupts }
    }

    /// Brings a running reset, and a running association, one poll nearer to its end. Not in the journal.
    public func tapq(_ apqn: APQN) -> (QueueStatus, QueueInfo) {
        state.withLock { $0.test(apqn) }
    }

    /// `secureExecution` of the description.
    public var isSecureGuest: Bool {
        state.withLock { $0.description.secureExecution }
    }

    /// `zVM` of the description.
    public var isUnderZVM: Bool {
        state.withLock { $0.description.zVM }
    }

    /// Only a reset that is accepted unbinds.
    public func rapq(_ apqn: APQN, unbinding: Bool) -> QueueStatus {
        execute(.rapq, apqn) { state in
            let code = state.reset(apqn)
            if unbinding, code == .normal { state.unbind(apqn) }
            return code
        }
    }

    /// 01 unless the machine is a secure-execution guest.
    public func bapq(_ apqn: APQN) -> QueueStatus {
        execute(.bapq, apqn) { $0.bind(apqn) }
    }

    /// Takes every secret, and two polls to the end; 01 unless the machine is a secure-execution guest.
    public func aapq(_ apqn: APQN, secret: UInt16) -> QueueStatus {
        execute(.aapq, apqn) { $0.associate(apqn) }
    }

    /// As `rapq`, but a queue that is bound stays bound.
    public func zapq(_ apqn: APQN) -> QueueStatus {
        execute(.zapq, apqn) { $0.reset(apqn) }
    }

    /// On a machine without AP interrupts, where the instruction would be an operation exception, 01.
    public func aqic(_ apqn: APQN, enable: Bool) -> QueueStatus {
        execute(enable ? .aqicOn : .aqicOff, apqn) { $0.control(apqn, enable: enable) }
    }

    /// What follows from the description; nil where it has no `features`. Not in the journal.
    public func qci() -> ConfigurationInfo? {
        state.withLock { $0.configuration }
    }

    /// The newest type here is CEX8: whatever is newer can be driven as one.
    public func qact(_ apqn: APQN, type: UInt8) -> UInt8? {
        state.withLock { state in
            guard state.configuration?.qact == true, state.condition(of: apqn) != .queueNotAvailable, type >= 10 else {
                return nil
            }
            return min(type, CardType.cex8c.hardwareType)
        }
    }

    /// Answers 0020, 0120 when there was nothing to do, 09f0 when no such adapter is plugged.
    public func configure(_ adapter: AdapterID, _ on: Bool) -> SCLPResponse {
        state.withLock { state in
            var description = state.description
            guard description.reconfiguration else { return .notSupported }
            let code: UInt16
            switch description.adapters[adapter]?.config {
            case nil: code = 0x09f0
            case on: code = 0x0120
            default:
                code = 0x0020
                description.adapters[adapter]?.config = on
                state.become(description)
            }
            journal.append(.configure(adapter, on, code))
            return code == 0x09f0 ? .refused(code: code) : .ok
        }
    }

    /// A queue in order takes every message, and is never full: it answers at once.
    public func nqap(_ apqn: APQN) -> QueueStatus {
        execute(.nqap, apqn) { $0.enqueue(apqn) }
    }

    /// A card answers while it is in operation, and only what its description tells.
    public func ask(_ apqn: APQN, _ query: DeviceQuery) -> DeviceAnswer? {
        state.withLock { state in
            guard state.condition(of: apqn) == .normal else { return nil }
            return state.description.adapters[apqn.adapter]?.answer(query, in: apqn.domain)
        }
    }

    /// Executes an instruction that goes into the journal, whatever it answered; the journal has them in this order.
    private func execute(
        _ instruction: HardwareJournal.Instruction, _ apqn: APQN, _ effect: (inout MachineState) -> ResponseCode
    ) -> QueueStatus {
        state.withLock { state in
            let code = effect(&state)
            journal.append(.instruction(instruction, apqn, code))
            return state.status(of: apqn, code)
        }
    }
}
