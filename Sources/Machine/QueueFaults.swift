public import AdjunctProcessor

extension MachineDescription {
    /// What is wrong with a queue.
    public struct QueueFaults: Hashable, Sendable {
        /// There is no such queue, although its adapter and domain are there.
        public var absent: Bool
        /// It is checkstopped, although its adapter is not.
        public var chkstop: Bool
        /// How many polls a reset takes; 0 none, 255 for ever.
        public var resetBusy: UInt8
        private var answers: [Instruction: WrongAnswer] = [:]

        /// By default a queue that is in order.
        public init(absent: Bool = false, chkstop: Bool = false, resetBusy: UInt8 = 0) {
            self.absent = absent
            self.chkstop = chkstop
            self.resetBusy = resetBusy
        }

        /// Nothing.
        public static let none = QueueFaults()
        /// The `resetBusy` of a reset that never ends.
        public static let endless: UInt8 = 255

        /// What an instruction answers in place of what it would do; nil: it does it.
        ///
        /// It does so only where the queue is there and in operation.
        public subscript(_ instruction: Instruction) -> WrongAnswer? {
            get { answers[instruction] }
            set { answers[instruction] = newValue.flatMap { $0.code == .normal || $0.count == 0 ? nil : $0 } }
        }
    }

    /// An instruction that can be made to fail, by the first word of its keys: `tapq-rc` and `tapq-n`.
    public enum Instruction: String, Sendable, CaseIterable {
        /// RAPQ and ZAPQ.
        case reset
        /// Tests of a queue; a running reset comes no nearer to its end by one that fails.
        case tapq
        /// Turning interrupts on and off.
        case aqic
        /// Sending a request.
        case nqap

        /// The key of the response code, hexadecimal.
        var codeKey: String { rawValue + "-rc" }
        /// The key of the number of answers, decimal.
        var countKey: String { rawValue + "-n" }
    }

    /// An answer that is not the queue's.
    public struct WrongAnswer: Hashable, Sendable {
        /// The response code.
        public var code: ResponseCode
        /// How many times more; nil: for ever.
        public var count: Int?

        /// By default for ever.
        public init(_ code: ResponseCode, count: Int? = nil) {
            self.code = code
            self.count = count
        }
    }
}

// Its keys, which commands and the machine file share.
extension MachineDescription.QueueFaults {
    static let keys =
        ["absent", "chkstop", "reset-busy"] + MachineDescription.Instruction.allCases.flatMap { [$0.codeKey, $0.countKey] }

    /// What each key takes, for the reader of a message; nil for a key that is none.
    static func values(of key: String) -> String? {
        switch key {
        case "absent", "chkstop": "0 or 1"
        case "reset-busy": "0 to 255, decimal; 255 never ends"
        default:
            keys.contains(key)
                ? key.hasSuffix("-rc") ? "00 to ff, hexadecimal" : "how many times, 0 to 1000000, decimal" : nil
        }
    }
}

/// Changes of a queue's faults: what is not named stays.
struct QueueFaultChanges: Hashable, Sendable {
    private var absent: Bool?
    private var chkstop: Bool?
    private var resetBusy: UInt8?
    private var codes: [MachineDescription.Instruction: ResponseCode] = [:]
    private var counts: [MachineDescription.Instruction: Int] = [:]

    /// Takes the value of a key; false where it is none of that key.
    mutating func set(_ key: String, _ value: String) -> Bool {
        switch key {
        case "absent":
            absent = flag(value)
            return absent != nil
        case "chkstop":
            chkstop = flag(value)
            return chkstop != nil
        case "reset-busy":
            resetBusy = decimal(value)
            return resetBusy != nil
        default:
            for instruction in MachineDescription.Instruction.allCases {
                if key == instruction.codeKey {
                    codes[instruction] = hexadecimal(value).map { ResponseCode(rawValue: $0) }
                    return codes[instruction] != nil
                }
                if key == instruction.countKey {
                    counts[instruction] = number(value, through: 1_000_000)
                    return counts[instruction] != nil
                }
            }
            return false
        }
    }

    /// Makes the changes; nil, or the key of a number of answers of which the code is not known.
    func apply(to faults: inout MachineDescription.QueueFaults) -> MachineDescription.Instruction? {
        faults.absent = absent ?? faults.absent
        faults.chkstop = chkstop ?? faults.chkstop
        faults.resetBusy = resetBusy ?? faults.resetBusy
        for (instruction, code) in codes { faults[instruction] = .init(code) }
        for (instruction, count) in counts {
            guard let answer = faults[instruction] else {
                if codes[instruction] == .normal || count == 0 { continue }
                return instruction
            }
            faults[instruction] = .init(answer.code, count: count)
        }
        return nil
    }
}
