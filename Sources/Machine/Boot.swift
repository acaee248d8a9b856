extension MachineDescription {
    /// How Linux is booted: what a boot loader and an initrd decide.
    public struct Boot: Hashable, Sendable {
        /// The command line. Of what is on it, `ap.apmask`, `ap.aqmask`, `ap.domain`, `ap.poll_thread`, `ap.useirq` and
        /// `ap.msgpool_min_items` have an effect.
        public var commandLine: String
        /// The modules that are loaded at boot, and those that they need; nil: all that there are.
        public var modules: [String]?

        /// By default nothing is said, and everything is loaded.
        public init(commandLine: String = "", modules: [String]? = nil) {
            self.commandLine = commandLine
            self.modules = modules
        }

        /// The modules that there are, each behind those that it needs.
        public static let knownModules = [
            "zcrypt", "zcrypt_cex4", "iommufd", "vfio", "vfio_iommu_type1", "kvm", "mdev", "vfio_ap",
        ]

        /// The longest command line, in bytes.
        public static let longestCommandLine = 4095
    }
}

extension YAMLDocument {
    /// The entries under `boot`.
    func boot(_ node: YAMLNode) -> MachineDescription.Boot {
        var boot = MachineDescription.Boot()
        for (key, node) in mapping(node, "boot") {
            switch key.text {
            case "cmdline":
                let right = "printable ASCII, up to \(MachineDescription.Boot.longestCommandLine) characters"
                set(&boot.commandLine, node, right, MachineDescription.Boot.commandLine)
            case "modules":
                boot.modules = sequence(node, "modules").compactMap { item in
                    value(item, MachineDescription.Boot.knownModules.joined(separator: ", "), MachineDescription.Boot.module)
                }
            default: unknown(key, ["cmdline", "modules"])
            }
        }
        return boot
    }
}

extension MachineDescription.Boot {
    /// Nil where the text cannot be a command line: too long, or with what no boot loader can pass on.
    static func commandLine(_ text: String) -> String? {
        let isPrintable = text.utf8.allSatisfy { (0x20...0x7e).contains($0) || $0 == UInt8(ascii: "\t") }
        return isPrintable && text.utf8.count <= longestCommandLine ? text : nil
    }

    /// Nil where there is no such module.
    static func module(_ name: String) -> String? { knownModules.contains(name) ? name : nil }
}

/// What a user says of a boot beyond the machine file cannot be.
public struct BootError: Error, Hashable, CustomStringConvertible {
    /// What is wrong and what would be right.
    public let description: String
}

extension MachineDescription.Boot {
    /// Puts more behind the command line.
    ///
    /// - Throws: where the text cannot be on a command line, or that is too long then.
    public mutating func append(_ text: String) throws(BootError) {
        guard let longer = Self.commandLine(commandLine.isEmpty ? text : "\(commandLine) \(text)") else {
            throw BootError(
                description:
                    "'\(text.prefix(200).replacing("\n", with: "\\n"))' cannot be appended; a command line is printable ASCII, "
                    + "up to \(Self.longestCommandLine) characters in all")
        }
        commandLine = longer
    }

    /// Loads these modules, names with commas between them; none where the text is empty.
    ///
    /// - Throws: for a name that is no module's.
    public mutating func load(_ list: String) throws(BootError) {
        var modules: [String] = []
        for name in list.split(separator: ",").map(String.init) {
            guard let module = Self.module(name) else {
                throw BootError(
                    description: "there is no module '\(name)'; there are \(Self.knownModules.joined(separator: ", "))")
            }
            modules.append(module)
        }
        self.modules = modules
    }
}
