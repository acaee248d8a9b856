internal import Machine

/// What /proc tells of an IBM Z of the machine's type: /proc/sysinfo and /proc/cpuinfo.
///
/// The form is that of Linux on s390; the numbers are those of a model, not of anybody's machine.
struct ProcessorInformation {
    private let model: Model
    private let processors: Int
    private let isUnderZVM: Bool
    /// Facilities of AP that the machine has not: 12 is QCI, 15 the test of facilities, 65 are interrupts.
    private let missing: Set<Int>

    /// - Parameter processors: how many there are, at least 1.
    init(_ machine: MachineDescription, processors: Int) {
        model = Self.model(of: machine)
        self.processors = max(1, processors)
        isUnderZVM = machine.zVM
        missing = Self.facilities(missingIn: machine)
    }

    private static func facilities(missingIn machine: MachineDescription) -> Set<Int> {
        guard machine.apInstructions else { return [12, 15, 65] }
        var missing: Set<Int> = []
        if machine.features == nil { missing.insert(12) }
        if !machine.interrupts { missing.insert(65) }
        return missing
    }

    private struct Model {
        var type: String
        let code: String
        let megahertz: Int
        /// The generation of the Crypto Express card that came with it; nil where that was an older one.
        let generation: UInt8?
    }

    /// z17, z16, z15, z14, z13 and zEC12.
    private static let models = [
        Model(type: "9175", code: "ME1", megahertz: 5500, generation: nil),
        Model(type: "3931", code: "A01", megahertz: 5200, generation: 8),
        Model(type: "8561", code: "T01", megahertz: 5200, generation: 7),
        Model(type: "3906", code: "M03", megahertz: 5208, generation: 6),
        Model(type: "2964", code: "N63", megahertz: 5000, generation: 5),
    ]
    private static let oldest = Model(type: "2827", code: "H20", megahertz: 5504, generation: 4)

    /// The machine of that type, else the one for which the newest card was made; one that is not known differs from that in its type.
    private static func model(of machine: MachineDescription) -> Model {
        if let known = models.first(where: { $0.type == machine.machineType }) { return known }
        let newest = machine.adapters.values.map(\.type.generation).max() ?? 8
        var model = models.first { $0.generation == newest } ?? oldest
        if let type = machine.machineType { model.type = type }
        return model
    }

    /// Kernel: arch/s390/kernel/sysinfo.c.
    var sysinfo: String {
        let capacity = "7\(String(processors, radix: 10).leftPadded(to: 2, with: "0"))"
        return """
            Manufacturer:         IBM
            Type:                 \(model.type)
            Model:                \(capacity)              \(model.code)
            Sequence Code:        00000000000A9717
            Plant:                02
            Model Capacity:       \(capacity)              00000000
            Capacity Adj. Ind.:   100
            Capacity Ch. Reason:  0
            Capacity Transient:   0

            CPUs Total:           \(processors)
            CPUs Configured:      \(processors)
            CPUs Standby:         0
            CPUs Reserved:        0
            Capability:           728

            LPAR Number:          1
            LPAR Characteristics: Shared\(" ")
            LPAR Name:            APMATRIX
            LPAR Adjustment:      100
            LPAR CPUs Total:      \(processors)
            LPAR CPUs Configured: \(processors)
            LPAR CPUs Standby:    0
            LPAR CPUs Reserved:   0
            LPAR CPUs Dedicated:  0
            LPAR CPUs Shared:     \(processors)

            """ + (isUnderZVM ? hypervisor : "")
    }

    private var hypervisor: String {
        """

        VM00 Name:            APMATRIX
        VM00 Control Program: z/VM    7.3.0\("   ")
        VM00 Adjustment:      1000
        VM00 CPUs Total:      \(processors)
        VM00 CPUs Configured: \(processors)
        VM00 CPUs Standby:    0
        VM00 CPUs Reserved:   0

        """
    }

    /// Kernel: arch/s390/kernel/processor.c, show_cpuinfo.
    var cpuinfo: String {
        let identification = "version = FF,  identification = 0A9717,  machine = \(model.type)"
        let head = """
            vendor_id       : IBM/S390
            # processors    : \(processors)
            bogomips per cpu: 24038.00
            max thread id   : 0
            features\t: esan3 zarch stfle msa ldisp eimm dfp edat etf3eh highgprs te vx sie\(" ")
            facilities      : \(facilities.map { "\($0) " }.joined())
            cache0          : level=1 type=Data scope=Private size=128K line_size=256 associativity=8
            cache1          : level=1 type=Instruction scope=Private size=128K line_size=256 associativity=8
            cache2          : level=2 type=Unified scope=Private size=32768K line_size=256 associativity=16
            \((0..<processors).map { "processor \($0): \(identification)" }.joined(separator: "\n"))

            """
        return head + (0..<processors).map(processor).joined()
    }

    private func processor(_ number: Int) -> String {
        """

        cpu number      : \(number)
        physical id     : 1
        core id         : \(number)
        book id         : 1
        drawer id       : 1
        dedicated       : 0
        address         : \(number)
        siblings        : 1
        cpu cores       : 1
        version         : FF
        identification  : 0A9717
        machine         : \(model.type)
        cpu MHz dynamic : \(model.megahertz)
        cpu MHz static  : \(model.megahertz)

        """
    }

    /// z/Architecture's facilities.
    private var facilities: [Int] {
        let all =
            Array(0...4) + Array(6...10) + [12, 14, 15] + Array(16...28) + Array(30...38) + Array(40...45) + Array(47...55)
            + Array(57...61) + [64, 65, 69] + Array(71...78) + [80, 81, 82, 129, 130, 131]
        return all.filter { !missing.contains($0) }
    }
}

extension String {
    fileprivate func leftPadded(to width: Int, with character: Character) -> String {
        String(repeating: character, count: max(0, width - count)) + self
    }
}
