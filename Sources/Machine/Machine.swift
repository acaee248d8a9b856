public import AdjunctProcessor
internal import Synchronization

/// The simulated hardware: it executes the AP instructions as the machine that its description tells, and can be changed
/// while it runs (`Machine+Commands`).
///
/// Its lock is a leaf: it may be called with any lock held, and calls nobody but its journal.
public final class Machine: APInstructions {
    /// What was done to it.
    public let journal = HardwareJournal()

    let state: Mutex<MachineState>

    /// The machine just switched on: no queue interrupts, resets or is bound, and the journal is empty.
    public init(_ description: MachineDescription) {
        state = Mutex(MachineState(description))
    }

    /// The machine as it is now.
    public var description: MachineDescription {
        state.withLock { $0.description }
    }
}

/// What the lock of a machine guards: the description, what follows from it, and what the instructions left behind.
struct MachineState {
    private(set) var description: MachineDescription

    // Derived from the description, so that an instruction costs two table look-ups.
    private(set) var configuration: ConfigurationInfo?
    /// Per adapter number, what its queues answer; 01 where none is plugged.
    private var cards: [Card]
    /// The domains whose queues an instruction reaches.
    private var domains: APMask

    /// Per adapter number, the domains whose queue interrupts.
    private var interrupts = [APMask](repeating: .none, count: 256)
    /// The resets that still run, and how many polls they last.
    private var resets: [APQN: UInt8] = [:]
    /// What is wrong with queues that are not there any more, and is again when they come back.
    private var unplugged: [APQN: MachineDescription.QueueFaults] = [:]
    /// Queues that a secure-execution guest has bound.
    private var bindings: [APQN: Binding] = [:]

    private struct Binding {
        var state: QueueInfo.BindState
        /// How many polls an association still lasts.
        var polls = 0
    }

    private struct Card {
        var condition: ResponseCode
        var info: QueueInfo

        static let none = Card(condition: .queueNotAvailable, info: .none)
    }

    init(_ description: MachineDescription) {
        self.description = description
        configuration = description.configuration
        cards = Self.cards(of: description)
        domains = Self.domains(of: description)
    }

    /// Makes it that machine. Queues that stay what they were keep their interrupts, bindings and running resets; those of a card
    /// that was exchanged or went out of operation lose them.
    mutating func become(_ new: MachineDescription) {
        let old = description
        description = new
        rememberFaults(since: old)
        configuration = new.configuration
        cards = Self.cards(of: new)
        domains = Self.domains(of: new)

        for id in UInt8.min...UInt8.max {
            let adapter = new.adapters[AdapterID(id)]
            let isTheSame = adapter?.condition == .normal && adapter?.isSameCard(as: old.adapters[AdapterID(id)]) == true
            interrupts[Int(id)] = isTheSame ? interrupts[Int(id)].intersection(domains) : .none
        }
        for (apqn, faults) in description.queues where faults.absent || faults.chkstop {
            interrupts[Int(apqn.adapter.rawValue)][apqn.domain] = false
        }
        for (apqn, left) in resets {
            let busy = description.queues[apqn]?.resetBusy ?? 0
            // A change of the fault shortens the reset that runs, and never lengthens it.
            resets[apqn] = isTheSame(apqn, as: old) ? min(left, busy) : nil
        }
        for apqn in bindings.keys where !isTheSame(apqn, as: old) { bindings[apqn] = nil }
    }

    /// Whether a queue is in operation, on the card on which it was.
    private func isTheSame(_ apqn: APQN, as old: MachineDescription) -> Bool {
        condition(of: apqn) == .normal && description.adapters[apqn.adapter]?.isSameCard(as: old.adapters[apqn.adapter]) == true
    }

    // MARK: - Faults

    /// Keeps what was wrong with queues that are gone, and brings it back for those that have come back.
    private mutating func rememberFaults(since old: MachineDescription) {
        for (apqn, faults) in old.queues where description.queues[apqn] == nil && !description.hasQueue(apqn) {
            unplugged[apqn] = faults
        }
        for (apqn, faults) in unplugged where description.hasQueue(apqn) {
            unplugged[apqn] = nil
            if description.queues[apqn] == nil { description.queues[apqn] = faults }
        }
    }

    /// Nothing is wrong with a queue that comes back.
    mutating func forgetUnplugged() {
        unplugged = [:]
    }

    /// What an instruction answers to a queue because of a fault, which may be the last time; nil: it does what it is there for.
    mutating func wrongAnswer(to instruction: MachineDescription.Instruction, _ apqn: APQN) -> ResponseCode? {
        guard var faults = faults(of: apqn), let answer = faults[instruction] else { return nil }
        if let count = answer.count {
            faults[instruction] = .init(answer.code, count: count - 1)
            description.queues[apqn] = faults == .none ? nil : faults
        }
        return answer.code
    }

    /// The response code of any instruction to that queue, and what TAPQ tells of it.
    private func card(of apqn: APQN) -> Card {
        let faults = faults(of: apqn)
        guard domains.contains(apqn.domain), faults?.absent != true else { return .none }
        var card = cards[Int(apqn.adapter.rawValue)]
        if faults?.chkstop == true, card.condition == .normal { card.condition = .checkstopped }
        return card
    }

    /// The response code of any instruction to that queue: 00, 01, 03 or 04.
    func condition(of apqn: APQN) -> ResponseCode {
        card(of: apqn).condition
    }

    /// The status word of an instruction that ended with that code.
    func status(of apqn: APQN, _ code: ResponseCode) -> QueueStatus {
        QueueStatus(code, interruptsEnabled: interrupts[Int(apqn.adapter.rawValue)][apqn.domain])
    }

    private func faults(of apqn: APQN) -> MachineDescription.QueueFaults? {
        description.queues.isEmpty ? nil : description.queues[apqn]
    }

    /// The table of `cards` for a description.
    private static func cards(of description: MachineDescription) -> [Card] {
        var cards = [Card](repeating: .none, count: 256)
        for (id, adapter) in description.adapters where id.rawValue <= description.addressableAdapter {
            cards[Int(id.rawValue)] = Card(condition: adapter.condition, info: adapter.queueInfo)
        }
        return cards
    }

    private static func domains(of description: MachineDescription) -> APMask {
        description.usageDomains.intersection(.through(description.addressableDomain))
    }
}

// The effect of each instruction on the state.
extension MachineState {
    /// TAPQ. A poll brings a running reset nearer to its end.
    mutating func test(_ apqn: APQN) -> (QueueStatus, QueueInfo) {
        let card = card(of: apqn)
        guard card.condition == .normal else { return (QueueStatus(card.condition), card.info) }
        if let code = wrongAnswer(to: .tapq, apqn) {
            return (status(of: apqn, code), code == .queueNotAvailable ? .none : card.info)
        }
        var (status, info) = (status(of: apqn, .normal), card.info)
        if description.secureExecution { info.bindState = bindState(of: apqn) }
        if !resets.isEmpty, let left = resets[apqn] {
            switch left {
            case MachineDescription.QueueFaults.endless:
                status.responseCode = .resetInProgress
            case 0, 1:
                resets[apqn] = nil
            default:
                resets[apqn] = left - 1
                status.responseCode = .resetInProgress
            }
        }
        return (status, info)
    }

    /// Whether a queue is bound, which no CCA queue can be. A poll brings a running association nearer to its end.
    private mutating func bindState(of apqn: APQN) -> QueueInfo.BindState {
        guard card(of: apqn).info.mode != .coprocessor else { return .unusable }
        guard var binding = bindings[apqn] else { return .unbound }
        if binding.polls > 0 {
            binding.polls -= 1
            if binding.polls == 0 { binding.state = .usable }
            bindings[apqn] = binding
        }
        return binding.state
    }

    /// BAPQ. A queue that needs no secret can be used at once.
    mutating func bind(_ apqn: APQN) -> ResponseCode {
        guard description.secureExecution else { return .queueNotAvailable }
        let refusal = condition(of: apqn)
        guard refusal == .normal else { return refusal }
        guard resets[apqn] == nil else { return .resetInProgress }
        guard bindings[apqn] == nil else { return .bindError }
        bindings[apqn] = Binding(state: card(of: apqn).info.mode == .ep11 ? .boundNotAssociated : .usable)
        return .normal
    }

    /// AAPQ. Takes two polls, like an association that has to be waited for.
    mutating func associate(_ apqn: APQN) -> ResponseCode {
        guard description.secureExecution else { return .queueNotAvailable }
        let refusal = condition(of: apqn)
        guard refusal == .normal else { return refusal }
        guard resets[apqn] == nil else { return .resetInProgress }
        guard let binding = bindings[apqn], binding.state == .boundNotAssociated, binding.polls == 0 else {
            return .notAvailableForAssociation
        }
        bindings[apqn]?.polls = 2
        return .normal
    }

    mutating func unbind(_ apqn: APQN) {
        bindings[apqn] = nil
    }

    /// RAPQ and ZAPQ, which nobody can tell apart here: a queue remembers nothing of its user.
    mutating func reset(_ apqn: APQN) -> ResponseCode {
        let refusal = condition(of: apqn)
        guard refusal == .normal else { return refusal }
        if let code = wrongAnswer(to: .reset, apqn) { return code }
        guard resets[apqn] == nil else { return .resetInProgress }
        interrupts[Int(apqn.adapter.rawValue)][apqn.domain] = false
        if let busy = faults(of: apqn)?.resetBusy, busy > 0 { resets[apqn] = busy }
        return .normal
    }

    /// NQAP.
    mutating func enqueue(_ apqn: APQN) -> ResponseCode {
        let refusal = condition(of: apqn)
        guard refusal == .normal else { return refusal }
        if let code = wrongAnswer(to: .nqap, apqn) { return code }
        return resets[apqn] == nil ? .normal : .resetInProgress
    }

    /// AQIC.
    mutating func control(_ apqn: APQN, enable: Bool) -> ResponseCode {
        guard description.interrupts else { return .queueNotAvailable }
        let refusal = condition(of: apqn)
        guard refusal == .normal else { return refusal }
        if let code = wrongAnswer(to: .aqic, apqn) { return code }
        guard resets[apqn] == nil else { return .resetInProgress }
        guard interrupts[Int(apqn.adapter.rawValue)][apqn.domain] != enable else { return .otherwiseChanged }
        interrupts[Int(apqn.adapter.rawValue)][apqn.domain] = enable
        return .normal
    }
}
